"""A log that another process writes, without the secrets it may show: they never reach the disk.

The process writes into a pipe; a thread of ours reads it, strikes secrets out and writes the rest. Whoever is killed,
and when, leaves nothing to clean up: what has not been scrubbed has not been written.
"""

from __future__ import annotations

import os
import re
import selectors
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 16
_CHUNKS = 16  # more than a pipe holds: what was written before the end is copied, whoever goes on writing after it


@contextmanager
def scrubbed_log(path: Path, secrets: tuple[str, ...]) -> Iterator[int]:
    """Append to a file what is written to a pipe while the block lasts, secrets replaced by asterisks.

    Parameters
    ----------
    path : Path
    secrets : tuple of str

    Yields
    ------
    int
        File descriptor to write to; give it to a process as its output.

    Raises
    ------
    OSError
        The file cannot be opened or, after the block, could not be written. Whoever writes is not held up by that.
    """
    copier = _Copier(path, secrets)
    try:
        yield copier.writing
    finally:
        copier.stop()
    if copier.error:
        raise copier.error


class Scrubber:
    """Strikes secrets out of a stream of bytes, also those that come in pieces.

    Parameters
    ----------
    secrets : tuple of str
        Where one begins as another does, the longer counts.

    Examples
    --------
    >>> scrubber = Scrubber(("s3cr3t",))
    >>> scrubber.feed(b"the key s3c"), scrubber.feed(b"r3t fit."), scrubber.end()
    (b'the key ', b'*** fit.', b'')
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = sorted({secret.encode() for secret in secrets if secret}, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._secrets))) if self._secrets else None
        self._kept = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; gives those that can be shown by now, keeping back what may become a secret."""
        text = self._kept + chunk
        shown, done = self._scrub(text, self._undecided(text))
        self._kept = text[done:]
        return shown

    def end(self) -> bytes:
        """What was kept back."""
        shown, _ = self._scrub(self._kept, len(self._kept))
        self._kept = b""
        return shown

    def _undecided(self, text: bytes) -> int:
        """Where the first secret may begin whose end is still to come."""
        longest = len(self._secrets[0]) if self._secrets else 1
        for start in range(max(0, len(text) - longest + 1), len(text)):
            if any(len(secret) > len(text) - start and secret.startswith(text[start:]) for secret in self._secrets):
                return start
        return len(text)

    def _scrub(self, text: bytes, until: int) -> tuple[bytes, int]:
        """Text with the secrets that begin before `until` struck out, and how much of it that was."""
        shown, done = [], 0
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match.start() >= until:
                break
            shown += [text[done : match.start()], b"***"]
            done = match.end()
        end = max(done, until)
        return b"".join([*shown, text[done:end]]), end


class _Copier:
    """The thread between pipe and file."""

    def __init__(self, path: Path, secrets: tuple[str, ...]) -> None:
        self.error: OSError | None = None
        self._scrubber = Scrubber(secrets)
        self._file = path.open("ab", buffering=0)
        self._reading, self.writing = os.pipe()
        self._waking, self._wake = os.pipe()
        os.set_blocking(self._reading, False)
        self._thread = threading.Thread(target=self._copy, name="scrubbed-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what there is and end, even if a process left behind still holds the pipe open."""
        os.close(self.writing)
        os.close(self._wake)
        self._thread.join()
        os.close(self._reading)
        os.close(self._waking)
        self._file.close()

    def _copy(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._reading, selectors.EVENT_READ)
            selector.register(self._waking, selectors.EVENT_READ)
            stopping = False
            while not stopping:
                stopping = any(key.fd == self._waking for key, _ in selector.select())
                if not self._drain():
                    break
        self._write(self._scrubber.end())

    def _drain(self) -> bool:
        """Copy what the pipe holds; False once nobody can write to it any more."""
        try:
            for _ in range(_CHUNKS):
                chunk = os.read(self._reading, _CHUNK)
                if not chunk:
                    return False
                self._write(self._scrubber.feed(chunk))
        except BlockingIOError:
            pass
        return True

    def _write(self, text: bytes) -> None:
        rest = memoryview(text)
        try:
            while rest and self.error is None:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.error = error
