"""One child of the supervisor: crashes, silence, stubbornness, and what it leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from hub.supervisor import leftovers
from hub.supervisor.child import Child, Program
from hub.supervisor.logs import ChildLog
from hub.supervisor.ports import free_ports

SERVER = """
import http.server, sys
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Healthy).serve_forever()
"""


def child_of(
    home: Path, code: str, *arguments: str, pulse: float = 10.0, secrets: tuple[str, ...] = (), **more: object
) -> Child:
    async def nothing(_: str) -> None: ...

    command = (sys.executable, "-u", "-c", code, *arguments)
    program = Program("trial", command, dict(os.environ), **more)
    log = ChildLog(home / "logs" / "trial.log", secrets)
    return Child(program, home, home, log, lambda: None, nothing, pulse)


async def until(true: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 (processes set no event)
            await asyncio.sleep(0.02)


def lived(child: Child, scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario while the child is kept running, then stop it."""

    async def everything() -> None:
        running = asyncio.create_task(child.keep_running())
        try:
            await scenario()
        finally:
            await child.stop()
            running.cancel()

    asyncio.run(everything())


def log_of(home: Path) -> str:
    return (home / "logs" / "trial.log").read_text()


def test_a_crash_is_followed_by_a_start_later_each_time(tmp_path: Path) -> None:
    child = child_of(tmp_path, "raise SystemExit(3)")

    async def scenario() -> None:
        await until(lambda: child.part.restarts == 3)

    lived(child, scenario)
    said = log_of(tmp_path)
    for pause in ("0.25", "0.5", "1"):
        assert f"ended with code 3; next start in {pause} s" in said


def test_who_answers_no_more_is_killed_and_started_again(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    child = child_of(tmp_path, SERVER, str(port), health=f"http://127.0.0.1:{port}/", pulse=0.05)

    async def scenario() -> None:
        await until(lambda: child.part.state == "healthy")
        assert child.part.process is not None
        os.kill(child.part.process.pid, signal.SIGSTOP)
        await until(lambda: child.part.restarts == 1)
        await until(lambda: child.part.state == "healthy")

    lived(child, scenario)
    assert "did not answer 6 times: killed" in log_of(tmp_path)


def test_who_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"
    child = child_of(tmp_path, code, patience=0.3)

    async def scenario() -> None:
        await until(lambda: (tmp_path / "logs" / "trial.log").exists() and "deaf" in log_of(tmp_path))

    lived(child, scenario)
    assert "not ended after 0.3 s: killed" in log_of(tmp_path)
    assert child.part.state == "stopped"


@pytest.mark.parametrize("keeps", [False, True])
def test_what_a_crash_leaves_is_ended_unless_it_is_meant_to_stay(tmp_path: Path, keeps: bool) -> None:
    code = "import subprocess, time; subprocess.Popen(['sleep', '600'], start_new_session=True); time.sleep(600)"
    child = child_of(tmp_path, code, keeps=keeps)

    def sleepers() -> list[psutil.Process]:
        return [process for process in leftovers.marked(tmp_path) if process.name() == "sleep"]

    async def scenario() -> None:
        await until(sleepers)
        assert child.part.process is not None
        (first,) = sleepers()
        os.kill(child.part.process.pid, signal.SIGKILL)
        await until(lambda: child.part.restarts == 1 and child.part.state != "crashed")
        assert first.is_running() is keeps

    lived(child, scenario)
    leftovers.end_all(tmp_path)
    assert sleepers() == []


def test_a_log_shows_no_secret_and_no_end_of_memory(tmp_path: Path) -> None:
    code = "print('the key is 0123456789abcdef'); print('x' * 300_000); print('end', end='', flush=True)"
    child = child_of(tmp_path, code, secrets=("0123456789abcdef",))

    async def scenario() -> None:
        await until(lambda: (tmp_path / "logs" / "trial.log").exists() and '"message": "end"' in log_of(tmp_path))

    lived(child, scenario)
    assert "the key is ***" in log_of(tmp_path)
    assert "0123456789abcdef" not in log_of(tmp_path)


def test_who_has_no_address_is_well_while_it_writes_its_file(tmp_path: Path) -> None:
    file = tmp_path / "trial.json"
    file.write_text("of yesterday")
    os.utime(file, (0, 0))
    code = "import pathlib, sys, time; time.sleep(0.5); pathlib.Path(sys.argv[1]).write_text('{}'); time.sleep(600)"
    child = child_of(tmp_path, code, str(file), file=file, pulse=0.2)

    async def scenario() -> None:
        await until(lambda: child.part.state == "starting")
        assert file.read_text() == "of yesterday"
        await until(lambda: child.part.state == "healthy")
        assert file.read_text() == "{}"
        await until(lambda: child.part.restarts == 1)  # it wrote no more

    lived(child, scenario)
