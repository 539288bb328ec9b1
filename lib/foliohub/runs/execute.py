"""One run of one job for one session: exactly once, recorded, restartable."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foliohub.errors import (
    LockedError,
    RateLimitError,
    RunError,
    StoreError,
    StoreUnavailableError,
    VendorUnavailableError,
)
from foliohub.runs.attempt import make_attempt
from foliohub.runs.claims import claim
from foliohub.runs.opening import open_records
from foliohub.runs.parameters import check_parameters, declared_parameters, read_notebook
from foliohub.runs.proposing import settle_proposal
from foliohub.runs.records import Failure, RunRecord, RunRecords, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from foliohub.config import Settings
    from foliohub.runs.kernel import Step
    from foliohub.runs.spec import JobSpec

logger = logging.getLogger(__name__)

PASSING = frozenset(
    {
        error.__name__
        for error in (VendorUnavailableError, RateLimitError, StoreError, StoreUnavailableError, LockedError)
    }
    | {"TimeoutError", "DeadKernelError"}
)
"""Kinds of failure that another try may not meet again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking for a run.

    Attributes
    ----------
    record : RunRecord
        Of the attempt that succeeded.
    fresh : bool
        False where it had succeeded before, and nothing was done now.
    """

    record: RunRecord
    fresh: bool


def run_job(
    settings: Settings,
    job: JobSpec,
    as_of: pd.Timestamp,
    *,
    parameters: Mapping[str, Any] | None = None,
    force: bool = False,
    on_step: Callable[[Step], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Run a job for one session, unless it has succeeded for it already.

    Parameters
    ----------
    settings : Settings
    job : JobSpec
    as_of : Timestamp
        A session; the notebook gets it as its parameter `as_of`.
    parameters : mapping, optional
        In place of those in the job's file.
    force : bool
        Make another attempt although one has succeeded.
    on_step : callable
        Told before each cell.
    sleep : callable
        Waits between tries; for tests.

    Raises
    ------
    RunInProgressError
        Another process runs this job for this session.
    RunError
        A job it depends on has not succeeded for this session, or the run failed; the record says why.
    InputError
        A parameter the notebook does not take.
    LedgerError
        The run succeeded, and what it proposes could not be entered; it will be at the next start.
    """
    day = f"{as_of:%Y-%m-%d}"
    notebook = read_notebook(settings.notebooks / job.notebook)
    declared = declared_parameters(notebook, job.notebook)
    values = {**job.parameters, **(parameters or {}), "as_of": day}
    check_parameters(values, declared, job.notebook)
    values = {**{name: parameter.default for name, parameter in declared.items()}, **values}
    records = open_records(settings)
    with claim(settings, job.name, day):
        done = records.succeeded(job.name, day)
        if done and not force:
            settle_proposal(settings, done)
            return Outcome(done, fresh=False)
        for other in job.after:
            if records.succeeded(other, day) is None:
                raise RunError(
                    f"{job.name} needs {other}, which has not succeeded for {day}.",
                    remedy=f"Run `foliohub cycle --as-of {day}`, or `foliohub run {other} --as-of {day}` first.",
                )
        _bury(records, job.name, day)
        wait = job.retries.wait_seconds
        for remaining in range(job.retries.attempts, -1, -1):
            number = 1 + max((record.attempt for record in records.list(job.name, day)), default=0)
            record = make_attempt(settings, records, job, notebook, values=values, number=number, on_step=on_step)
            if record.status is Status.SUCCEEDED:
                settle_proposal(settings, record)
                return Outcome(record, fresh=True)
            failure = record.error or Failure(kind="RunError", message="The run failed.")
            if failure.kind not in PASSING or not remaining:
                raise RunError(
                    f"Run {record.id} failed: {failure.message}",
                    remedy=f"`foliohub runs show {record.id}` tells more.",
                )
            logger.warning("run %s failed (%s), trying again in %g s", record.id, failure.kind, wait)
            sleep(wait)
            wait *= 2
    raise AssertionError("unreachable: the last try returns or raises")


def _bury(records: RunRecords, job: str, day: str) -> None:
    """Mark as interrupted what says it is running although nobody holds its lock."""
    for record in records.list(job, day):
        if record.status is Status.RUNNING:
            logger.warning("run %s was killed; marking it interrupted", record.id)
            failure = Failure(kind="Killed", message="The process that ran it was killed.")
            records.save(
                record.model_copy(
                    update={"status": Status.INTERRUPTED, "ended_at": datetime.now(UTC), "error": failure}
                )
            )
