"""Who may write: locks shared by all processes that write a store.

ArcticDB loses appends when two processes write one symbol (bare, more than half of them). A lock per name orders the
writers of a name; LMDB, which wants one writer at a time, has a lock over the whole database besides. Always in this
order, name before database: two writers cannot wait for each other.

Of a store on S3 the locks are leases in its bucket, and hold wherever its writers run. Of any other they lie in a
folder of this machine; writers of one Azure store on two machines need a folder that both see.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import filelock

from foliohub.data.bucket import Bucket
from foliohub.data.leases import leases_of
from foliohub.errors import LockedError, StoreError

_log = logging.getLogger(__name__)

PATIENCE = 600.0
"""Seconds a writer waits for another before it gives up."""

_POLL_SECONDS = 0.005
_MOMENT = 0.5
"""Seconds to wait for who only looks whether a lock is held."""


class Held(Protocol):
    """What is held; :meth:`check` raises once it is not any more."""

    def check(self) -> None:
        """Make sure that it is still held.

        Raises
        ------
        StoreError
            It was lost, or nobody can say.
        """


class _File:
    """A lock file: the system keeps it until this process ends."""

    def check(self) -> None: ...


class Locks:
    """The locks of one store.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; not used where there is a bucket.
    one_writer : bool
        Whether writers of different names exclude each other as well.
    bucket : Bucket, optional
        That of a store on S3.

    Raises
    ------
    StoreError
        The folder cannot be made.
    """

    def __init__(self, folder: Path, *, one_writer: bool, bucket: Bucket | None = None) -> None:
        self._folder = folder.absolute()
        self._one_writer = one_writer
        self._leases = leases_of(bucket) if bucket is not None else None
        if self._leases is not None:
            return
        try:
            (self._folder / "names").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self._folder, error) from error

    def name(
        self, name: str, timeout: float | None = None, *, until_alive: bool = False
    ) -> AbstractContextManager[Held]:
        """Hold a name: nobody else writes it meanwhile. A thread may hold a name it holds already.

        Parameters
        ----------
        name : str
        timeout : float, optional
            Seconds to wait for another holder; ten minutes by default.
        until_alive : bool
            Wait no longer than it takes to see that the other one lives. A file's holder does: the system takes the
            lock from a dead one.

        Raises
        ------
        LockedError
            Somebody else holds it.
        """
        patience = PATIENCE if timeout is None else timeout
        if self._leases is not None:
            return self._leases.hold(name, patience, until_alive=until_alive)
        return self._hold(self._path(name), f"the lock on {name}", min(patience, _MOMENT) if until_alive else patience)

    def is_held(self, name: str) -> bool:
        """Whether somebody seems to hold a name: to show it, not to rely on it."""
        if self._leases is not None:
            return self._leases.is_held(name)
        path = self._path(name)
        if not path.exists():
            return False
        try:
            # Its own, not the one of :meth:`name`: that one may be taken again by the thread that holds it.
            with filelock.FileLock(path).acquire(timeout=0):
                return False
        except filelock.Timeout:
            return True
        except OSError:
            return False  # a folder that cannot be written: nobody can hold anything there

    @contextmanager
    def database(self) -> Iterator[None]:
        """Write: hold the database, where it takes one writer at a time; be sure of the names, which were asked for.

        Raises
        ------
        StoreError
            A name was lost to somebody else meanwhile, before the writing or during it.
        """
        if self._leases is not None:
            self._leases.check()
            yield
            self._leases.check()
        elif self._one_writer:
            with self._hold(self._folder / "database.lock", "the lock on the database", PATIENCE):
                yield
        else:
            yield

    @contextmanager
    def _hold(self, path: Path, what: str, timeout: float) -> Iterator[Held]:
        lock = filelock.FileLock(path, is_singleton=True, poll_interval=_POLL_SECONDS)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            _log.debug("waiting for %s", what)
            self._wait(lock, what, timeout)
        except OSError as error:
            raise _unusable(self._folder, error) from error
        try:
            yield _File()
        finally:
            lock.release()

    def _path(self, name: str) -> Path:
        return self._folder / "names" / f"{name.replace('/', '~')}.lock"

    def _wait(self, lock: filelock.BaseFileLock, what: str, timeout: float) -> None:
        try:
            lock.acquire(timeout=timeout)
        except filelock.Timeout:
            raise LockedError(
                f"Another process holds {what} for more than {timeout:g} s.",
                remedy=f"Wait for it, or end it: it has {lock.lock_file} open.",
            ) from None


def _unusable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The folder of locks {folder} cannot be used: {error.strerror or error}.",
        remedy="Make it writable, or put it elsewhere (FOLIOHUB_HOME).",
    )
