"""What a supervisor leaves that was killed together with the hub ends all the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hub.supervisor import leftovers, reaper

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sleeper(tmp_path: Path):
    """Starts processes that carry the mark of a home, as people's servers do, whose parent is not the supervisor."""
    started: list[subprocess.Popen[bytes]] = []

    def start(home: Path) -> subprocess.Popen[bytes]:
        environment = os.environ | {leftovers.MARK: str(home)}
        environment.pop(leftovers.PART, None)
        command = [sys.executable, "-c", "import time; time.sleep(120)"]
        started.append(subprocess.Popen(command, env=environment, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def ends(process: subprocess.Popen[bytes], seconds: float = 20) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_what_is_left_ends_once_the_supervisor_is_gone_and_not_before(tmp_path, sleeper):
    server, another = sleeper(tmp_path / "home"), sleeper(tmp_path / "another")
    watching = reaper.start(ROOT, tmp_path / "home")
    time.sleep(1.5)
    assert server.poll() is None
    watching.stdin.close()  # as the system does when the supervisor is killed
    assert ends(server)
    assert ends(watching)
    assert another.poll() is None


def test_a_reaper_of_a_supervisor_that_was_killed_acts(tmp_path, sleeper):
    server = sleeper(tmp_path / "home")
    program = (
        "import sys, time; from pathlib import Path; from hub.supervisor import reaper\n"
        "print(reaper.start(Path(sys.argv[1]), Path(sys.argv[2])).pid, flush=True); time.sleep(120)"
    )
    command = [sys.executable, "-c", program, str(ROOT), str(tmp_path / "home")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}) as one:
        watching = psutil.Process(int(one.stdout.readline()))
        one.kill()
    assert ends(server)
    watching.wait(10)


def test_the_next_start_ends_it_before_it_could_take_anything_new_for_a_leftover(tmp_path):
    watching = reaper.start(ROOT, tmp_path / "home")
    leftovers.end_all(tmp_path / "home")
    assert ends(watching, 1)
