"""The leash: whoever is on it ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.hub.live import ROOT

LEASH = str(ROOT / "hub" / "supervisor" / "leash.py")


def parent_of(*command: str) -> subprocess.Popen[str]:
    """A parent that starts a command on its leash, tells its number, and waits."""
    program = (
        "import os, subprocess, sys; "
        f"child = subprocess.Popen([sys.executable, '-ISs', {LEASH!r}, str(os.getpid()), '10', *sys.argv[1:]]); "
        "print(child.pid, flush=True); child.wait()"
    )
    return subprocess.Popen([sys.executable, "-c", program, *command], stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
def test_a_killed_parent_takes_its_child_with_it() -> None:
    parent = parent_of("/bin/sleep", "600")
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    while child.name() != "sleep":
        time.sleep(0.02)
    assert child.nice() == 10
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    child.wait(5)
    assert not child.is_running()


def test_a_parent_that_ended_before_starts_nothing(tmp_path) -> None:
    witness = tmp_path / "witness"
    stranger = subprocess.Popen(["true"])
    stranger.wait()
    command = [sys.executable, "-ISs", LEASH, str(stranger.pid), "0", "/usr/bin/touch", str(witness)]
    assert subprocess.run(command, check=False).returncode == 0
    assert not witness.exists()


def test_what_it_starts_writes_for_its_owner_alone(tmp_path) -> None:
    written = tmp_path / "written"
    command = [sys.executable, "-ISs", LEASH, str(os.getpid()), "0", "/usr/bin/touch", str(written)]
    subprocess.run(command, check=True)
    assert written.stat().st_mode & 0o077 == 0
