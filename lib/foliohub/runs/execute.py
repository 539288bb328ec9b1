"""One run of one job for one session: exactly once, recorded, restartable."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foliohub import logs
from foliohub.config import SECRET_VARIABLES, Settings
from foliohub.errors import (
    FoliohubError,
    InputError,
    RateLimitError,
    RunError,
    StoreError,
    VendorUnavailableError,
)
from foliohub.runs.claims import STARTING, claim
from foliohub.runs.fingerprint import take_fingerprint
from foliohub.runs.lineage import LineageFile
from foliohub.runs.parameters import check_parameters, declared_parameters, notebook_hash, read_notebook
from foliohub.runs.records import Failure, RunRecord, RunRecords, Status, run_id
from foliohub.runs.workspace import open_store, open_universe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import nbformat
    import pandas as pd

    from foliohub.runs.kernel import Step
    from foliohub.runs.spec import JobSpec

logger = logging.getLogger(__name__)

_PASSING = frozenset(
    {VendorUnavailableError.__name__, RateLimitError.__name__, StoreError.__name__, "TimeoutError", "DeadKernelError"}
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
    """
    day = f"{as_of:%Y-%m-%d}"
    notebook = read_notebook(settings.notebooks / job.notebook)
    declared = declared_parameters(notebook, job.notebook)
    values = {**job.parameters, **(parameters or {}), "as_of": day}
    check_parameters(values, declared, job.notebook)
    values = {**{name: parameter.default for name, parameter in declared.items()}, **values}
    records = RunRecords(open_store(settings))
    with claim(settings, job.name, day):
        done = records.succeeded(job.name, day)
        if done and not force:
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
            attempt = 1 + max((record.attempt for record in records.list(job.name, day)), default=0)
            record = _attempt(settings, records, job, notebook, values=values, attempt=attempt, on_step=on_step)
            if record.status is Status.SUCCEEDED:
                return Outcome(record, fresh=True)
            failure = record.error or Failure(kind="RunError", message="The run failed.")
            if failure.kind not in _PASSING or not remaining:
                raise RunError(
                    f"Run {record.id} failed: {failure.message}",
                    remedy=f"`foliohub runs show {record.id}` tells more.",
                )
            logger.warning("run %s failed (%s), trying again in %g s", record.id, failure.kind, wait)
            sleep(wait)
            wait *= 2
    raise AssertionError("unreachable: the last try returns or raises")


def _attempt(
    settings: Settings,
    records: RunRecords,
    job: JobSpec,
    notebook: nbformat.NotebookNode,
    *,
    values: dict[str, Any],
    attempt: int,
    on_step: Callable[[Step], None],
) -> RunRecord:
    from foliohub.runs.kernel import NotebookFailedError, execute_notebook

    state = take_fingerprint(settings.project)
    day = values["as_of"]
    identifier = run_id(job.name, day, attempt)
    seed = values.get("seed")
    record = RunRecord(
        id=identifier,
        job=job.name,
        as_of=day,
        status=Status.RUNNING,
        attempt=attempt,
        started_at=datetime.now(UTC),
        notebook=job.notebook,
        notebook_hash=notebook_hash(notebook),
        parameters=values,
        seed=seed if isinstance(seed, int) else None,
        commit=state.commit,
        changes=state.changes,
        lock_hash=state.lock_hash,
        python=state.python,
        image=settings.image,
    )
    with open_store(settings).lock(STARTING):
        records.save(record)
    logger.info("run %s started", identifier)
    folder = settings.runs / identifier
    lineage = LineageFile(folder / "lineage.jsonl")
    executed = folder / job.notebook
    status, failure = Status.FAILED, None
    outputs: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # An attempt's number is new, unless its record was lost: what lies in its folder then is not its own.
        (folder / "lineage.jsonl").unlink(missing_ok=True)
        environment = kernel_environment(settings, job) | {
            "FOLIOHUB_RUN_ID": identifier,
            "FOLIOHUB_LINEAGE": str(folder / "lineage.jsonl"),
        }
        try:
            execute_notebook(
                settings.notebooks / job.notebook,
                executed,
                parameters=values,
                environment=environment,
                timeout_seconds=job.timeout_seconds,
                on_step=on_step,
                secrets=settings.secrets,
            )
        finally:
            for file in (executed, folder / "kernel.log"):
                _scrub_file(file, settings.secrets)
        gathered = lineage.gather()
        record = record.model_copy(
            update={"read": gathered.read, "written": gathered.written, "ended_at": datetime.now(UTC)}
        )
        outputs = _write_outputs(settings, record, job, executed)
        status = Status.SUCCEEDED
    except NotebookFailedError as error:
        failure = error.failure
    except FoliohubError as error:
        failure = Failure(kind=type(error).__name__, message=str(error))
    except OSError as error:
        failure = Failure(kind="StoreError", message=f"{folder} cannot be written: {error.strerror or error}.")
    except Exception as error:
        # Not the notebook's doing: its process could not be started, or we have a bug. The log tells where.
        logger.exception("run %s failed", identifier)
        failure = Failure(kind=type(error).__name__, message=f"{type(error).__name__}: {error}".rstrip(": "))
    except BaseException as error:
        failure = Failure(kind=type(error).__name__, message="The run was interrupted.")
        status = Status.INTERRUPTED
        raise
    finally:
        if failure:
            failure = failure.model_copy(update={"message": logs.scrub(failure.message, settings.secrets)})
        gathered = lineage.gather()
        ended = {"status": status, "ended_at": datetime.now(UTC), "outputs": outputs, "error": failure}
        record = records.save(record.model_copy(update={**ended, "read": gathered.read, "written": gathered.written}))
        logger.info("run %s %s", identifier, status)
    return record


def _write_outputs(settings: Settings, record: RunRecord, job: JobSpec, executed: Path) -> dict[str, str]:
    from foliohub.reporting import Provenance, export_report

    provenance = Provenance(
        as_of=record.as_of,
        source=open_universe(settings, str(record.parameters.get("universe", "sample"))).title,
        run_id=record.id,
        job=record.job,
        status=Status.SUCCEEDED,
        finished=record.ended_at,
        parameters=record.parameters,
        data_versions={version.name: version.number for version in record.read},
        notebook_hash=record.notebook_hash,
        commit=f"{record.commit} with changes" if record.commit and record.changes else record.commit or "",
    )
    report = export_report(
        read_notebook(executed), executed.with_name("report.html"), title=job.title, provenance=provenance
    )
    return {"notebook": str(executed.relative_to(settings.home)), "report": str(report.relative_to(settings.home))}


def _scrub_file(path: Path, secrets: tuple[str, ...]) -> None:
    """Take secrets out of what a run leaves behind, should a cell or a library have shown one."""
    if not secrets or not path.exists():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    scrubbed = logs.scrub(text, secrets)
    if scrubbed != text:
        temporary = path.with_suffix(".scrubbed")
        temporary.write_text(scrubbed, encoding="utf-8")
        temporary.replace(path)


def kernel_environment(settings: Settings, job: JobSpec) -> dict[str, str]:
    """The environment of a notebook's process: this one's, without secrets but those the job names.

    Hashing is seeded, so that nothing depends on the order of a set; BLAS keeps to the cores the job may use.
    """
    environment = {key: value for key, value in os.environ.items() if key not in SECRET_VARIABLES or key in job.secrets}
    return environment | {
        "FOLIOHUB_PROJECT": str(settings.project),
        "FOLIOHUB_HOME": str(settings.home),
        "FOLIOHUB_STORE": settings.store,
        "PYTHONHASHSEED": "0",
        # Figures as data, not each with a copy of the library that draws them.
        "PLOTLY_RENDERER": "plotly_mimetype",
        # The kernel's frozen modules make its debugger complain on the error stream at every start.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def check_as_of(as_of: pd.Timestamp, calendar: str) -> pd.Timestamp:
    """Refuse a date that is no session, or has not closed.

    Raises
    ------
    InputError
        Names the date and the nearest one that will do.
    """
    from foliohub import calendars

    session = calendars.require_session(as_of, calendar)
    last = calendars.last_closed_session(datetime.now(UTC), calendar)
    if session > last:
        raise InputError(
            f"{session:%Y-%m-%d} has not closed yet.", remedy=f"The last session that has is {last:%Y-%m-%d}."
        )
    return session


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
