"""A home with a finished cycle of the sample in it, for measures of what people see."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def seeded_home() -> Iterator[Path]:
    """A copy that is gone afterwards; ``SEEDED_HOME`` names a home to copy, and spares making one."""
    folder = Path(tempfile.mkdtemp(prefix="foliohub-bench-"))
    try:
        given = os.environ.get("SEEDED_HOME")
        yield Path(shutil.copytree(given or _finished_cycle(), folder / "home"))
    finally:
        shutil.rmtree(folder)


@lru_cache(maxsize=1)
def _finished_cycle() -> Path:
    """Made once for all measures of a run."""
    folder = Path(tempfile.mkdtemp(prefix="foliohub-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    command = [str(Path(sys.executable).with_name("foliohub")), "cycle", "--include", "weekly"]
    environment = os.environ | {"FOLIOHUB_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    return folder / "home"
