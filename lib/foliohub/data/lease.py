"""One lease: a name that this process holds on S3, renewed on the condition that it is still the one written before."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from foliohub.data.bucket import Bucket, Found
from foliohub.errors import StoreError

_log = logging.getLogger(__name__)

LIFE = 30.0
"""Seconds after which a lease that nobody renewed is over."""

FOLDER = "leases/"
_TRIES = 3


def now() -> float:
    """Seconds that go on while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def key_of(name: str) -> str:
    """Key of the object that stands for a name."""
    return FOLDER + name.replace("/", "~")


def said(found: Found) -> dict[str, Any]:
    """What the object of a lease says; nothing where it is none."""
    try:
        content = json.loads(found.body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def lost(name: str) -> StoreError:
    """The error of who held a name until another took it."""
    return StoreError(
        f"The lock on {name} was lost: this process could not renew it in time, and another one has taken it.",
        remedy="Start again; what this process wrote meanwhile may not count.",
    )


@dataclass(slots=True, eq=False)
class Lease:
    """A name that is held.

    Attributes
    ----------
    name : str
    bucket : Bucket
    life : float
        Seconds after which it is over, if it is not renewed.
    lost : bool
        Whether it was found to be somebody else's by now.
    """

    name: str
    bucket: Bucket
    life: float = LIFE
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    tag: str = ""
    renewed: float = 0.0
    writes: int = 0
    lost: bool = False
    mutex: threading.Lock = field(default_factory=threading.Lock)
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> str:
        """Of its object."""
        return key_of(self.name)

    def body(self) -> bytes:
        """What its object says; different every time, so that its tag is."""
        self.writes += 1
        content = {"token": self.token, "writes": self.writes, "life": self.life, "since": self.since.isoformat()}
        return json.dumps(content | {"host": socket.gethostname(), "process": os.getpid()}).encode()

    def check(self) -> None:
        """Make sure that it is still held, asking the server where the last renewal is too long ago.

        Raises
        ------
        StoreError
            It was lost; or nobody can say, as the server does not answer.
        """
        if not self.lost and now() - self.renewed > self.life / 2:
            self.renew()
        if self.lost:
            raise lost(self.name)

    def renew(self) -> None:
        """Write it anew, if it is still the one written before; else it is lost."""
        with self.mutex:
            if self.lost or not self.tag:
                return
            for _ in range(_TRIES):
                sent = now()
                if tag := self.bucket.replace(self.key, self.body(), self.tag):
                    self.tag, self.renewed = tag, sent
                    return
                if (own := self._own_tag()) is None:
                    self.lost = True
                    _log.error("the lock on %s was lost", self.name)
                    return
                self.tag = own

    def give_back(self, *, remove: bool) -> None:
        """End it; a server that does not answer is no error, as it ends by itself."""
        with self.mutex:
            tag, self.tag = self.tag, ""
            if self.lost:
                return
            try:
                while tag and not self._end(tag, remove):
                    tag = self._own_tag() or ""
                # Gone, but nobody could have taken it yet: an answer to our own removing was lost on its way.
                self.lost = not tag and now() - self.renewed > self.life
            except StoreError as error:
                _log.warning(
                    "the lock on %s is not given back, and ends in %g s: %s", self.name, self.life, error.message
                )

    def _end(self, tag: str, remove: bool) -> bool:
        if remove:
            return self.bucket.delete_if(self.key, tag)
        return self.bucket.replace(self.key, json.dumps({"released": True, "by": self.token}).encode(), tag) is not None

    def _own_tag(self) -> str | None:
        """The tag of the object, where it is ours although we do not know the tag: an answer was lost on its way."""
        found = self.bucket.get(self.key)
        return found.tag if found is not None and said(found).get("token") == self.token else None
