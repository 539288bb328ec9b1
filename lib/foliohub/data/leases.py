"""Leases: locks that hold across machines and pods, as objects in the bucket of a store on S3.

A lease is an object that its holder wrote on the condition that there was none, or that the one there was over. Its
holder writes it anew every few seconds, each time on the condition that it is still the one written before: a renewal
that succeeds proves that nobody else has held the name in between, however long it took. Who gives a name back removes
the object. Who is killed leaves it, and it is over once it has not changed for its whole life *while somebody watched*:
no clock is compared with another one's, and a time in which the server answered nobody does not count.

What remains: ArcticDB's own writes carry no condition. A holder makes sure of its leases before each write, and
afterwards; one that is stopped (a frozen machine, a paused process) right between the two for longer than a lease's
life, and goes on, finishes that write although somebody else may hold the name by then. It is told so, by an error; it
cannot be prevented.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from foliohub.data.bucket import Bucket, Found
from foliohub.data.lease import FOLDER, LIFE, Lease, key_of, lost, now, said
from foliohub.errors import LockedError, StoreError, StoreUnavailableError

_log = logging.getLogger(__name__)

_RENEWALS = 4
"""Renewals in a life; a write wants half a life in reserve."""

_OUTAGE_SECONDS = 90.0
"""So long a server may be gone before whoever waits for a name is told."""

_POLL_SECONDS = (0.02, 0.5)
_BLIND_SECONDS = 5.0
"""A watch with a longer gap between two looks begins anew."""


class Leases:
    """The leases of one store, for all threads of this process.

    Parameters
    ----------
    bucket : Bucket
    life : float
        Seconds after which a lease that nobody renewed is over.
    """

    def __init__(self, bucket: Bucket, life: float = LIFE) -> None:
        self._bucket = bucket
        self._life = life
        self._slots: dict[str, _Slot] = {}
        self._guard = threading.Lock()
        self._mine = threading.local()
        self._keeper: threading.Thread | None = None
        self._removes: bool | None = None

    @contextmanager
    def hold(self, name: str, timeout: float, *, until_alive: bool = False) -> Iterator[Lease]:
        """Hold a name against every other thread, process and machine; a thread may hold a name it holds already.

        Parameters
        ----------
        name : str
        timeout : float
            Seconds to wait for another holder.
        until_alive : bool
            Wait only until the other has renewed its lease: it is no dead one's then.

        Raises
        ------
        LockedError
            Somebody else holds it.
        StoreError
            The server does not answer or keeps no conditions; or, at the end, the lease was lost meanwhile.
        """
        deadline = now() + timeout
        slot = self._enter(name)
        try:
            # A thread of this process lives for sure.
            if not slot.lock.acquire(timeout=0 if until_alive else max(timeout, 0)):
                raise LockedError(f"Another thread holds the lock on {name} for more than {timeout:g} s.")
            try:
                if slot.lease is None:
                    slot.lease = self._acquire(name, deadline, timeout, until_alive)
                lease = slot.lease
                slot.depth += 1
                held: list[Lease] = self._mine.__dict__.setdefault("held", [])
                held.append(lease)
                try:
                    yield lease
                finally:
                    held.remove(lease)
                    slot.depth -= 1
                    if not slot.depth:
                        slot.lease = None
                        lease.give_back(remove=bool(self._removes))
            finally:
                slot.lock.release()
        finally:
            self._leave(name, slot)
        if lease.lost:
            raise lost(name)

    def check(self) -> None:
        """Make sure of every lease that this thread holds; raises as :meth:`Lease.check`."""
        for lease in self._mine.__dict__.get("held", ()):
            lease.check()

    def is_held(self, name: str) -> bool:
        """Whether somebody seems to hold a name: to show it, not to rely on it."""
        found = self._bucket.get(key_of(name))
        return found is not None and not said(found).get("released") and found.age < 3 * self._life

    def _enter(self, name: str) -> _Slot:
        with self._guard:
            slot = self._slots.setdefault(name, _Slot())
            slot.users += 1
            return slot

    def _leave(self, name: str, slot: _Slot) -> None:
        with self._guard:
            slot.users -= 1
            if not slot.users:
                del self._slots[name]

    def _acquire(self, name: str, deadline: float, timeout: float, until_alive: bool) -> Lease:
        lease, watch = Lease(name, self._bucket, self._life), _Watch()
        pause, most = _POLL_SECONDS
        found: Found | None = None
        gone: float | None = None
        while True:
            sent, tag = now(), None
            try:
                self._probe()
                if found is None:
                    tag = self._bucket.put_new(lease.key, lease.body())
                if tag is None:
                    sent = now()
                    found = self._bucket.get(lease.key)
                    # Ours: written before, and the answer lost on its way.
                    if found is not None and (said(found).get("token") == lease.token or watch.says_over(found, sent)):
                        sent = now()
                        tag = self._bucket.replace(lease.key, lease.body(), found.tag)
            except StoreUnavailableError as error:
                watch, gone = _Watch(), gone or sent
                if now() > min(deadline, gone + _OUTAGE_SECONDS):
                    raise
                _log.warning("waiting for the store's server: %s", error.message)
            else:
                gone = None
                if tag:
                    lease.tag, lease.renewed = tag, sent
                    self._keep()
                    return lease
                if now() >= deadline or (until_alive and watch.renewed):
                    raise _locked(name, found, timeout)
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 -- so that many who wait do not ask in step
            pause = min(2 * pause, most)

    def _probe(self) -> None:
        """Find out, once, whether the server keeps the conditions of writes; some take no notice of them."""
        with self._guard:
            if self._removes is not None:
                return
            key, other = f"{FOLDER}.probe-{uuid.uuid4().hex}", '"00000000000000000000000000000000"'
            if self._bucket.put_new(key, b"1") is None:
                raise StoreError(f"The S3 server of the store {self._bucket.address.shown} cannot write a new object.")
            keeps = self._bucket.put_new(key, b"2") is None and self._bucket.replace(key, b"3", other) is None
            removes = keeps and not self._bucket.delete_if(key, other)
            self._bucket.delete(key)
            if not keeps:
                raise StoreError(
                    f"The S3 server of the store {self._bucket.address.shown} takes no notice of conditions on writes "
                    "(If-None-Match, If-Match): two writers would lose each other's data.",
                    remedy="Use a server that keeps them, as Amazon S3, MinIO and SeaweedFS do.",
                )
            self._removes = removes

    def _keep(self) -> None:
        with self._guard:
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._renew_all, name="foliohub-leases", daemon=True)
                self._keeper.start()

    def _renew_all(self) -> None:
        while True:
            time.sleep(self._life / _RENEWALS / 4)
            with self._guard:
                leases = [slot.lease for slot in self._slots.values() if slot.lease is not None]
            for lease in leases:
                if now() - lease.renewed > self._life / _RENEWALS:
                    try:
                        lease.renew()
                    except StoreError as error:  # next time; whoever writes meanwhile asks for itself
                        _log.warning("the lock on %s is not renewed: %s", lease.name, error.message)


@dataclass(slots=True)
class _Slot:
    """One name in this process."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    lease: Lease | None = None
    depth: int = 0
    users: int = 0


@dataclass(slots=True)
class _Watch:
    """What a waiting process has seen of another's lease."""

    tag: str = ""
    began: float = 0.0
    looked: float = 0.0
    renewed: bool = False

    def says_over(self, found: Found, sent: float) -> bool:
        """Whether the lease found is over: given back, or unchanged for its life in front of our eyes."""
        content, seen = said(found), now()
        if content.get("released"):
            return True
        self.renewed = self.renewed or bool(self.tag and self.tag != found.tag)
        if self.tag != found.tag or sent - self.looked > _BLIND_SECONDS:
            self.tag, self.began = found.tag, seen
        self.looked = seen
        return sent - self.began > float(content.get("life", LIFE))


def _locked(name: str, found: Found | None, timeout: float) -> LockedError:
    content = said(found) if found is not None else {}
    holder = "process {process} on {host}, since {since}".format_map(
        dict.fromkeys(("process", "host", "since"), "?") | content
    )
    return LockedError(
        f"Another process holds the lock on {name} for more than {timeout:g} s ({holder}).",
        remedy=f"Wait for it, or end it: its lock is over {content.get('life', LIFE):g} s later.",
    )


_leases: dict[tuple[int, str], Leases] = {}
_making = threading.Lock()


def leases_of(bucket: Bucket) -> Leases:
    """The leases of a store; the same ones for whoever asks in this process."""
    with _making:
        return _leases.setdefault((os.getpid(), bucket.address.uri), Leases(bucket))
