"""The file of last quotes on several machines: what its one writer leaves is carried through the store's bucket.

Where the store lies on this machine there is nothing to carry: everybody reads the file itself.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Protocol

from foliohub.config import Settings
from foliohub.data.addresses import Address
from foliohub.data.bucket import Found, bucket_of
from foliohub.errors import StoreError
from foliohub.quotes.snapshot import snapshot_file, write_whole

_log = logging.getLogger(__name__)
_EVERY = 2.0
"""Seconds between two looks: so much later than on one machine do quotes reach people."""
_LONGEST_PAUSE = 30.0
_KEY = "quotes/last.json"


class Objects(Protocol):
    """The part of a bucket that is used here."""

    def get(self, key: str) -> Found | None:
        """Read an object."""

    def put(self, key: str, body: bytes, *, kind: str = ...) -> str:
        """Write one."""


class Carrier:
    """Carries the file one way, in a thread that ends with its process.

    Parameters
    ----------
    bucket : Objects
    file : Path
    out : bool
        From this machine to the bucket; else from there.
    """

    def __init__(self, bucket: Objects, file: Path, *, out: bool) -> None:
        self._bucket, self._file, self._out = bucket, file, out
        self._seen: object = None

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="quotes-carrier", daemon=True).start()

    def _run(self) -> None:
        pause, sleeping = _EVERY, threading.Event()
        while True:
            try:
                self.carry()
                pause = _EVERY
            except StoreError as error:
                if pause == _EVERY:
                    _log.warning("Quotes are not carried for now: %s", error)
                pause = min(2 * pause, _LONGEST_PAUSE)
            sleeping.wait(pause)

    def carry(self) -> None:
        """Once, if there is something new.

        Raises
        ------
        StoreError
            The bucket cannot be reached, or the file not be written.
        """
        if self._out:
            try:
                written = self._file.stat()
                text = self._file.read_bytes()
            except OSError:  # not yet
                return
            if (mark := (written.st_ino, written.st_mtime_ns)) != self._seen:
                self._bucket.put(_KEY, text, kind="application/json")
                self._seen = mark
            return
        found = self._bucket.get(_KEY)
        if found is not None and found.tag != self._seen:
            write_whole(found.body.decode(), self._file)
            self._seen = found.tag


def carry_quotes(settings: Settings, *, out: bool = False) -> None:
    """Begin to carry the last quotes, where the store is on S3.

    Parameters
    ----------
    settings : Settings
    out : bool
        For their writer; else for whoever reads them.
    """
    bucket = bucket_of(Address.parse(settings.store))
    if bucket is not None:
        Carrier(bucket, snapshot_file(settings.home), out=out).start()


__all__ = ["Carrier", "carry_quotes"]
