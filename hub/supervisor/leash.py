"""Become another program that ends when its parent does, however that ends.

``python leash.py PARENT NICENESS PROGRAM ...``: process number of the parent, how much to stand back for others.

Linux sends the signal itself (``PR_SET_PDEATHSIG``, which survives becoming another program). Where there is no such
thing, the next start of the platform ends what was left: see `hub.supervisor.leftovers`.

A program of its own, with nothing imported: code between fork and exec would run with another thread's locks held.
"""

import contextlib
import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent, niceness, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    stand_back(niceness)
    os.umask(0o077)  # what the platform writes is for its owner
    if os.getppid() != parent:  # it ended before it could be heard of
        sys.exit(0)
    os.execv(program[0], program)  # noqa: S606 (becoming the program is the point)


def stand_back(niceness: int) -> None:
    """Let others go first, as a process and, where Linux shares the processor between sessions, as a session."""
    if niceness:
        os.nice(niceness)
        # Not pathlib, which takes longer to import than all else here.
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as session:  # noqa: PTH123
            session.write(str(niceness))


if __name__ == "__main__":
    main()
