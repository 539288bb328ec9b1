"""Many viewers, little memory, quick ends, and nothing left behind."""

from __future__ import annotations

import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.hub.dashboards.conftest import NOTEBOOKS, Service, running, wait_until
from tests.hub.dashboards.talking import ask, kernel_of, socket


@pytest.mark.slow
def test_twenty_viewers_at_once_all_see_their_page(service: Service):
    pages = ["controls"] * 10 + ["runs"] * 10
    with ThreadPoolExecutor(20) as viewers:
        answers = list(viewers.map(service.get, pages))
    assert [answer.status_code for answer in answers] == [200] * 20
    for page, answer in zip(pages, answers, strict=True):
        assert answer.text.rstrip().endswith("</html>")
        assert "cannot be shown" not in answer.text
        assert ("size 3" if page == "controls" else "fd-prose") in answer.text


def test_the_kernels_of_viewers_are_capped_and_the_quietest_makes_room(tmp_path):
    with running(tmp_path, pool=0, seats=2, leave_seconds=60) as service:
        first = kernel_of(service.get("controls").text)
        second = kernel_of(service.get("controls").text)
        with socket(service.url, second) as connection:
            ask(connection, {"size": "1"})
            kernel_of(service.get("controls").text)
            assert len(service.kernels()) == 2
            assert "size 4 " in ask(connection, {"size": "4"})["html"]
        with pytest.raises(Exception, match="404"), socket(service.url, first):
            pass


def test_a_kernel_takes_little_memory_of_its_own(service: Service):
    wait_until(lambda: len(service.kernels()) >= len(NOTEBOOKS), 60, "the pool")
    private = [_private(child.pid) for child in service.kernels()]
    assert max(private) < 80e6, private


def test_pages_go_on_when_the_nursery_was_killed(tmp_path):
    with running(tmp_path, pool=0) as service:
        assert service.get("runs").status_code == 200
        (nursery,) = psutil.Process(service.process.pid).children()
        nursery.kill()
        wait_until(lambda: not nursery.is_running(), 5, "the nursery's end")
        answer = service.get("runs")
        assert "none" in answer.text, service.log.read_text()


def test_a_kernel_that_was_killed_becomes_a_card(tmp_path):
    with running(tmp_path, pool=1, seats=4) as service:
        service.wait_ready(len(NOTEBOOKS))
        for child in service.kernels():
            child.kill()
        time.sleep(0.5)
        answer = service.get("controls")
        assert answer.status_code == 200
        assert answer.text.rstrip().endswith("</html>")
        assert re.search("size 3|cannot be shown", answer.text)


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGTERM, 5), (signal.SIGKILL, 3)], ids=["term", "kill"])
def test_an_end_is_quick_and_leaves_nothing(tmp_path, number: signal.Signals, seconds: float):
    with running(tmp_path, pool=2) as service:
        service.wait_ready(2 * len(NOTEBOOKS))
        page = service.get("controls")
        family = psutil.Process(service.process.pid).children(recursive=True)
        assert len(family) > 2 * len(NOTEBOOKS)
        began = time.monotonic()
        service.process.send_signal(number)
        service.process.wait(30)
        wait_until(lambda: not any(_lives(child) for child in family), seconds, "the end of all")
        assert time.monotonic() - began < seconds
        assert kernel_of(page.text)


def test_a_stop_during_the_start_is_heard(tmp_path):
    with running(tmp_path, pool=2) as service:
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(10)
        assert time.monotonic() - began < 5


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _private(pid: int) -> int:
    return int(psutil.Process(pid).memory_full_info().uss)
