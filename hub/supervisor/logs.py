"""What a child says, into its log file: lines of JSON, bounded in size, and without any key."""

from __future__ import annotations

import asyncio
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from foliohub.logs import Formatter, is_ours, scrub

_LONGEST_LINE = 64 * 1024


class ChildLog:
    """Log file of one child, in which its output appears line by line; what is no line of ours becomes one.

    Parameters
    ----------
    path : Path
        The file: rotated at 5 MB, three old ones kept.
    secrets : tuple of str
        What is replaced by asterisks.
    """

    def __init__(self, path: Path, secrets: tuple[str, ...]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._secrets = secrets
        self._wrap = Formatter(path.stem, secrets)
        self._handler = RotatingFileHandler(path, maxBytes=5_000_000, backupCount=3, encoding="utf-8", delay=True)
        self._handler.setFormatter(logging.Formatter("%(message)s"))

    def pipe(self) -> int:
        """Give the end of a new pipe that a child writes to; what comes is logged until everybody closed it.

        Notes
        -----
        A child's own children hold the pipe too and outlive it: people's servers write to the hub's log after the hub
        was started again.
        """
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        loop = asyncio.get_running_loop()
        pending = bytearray()

        def ready() -> None:
            try:
                arrived = os.read(reading, 65536)
            except BlockingIOError:
                return
            pending.extend(arrived)
            *lines, rest = bytes(pending).split(b"\n")
            if not arrived or len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            pending[:] = rest
            for line in lines:
                if line:
                    self.write(line.decode("utf-8", "replace"))
            if not arrived:
                loop.remove_reader(reading)
                os.close(reading)

        loop.add_reader(reading, ready)
        return writing

    def write(self, line: str) -> None:
        """Write one line."""
        text = scrub(line, self._secrets) if is_ours(line) else self._wrap.format(_record(line))
        self._handler.handle(_record(text))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


def _record(line: str) -> logging.LogRecord:
    return logging.LogRecord("child", logging.INFO, "", 0, line, None, None)
