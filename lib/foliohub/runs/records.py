"""Run records: the passport of everything a run published.

A record is written when a run starts and again when it ends. What a run wrote to the store counts only once its record
says that it succeeded, signed by the installation: the record is the commit. A run killed halfway leaves a record that
says "running" without anybody holding its lock; the next start of the same job for the same date marks it interrupted
and tries again.
"""

from __future__ import annotations

import logging
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from foliohub.data.versions import StoredVersion
from foliohub.errors import NotStoredError, StoreError
from foliohub.signatures import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foliohub.data.store import Store
    from foliohub.signatures import Seal

logger = logging.getLogger(__name__)

_FOLDER = "runs/"
RUN_RECORD = "run record"
_FEW = 8
"""Up to so many records are read one by one; more in one go."""


class Status(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNSIGNED = "unsigned"
    """Of a record that this installation did not sign, whatever it says of itself: nothing of it counts."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Failure(_Frozen):
    """Why a run failed.

    Attributes
    ----------
    kind : str
        Class of the error, as "VendorUnavailableError".
    message : str
    cell : int or None
        Index of the notebook's cell that failed.
    """

    kind: str
    message: str
    cell: int | None = None


class RunRecord(_Frozen):
    """Everything needed to run again what was run, and to tell what has changed since.

    Attributes
    ----------
    id : str
        ``<job>.<as of>.<attempt>``.
    job : str
    as_of : str
        The session the run was for, as YYYY-MM-DD.
    status : Status
    attempt : int
        1 for the first start of this job for this date.
    started_at, ended_at : datetime
        UTC; no end while running.
    notebook, notebook_hash : str
        File name, and :func:`~foliohub.runs.parameters.notebook_hash`.
    parameters : dict
        All of them, defaults included.
    seed : int or None
        The parameter of that name.
    commit, changes : str or None
        Git commit, and a hash over what was not committed; None where clean, or outside a repository.
    lock_hash : str or None
        SHA-256 of the file that locks every package's version.
    image : str
    python : str
    read, written : tuple of StoredVersion
        What came out of the store and what went in.
    request : str or None
        The scheduler's request it answers; of what was due by the clock it ends in the scheduled time. None where
        somebody ran it by hand.
    outputs : dict
        "notebook" and "report": paths below the state folder, or beside a store on S3; of a failed run the notebook,
        as far as it came, where it lies beside the store.
    hashes : dict
        SHA-256 of each of them.
    error : Failure or None
    """

    id: str
    job: str
    as_of: str
    status: Status
    attempt: int
    started_at: datetime
    ended_at: datetime | None = None
    notebook: str
    notebook_hash: str
    parameters: dict[str, Any]
    seed: int | None = None
    commit: str | None = None
    changes: str | None = None
    lock_hash: str | None = None
    image: str
    python: str
    read: tuple[StoredVersion, ...] = ()
    written: tuple[StoredVersion, ...] = ()
    request: str | None = None
    outputs: dict[str, str] = {}
    hashes: dict[str, str] = {}
    error: Failure | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


def run_id(job: str, as_of: str, attempt: int) -> str:
    """The id of an attempt; says by itself what was run, and for when."""
    return f"{job}.{as_of}.{attempt}"


class RunRecords:
    """The run records of a store.

    A record that has ended never changes: one instance reads each of those once, however often it is asked.

    Parameters
    ----------
    store : Store
    seal : Seal, optional
        Signs what is saved; what is read without its signature is :attr:`Status.UNSIGNED`. Without one nothing is
        signed or looked at, as in a scratch store; ``foliohub.runs.opening.open_records`` gives the installation's.
    """

    def __init__(self, store: Store, seal: Seal | None = None) -> None:
        self._store = store
        self._seal = seal
        self._ended: dict[str, RunRecord] = {}

    def save(self, record: RunRecord) -> RunRecord:
        """Write a record, replacing what was stored under its id.

        Raises
        ------
        SignatureError
            This process cannot sign for the installation; nothing was written.
        """
        content = record.model_dump(mode="json")
        self._store.write_document(
            _FOLDER + record.id, self._seal.signed(RUN_RECORD, content) if self._seal else content
        )
        return record

    def get(self, identifier: str) -> RunRecord:
        """Read one record.

        Raises
        ------
        NotStoredError
            There is no such run; names the last ones there are.
        """
        try:
            return _parse(self._store.read_document(_FOLDER + identifier), identifier, self._seal)
        except NotStoredError:
            known = ", ".join(record.id for record in self.list()[-3:]) or "none so far"
            raise NotStoredError(
                f"There is no run {identifier!r}.", remedy=f"`foliohub runs list` shows all; the last are: {known}."
            ) from None

    def list(self, job: str | None = None, as_of: str | None = None) -> list[RunRecord]:
        """Records by start; of one job or one date where given."""
        prefix = _FOLDER + (f"{job}." if job else "") + (f"{as_of}." if job and as_of else "")
        names = self._store.document_names(prefix)
        unknown = [name for name in names if name not in self._ended]
        if len(unknown) > _FEW:
            read = [_parse(content, prefix, self._seal) for content in self._store.documents_of(unknown)]
        else:
            read = [record for name in unknown if (record := self._read(name)) is not None]
        fresh = {_FOLDER + record.id: record for record in sorted(read, key=_certainty)}
        self._ended |= {name: record for name, record in fresh.items() if record.status is not Status.RUNNING}
        found = {**self._ended, **fresh}
        records = [found[name] for name in names if name in found]
        return sorted((r for r in records if as_of in (None, r.as_of)), key=lambda r: (r.started_at, r.id))

    def know(self, ended: Mapping[str, RunRecord]) -> None:
        """Take over records that have ended, by the names of their documents, from somebody who has read them."""
        self._ended |= ended

    def _read(self, name: str) -> RunRecord | None:
        try:
            return _parse(self._store.read_document(name), name, self._seal)
        except NotStoredError:  # pruned since it was listed
            return None

    def succeeded(self, job: str, as_of: str) -> RunRecord | None:
        """The latest attempt that succeeded; None where none did."""
        good = [record for record in self.list(job, as_of) if record.status is Status.SUCCEEDED]
        return good[-1] if good else None

    def published(self, name: str, as_of: str) -> tuple[RunRecord, StoredVersion] | None:
        """The run whose published version of `name` counts for that date, and the version; None where there is none."""
        for record in reversed(self.list(as_of=as_of)):
            if record.status is Status.SUCCEEDED:
                for version in record.written:
                    if version.name == name:
                        return record, version
        return None

    def named_versions(self) -> frozenset[tuple[str, int]]:
        """Every (name, number) that a record names: what pruning must leave alone."""
        return frozenset(
            (version.name, version.number) for record in self.list() for version in (*record.read, *record.written)
        )


def _parse(content: Mapping[str, Any], name: str, seal: Seal | None) -> RunRecord:
    fault = seal.fault(RUN_RECORD, content) if seal else ""
    try:
        record = RunRecord.model_validate({key: value for key, value in content.items() if key != SIGNATURE})
    except ValidationError as error:
        first = error.errors()[0]
        raise StoreError(
            f"The run record {name} cannot be read: {first['loc']}: {first['msg']}.",
            remedy="It was written by another version of Foliohub; use that one, or prune the record.",
        ) from None
    if not fault:
        return record
    logger.warning("the run record %s does not count: %s", record.id, fault)
    said = f"The record says {record.status.value!r}, and does not count: {fault}."
    return record.model_copy(update={"status": Status.UNSIGNED, "error": Failure(kind="Unsigned", message=said)})


def _certainty(record: RunRecord) -> int:
    """Which of two documents that claim to be the same record is taken, the lower first."""
    return {Status.UNSIGNED: 0, Status.RUNNING: 1}.get(record.status, 2)
