"""How long until the package and its command answer."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.home import ROOT, seeded_home
from benchmarks.measure import Measure, best_seconds


def import_package() -> Measure:
    """`import foliohub` in a new interpreter, the interpreter's own start taken off."""
    bare = best_seconds(lambda: _python("pass"), repeats=7)
    whole = best_seconds(lambda: _python("import foliohub"), repeats=7)
    return Measure("import foliohub", whole - bare, promised=0.3)


def command_help() -> Measure:
    """`foliohub --help` as a user types it."""
    command = Path(sys.executable).with_name("foliohub")
    seconds = best_seconds(lambda: subprocess.run([command, "--help"], capture_output=True, check=True), repeats=7)
    return Measure("foliohub --help", seconds, promised=0.5)


def platform_up() -> Measure:
    """`foliohub up --detach --no-browser` until hub, dashboards, API and scheduler are healthy.

    The home has a finished cycle in it, and the platform was up there once: what the first start makes is made.
    """
    command = str(Path(sys.executable).with_name("foliohub"))
    up = [command, "up", "--detach", "--no-browser", "--port", "18490"]
    with seeded_home() as home:
        environment = os.environ | {"FOLIOHUB_HOME": str(home), "PYTHONPATH": str(ROOT)}

        def run(*words: str) -> float:
            start = time.perf_counter()
            # No pipe: what goes on in the background would hold it open.
            none = subprocess.DEVNULL
            subprocess.run(words, env=environment, cwd=ROOT, check=True, stdin=none, stdout=none, stderr=none)
            return time.perf_counter() - start

        seconds = []
        try:
            for _ in range(4):
                seconds.append(run(*up))
                run(command, "down")
        finally:
            run(command, "down")
    first, *warm = seconds
    remark = f"median of {len(warm)}; the first start on that home took {first:.1f} s"
    return Measure("foliohub up, on a warm home", statistics.median(warm), promised=8, remark=remark)


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)
