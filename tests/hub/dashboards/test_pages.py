"""Pages: fresh, whole, and friendly where something is wrong."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime

from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.runs.opening import open_records
from foliohub.runs.records import RunRecord, Status
from tests.hub.dashboards.conftest import Service, wait_until


def _save_run(service: Service, job: str) -> str:
    now = datetime.now(UTC)
    record = RunRecord(
        id=f"{job}.2026-01-05.1",
        job=job,
        as_of="2026-01-05",
        status=Status.SUCCEEDED,
        attempt=1,
        started_at=now,
        ended_at=now,
        notebook="10_ingest.ipynb",
        notebook_hash="0" * 64,
        parameters={},
        image="test",
        python="3.11",
    )
    store = Store.open(f"lmdb://{service.home / 'store'}", locks=service.home / "locks")
    open_records(Settings(home=service.home), store).save(record)
    return record.id


def test_what_is_published_between_two_requests_is_on_the_second(service: Service):
    assert "none" in service.get("runs").text
    # The page asked for next is being made ready before this is published.
    time.sleep(1)
    first = _save_run(service, "daily-ingest")
    assert first in service.get("runs").text
    time.sleep(3)
    second = _save_run(service, "daily-forecast")
    shown = service.get("runs").text
    assert first in shown
    assert second in shown


def test_an_error_is_a_card_without_a_word_of_what_went_wrong_inside(service: Service):
    answer = service.get("broken")
    assert answer.status_code == 200
    for word in ("Traceback", "RuntimeError", "ZeroDivisionError", "shown-secret", "printed-secret", "site-packages"):
        assert word not in answer.text
    assert answer.text.count("cannot be shown") == 2
    assert "still here" in answer.text
    assert answer.text.rstrip().endswith("</html>")
    reference = re.search(r"reference (\w{6})", answer.text)
    assert reference
    assert reference.group(1) in service.log.read_text()
    assert "ZeroDivisionError" in service.log.read_text()


def test_a_page_holds_no_source_of_its_notebook(service: Service):
    assert "kit.wait" not in service.get("environment").text


def test_the_query_reaches_the_page(service: Service):
    assert "&#x27;ticker&#x27;: &#x27;A&amp;B&#x27;" in service.get("environment?ticker=A%26B").text


def test_an_address_nobody_has_is_said_so_in_our_own_look(service: Service):
    answer = service.get("no_such_page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "fd-nav" in answer.text


def test_the_head_comes_before_the_kernel_has_drawn_anything(service: Service):
    import httpx

    with httpx.stream("GET", service.url + "slow", timeout=60) as answer:
        began = time.monotonic()
        first = next(answer.iter_text())
        assert "Reading the data" in first
        assert time.monotonic() - began < 1


def test_a_page_that_takes_too_long_is_given_up_with_a_card(tmp_path):
    from tests.hub.dashboards.conftest import running, write_notebook

    (tmp_path / "reports").mkdir()
    cells = ["from foliohub.dashboards import kit\nimport time", "request = kit.wait()", "time.sleep(60)"]
    write_notebook(tmp_path / "reports" / "index.ipynb", cells)
    with running(tmp_path, pool=1, page_seconds=2) as service:
        service.wait_ready(1)
        answer = service.get()
        assert "cannot be shown" in answer.text
        assert answer.text.rstrip().endswith("</html>")
        wait_until(lambda: all(child.cpu_times().user < 30 for child in service.kernels()), 5, "calm")


def test_assets_are_kept_for_a_year_under_names_of_their_content(service: Service):
    html = service.get().text
    names = re.findall(r'"/services/dashboards/(assets/[^"]+)"', html)
    assert {name.split("/")[1].split(".")[0] for name in names} == {"theme", "dashboards", "plotly", "page", "live"}
    for name in names:
        answer = service.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
    assert service.get("assets/plotly.000000000000.js").status_code == 404


def test_pages_are_kept_by_nobody_and_let_scripts_from_elsewhere_in_nowhere(service: Service):
    answer = service.get()
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"(src|href)=\"https?://", answer.text)


def test_a_page_without_controls_leaves_no_kernel_behind(service: Service):
    page = service.get("environment")
    found = re.search(r"process (\d+)", page.text)
    assert found
    pid = int(found.group(1))
    wait_until(lambda: not _alive(pid), 10, "the end of the page's kernel")


def test_a_kernel_whose_page_was_left_ends(service: Service):
    page = service.get("controls")
    found = re.search(r"process (\d+)", page.text)
    assert found
    pid = int(found.group(1))
    assert _alive(pid)
    wait_until(lambda: not _alive(pid), 15, "the end of a page that was left")


def test_a_viewer_who_goes_away_halfway_frees_the_kernel(service: Service):
    import httpx

    before = {child.pid for child in service.kernels()}
    with httpx.stream("GET", service.url + "slow", timeout=60) as answer:
        next(answer.iter_text())
        time.sleep(1)
    wait_until(lambda: not before <= {child.pid for child in service.kernels()}, 45, "the end of an abandoned page")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
