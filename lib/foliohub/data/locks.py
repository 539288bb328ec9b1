"""Who may write: locks shared by all processes of this machine.

ArcticDB loses appends when two processes write one symbol (bare, more than half of them). A lock per name orders the
writers of a name; LMDB, which wants one writer at a time, has a lock over the whole database besides. Always in this
order, name before database: two writers cannot wait for each other.

The locks lie in a folder of this machine, wherever the store lies. Writers of one S3 store on two machines need a
folder that both see.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import filelock

from foliohub.errors import StoreError

_log = logging.getLogger(__name__)

PATIENCE = 600.0
"""Seconds a writer waits for another before it gives up."""

_POLL_SECONDS = 0.005


class Locks:
    """The locks of one store.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    one_writer : bool
        Whether writers of different names exclude each other as well.

    Raises
    ------
    StoreError
        The folder cannot be made.
    """

    def __init__(self, folder: Path, *, one_writer: bool) -> None:
        self._folder = folder.absolute()
        self._one_writer = one_writer
        try:
            (self._folder / "names").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self._folder, error) from error

    def name(self, name: str, timeout: float | None = None) -> AbstractContextManager[None]:
        """Hold a name: nobody else writes it meanwhile. A thread may hold a name it holds already."""
        path = self._folder / "names" / f"{name.replace('/', '~')}.lock"
        return self._hold(path, f"the lock on {name}", PATIENCE if timeout is None else timeout)

    def database(self) -> AbstractContextManager[None]:
        """Hold the database, where it takes one writer at a time; ask for names first."""
        if not self._one_writer:
            return nullcontext()
        return self._hold(self._folder / "database.lock", "the lock on the database", PATIENCE)

    @contextmanager
    def _hold(self, path: Path, what: str, timeout: float) -> Iterator[None]:
        lock = filelock.FileLock(path, is_singleton=True, poll_interval=_POLL_SECONDS)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            _log.debug("waiting for %s", what)
            self._wait(lock, what, timeout)
        except OSError as error:
            raise _unusable(self._folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def _wait(self, lock: filelock.BaseFileLock, what: str, timeout: float) -> None:
        try:
            lock.acquire(timeout=timeout)
        except filelock.Timeout:
            raise StoreError(
                f"Another process holds {what} for more than {timeout:g} s.",
                remedy=f"Wait for it, or end it: it has {lock.lock_file} open.",
            ) from None


def _unusable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The folder of locks {folder} cannot be used: {error.strerror or error}.",
        remedy="Make it writable, or put it elsewhere (FOLIOHUB_HOME).",
    )
