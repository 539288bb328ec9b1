"""How long until the package and its command answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)
