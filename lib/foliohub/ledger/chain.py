"""The chain: every event of a portfolio as a document that carries the hash of the one before.

A link's hash is the SHA-256 over everything in it, the hash of the link before included. Who edits, removes or reorders
a link breaks the chain there; who cuts links off its end contradicts the head, a document of its own that names the
last one. Who can write everything cannot write a new chain or a further link: the installation signs each link's hash,
and a link it did not sign breaks the chain. What is left is to cut off links and put back an older head: a hash noted
elsewhere (``proposals verify --head``) shows up that one.

The link is the commit: of an append that was killed halfway either the link is there, and the head one behind, or
nothing is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foliohub.errors import LedgerError, NotStoredError
from foliohub.signatures import SIGNATURE, Seal, digest, unsigned

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from foliohub.data.store import Store

START = "0" * 64
"""What the first link follows."""

_KEYS = frozenset({"portfolio", "number", "kind", "at", "by", "body", "previous", "hash"})
LINK, HEAD = "ledger link", "ledger head"
"""What links and the head are signed as."""


@dataclass(frozen=True, slots=True)
class Link:
    """One event.

    Attributes
    ----------
    number : int
        From 1 on.
    kind : str
        "opening", "proposal", "decision" or "fills".
    at : datetime
        When it was written, UTC.
    by : str
        Whose doing it is.
    body : mapping
        JSON.
    previous, hash : str
    """

    number: int
    kind: str
    at: datetime
    by: str
    body: Mapping[str, Any]
    previous: str
    hash: str


class Chain:
    """The chain of one portfolio. One instance reads every link once; :meth:`check` reads all of them again.

    Parameters
    ----------
    store : Store
    portfolio : str
    seal : Seal
        Signs what is appended, and tells of every link whether it was signed.
    """

    def __init__(self, store: Store, portfolio: str, seal: Seal) -> None:
        self._store = store
        self._portfolio = portfolio
        self._seal = seal
        self._folder = f"ledger/{portfolio}/"
        self._head = f"ledger-head/{portfolio}"
        self._read: tuple[Link, ...] = ()
        self._guard = threading.RLock()  # of what was read: requests of one service share it

    def lock(self) -> AbstractContextManager[object]:
        """Hold the chain against every other writer."""
        return self._store.lock(f"ledger/{self._portfolio}")

    def links(self) -> tuple[Link, ...]:
        """Every link, in order, those that are new checked against the ones before.

        Raises
        ------
        LedgerError
            The chain is broken; names the first bad link.
        """
        with self._guard:
            names = self._names()
            if len(names) < len(self._read):
                return self.check()  # something is gone: say what
            fresh = names[len(self._read) :]
            if len(fresh) > 1 and not self._read:
                # What is appended meanwhile comes last, and is left for the next time.
                contents: list[dict[str, Any]] = self._store.documents(self._folder)[: len(fresh)]
            else:
                contents = [self._store.read_document(self._folder + name) for name in fresh]
            links = list(self._read)
            for name, content in zip(fresh, contents, strict=True):
                links.append(self._link(name, content, links[-1] if links else None))
            self._read = tuple(links)
            return self._read

    def check(self) -> tuple[Link, ...]:
        """Read every link again, and the head, and check that each follows the one before.

        Raises
        ------
        LedgerError
            The chain is broken; names the first bad link.
        """
        # The head first: what is appended while we read makes the chain longer than it, never shorter.
        try:
            head: dict[str, Any] | None = self._store.read_document(self._head)
        except NotStoredError:
            head = None
        with self._guard:
            self._read = ()
            links = self.links()
        if head is None:
            if len(links) > 1:
                raise self._broken(len(links), "its head is gone, which names the last link")
            return links
        if fault := self._seal.fault(HEAD, head):
            raise self._broken(
                len(links) + 1, f"it may be gone: the head was not written by this installation, {fault}"
            )
        number = head.get("number")
        if not isinstance(number, int) or number > len(links):
            raise self._broken(len(links) + 1, f"it is gone: the head names link {number} as the last")
        if number < 1 or links[number - 1].hash != head.get("hash"):
            raise self._broken(max(number, 1), "it was changed or replaced: the head names another hash")
        return links

    def append(self, kind: str, *, by: str, at: datetime, body: Mapping[str, Any]) -> Link:
        """Add an event at the end; the caller holds :meth:`lock` and has called :meth:`check` under it.

        Raises
        ------
        SignatureError
            This process cannot sign it; nothing was added.
        """
        with self._guard:
            last = self._read[-1] if self._read else None
            content: dict[str, Any] = {
                "portfolio": self._portfolio,
                "number": (last.number if last else 0) + 1,
                "kind": kind,
                "at": at.astimezone(UTC).isoformat(),
                "by": by,
                "body": json.loads(json.dumps(dict(body), allow_nan=False)),
                "previous": last.hash if last else START,
            }
            content["hash"] = digest(content)
            content[SIGNATURE] = self._seal.sign(LINK, content["hash"])
            name = f"{content['number']:08d}"
            head = {"portfolio": self._portfolio, "number": content["number"], "hash": content["hash"]}
            self._store.write_document(self._folder + name, content)
            self._store.write_document(self._head, self._seal.signed(HEAD, head))
            link = self._link(name, content, last)
            self._read = (*self._read, link)
            return link

    def _names(self) -> list[str]:
        return [name.removeprefix(self._folder) for name in self._store.document_names(self._folder)]

    def _link(self, name: str, document: Mapping[str, Any], before: Link | None) -> Link:
        number = (before.number if before else 0) + 1
        content = unsigned(document)
        if name != f"{number:08d}":
            raise self._broken(number, f"it is gone: after link {number - 1} comes {name}")
        if set(content) != _KEYS or content["hash"] != digest({k: v for k, v in content.items() if k != "hash"}):
            raise self._broken(number, "it was changed: its hash is not that of its content")
        if content["number"] != number or content["portfolio"] != self._portfolio:
            where = f"link {content['number']} of {content['portfolio']}"
            raise self._broken(number, f"it was moved: it is {where}")
        if content["previous"] != (before.hash if before else START):
            raise self._broken(number, f"it does not follow link {number - 1}: one of the two was changed or replaced")
        if fault := self._seal.check(LINK, content["hash"], document.get(SIGNATURE)):
            raise self._broken(number, f"it was not written by this installation: {fault}")
        return Link(
            number=number,
            kind=content["kind"],
            at=datetime.fromisoformat(content["at"]),
            by=content["by"],
            body=content["body"],
            previous=content["previous"],
            hash=content["hash"],
        )

    def _broken(self, number: int, what: str) -> LedgerError:
        return LedgerError(
            f"The ledger of {self._portfolio} is broken at link {number} (ledger/{self._portfolio}/{number:08d}): "
            f"{what}.",
            remedy="Nothing is decided on it any more; restore the store from a backup, and find out who changed it. "
            "Where another installation wrote it, put that one's public key among the accepted keys.",
        )
