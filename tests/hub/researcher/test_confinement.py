"""A confined process reaches its own places and nothing else, whatever it tries."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hub.researcher import confinement

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(
    confinement.version() < 1, reason="this system has no Landlock: nothing can be confined"
)


def confined(code: str, *, readable: list[Path] = [], writable: list[Path] = []) -> dict[str, str]:  # noqa: B006
    """Run code in a confined process; what each of its attempts came to."""
    places = [str(path) for path in (sys.prefix, sys.base_prefix, *readable)]
    program = f"""
import json, os, signal, socket, subprocess, sys
from pathlib import Path
from hub.researcher import confinement
confinement.confine({[*confinement.SYSTEM, *places]!r}, {[*confinement.DEVICES, *map(str, writable)]!r})
said = {{}}
def attempt(name, action):
    try:
        said[name] = str(action())
    except OSError as error:
        said[name] = type(error).__name__
{textwrap.dedent(code)}
print(json.dumps(said))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_what_was_allowed_works_and_all_else_does_not(tmp_path: Path) -> None:
    own, shared, secret = (tmp_path / name for name in ("own", "shared", "secret"))
    for folder in (own, shared, secret):
        folder.mkdir()
        (folder / "file").write_text("text")
    said = confined(
        f"""
        own, shared, secret = Path({str(own)!r}), Path({str(shared)!r}), Path({str(secret)!r})
        attempt("write own", lambda: (own / "new").write_text("mine"))
        attempt("rename own", lambda: (own / "new").rename(own / "newer"))
        attempt("read shared", lambda: (shared / "file").read_text())
        attempt("write shared", lambda: (shared / "file").write_text("mine"))
        attempt("truncate shared", lambda: os.truncate(shared / "file", 0))
        attempt("remove shared", lambda: (shared / "file").unlink())
        attempt("read secret", lambda: (secret / "file").read_text())
        attempt("list secret", lambda: os.listdir(secret))
        attempt("write secret", lambda: (secret / "new").write_text("mine"))
        (own / "door").symlink_to(secret)
        attempt("through a link", lambda: (own / "door" / "file").read_text())
        attempt("hard link", lambda: os.link(secret / "file", own / "copy"))
        attempt("through the root", lambda: Path("/proc/self/root" + str(secret / "file")).read_text())
        attempt("through its folder", lambda: Path("/proc/self/cwd", "..", str(secret / "file")).read_text())
        """,
        readable=[shared],
        writable=[own],
    )
    assert said.pop("write own") == "4"
    assert said.pop("rename own") == str(own / "newer")
    assert said.pop("read shared") == "text"
    assert said.pop("hard link") in {"PermissionError", "OSError"}  # as between two file systems
    assert set(said.values()) == {"PermissionError"}, said
    assert (shared / "file").read_text() == "text"


def test_its_children_are_confined_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("keys")
    said = confined(
        f"""
        command = ["/bin/sh", "-c", "cat {tmp_path / "secret"}; echo $?"]
        attempt("child", lambda: subprocess.run(command, capture_output=True, text=True).stdout.strip())
        """
    )
    assert said["child"] == "1"


def test_it_sees_no_environment_memory_or_files_of_processes_outside() -> None:
    outside = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={"SECRET": "keys"})
    try:
        said = confined(
            f"""
            attempt("environment", lambda: Path("/proc/{outside.pid}/environ").read_text())
            attempt("memory", lambda: open("/proc/{outside.pid}/mem", "rb"))
            attempt("files", lambda: Path("/proc/{outside.pid}/fd/0").open())
            attempt("root", lambda: os.listdir("/proc/{outside.pid}/root/"))
            attempt("own", lambda: len(Path("/proc/self/environ").read_bytes()) > 0)
            """
        )
        assert said.pop("own") == "True"
        assert set(said.values()) == {"PermissionError"}, said
        assert Path(f"/proc/{outside.pid}/environ").read_text() == "SECRET=keys\0"  # we can: it is the confinement
    finally:
        outside.kill()
        outside.wait()


@pytest.mark.skipif(confinement.version() < 6, reason="before Linux 6.12, signals cannot be confined")
def test_it_ends_no_process_outside() -> None:
    outside = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        said = confined(f'attempt("kill", lambda: os.kill({outside.pid}, signal.SIGKILL))')
        assert said["kill"] == "PermissionError"
        assert outside.poll() is None
    finally:
        os.kill(outside.pid, signal.SIGKILL)
        outside.wait()


def test_it_cannot_change_what_is_mounted(tmp_path: Path) -> None:
    said = confined(
        f"""
        command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", {str(tmp_path)!r}]
        attempt("mount", lambda: subprocess.run(command, capture_output=True).returncode != 0)
        """,
        writable=[tmp_path],
    )
    assert said["mount"] == "True"
