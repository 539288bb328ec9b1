"""Sees to it that nothing outlives a supervisor that was killed: ``python -m hub.supervisor.reaper HOME``.

On Linux the supervisor's own children end with it, and the hub ends people's servers. Where the hub was killed in the
same instant nobody would: these servers are on no leash, as they are to outlive a crash of the hub alone. The reaper
waits for the end of its standard input, which the supervisor holds, and ends what is left. It bears the mark of what
belongs to the platform itself: the next start ends it before anything that it could mistake for a leftover is there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from hub.supervisor import leftovers

_PATIENCE = 20.0
"""Seconds for a hub that lives to end people's servers in order."""


def start(project: Path, home: Path) -> subprocess.Popen[bytes]:
    """Start the reaper of a platform; it acts when the caller ends, or closes what it writes to.

    Parameters
    ----------
    project : Path
        Where `hub` is.
    home : Path
        ``FOLIOHUB_HOME``.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "hub.supervisor.reaper", str(home)],
        cwd=project,
        env={**kept, "PYTHONPATH": str(project), leftovers.MARK: str(home), leftovers.PART: "reaper"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def main() -> None:
    """Wait for the end of the supervisor; then end what it left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    home = Path(sys.argv[1])
    while sys.stdin.buffer.read(1):
        pass
    deadline = time.monotonic() + _PATIENCE
    while leftovers.marked(home, "hub") and time.monotonic() < deadline:
        time.sleep(0.5)
    leftovers.end_all(home)


if __name__ == "__main__":
    main()
