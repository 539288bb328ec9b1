"""One attempt at a run: its record, its notebook, its report; recorded whatever becomes of it."""

from __future__ import annotations

import errno
import logging
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foliohub import logs
from foliohub.errors import FoliohubError, StoreUnavailableError
from foliohub.runs import auditing
from foliohub.runs.claims import STARTING
from foliohub.runs.environment import kernel_environment
from foliohub.runs.fingerprint import take_fingerprint
from foliohub.runs.lineage import LineageFile
from foliohub.runs.opening import open_store, open_universe
from foliohub.runs.outputs import Kept, Outputs
from foliohub.runs.parameters import notebook_hash, read_notebook
from foliohub.runs.records import Failure, RunRecord, RunRecords, Status, run_id

if TYPE_CHECKING:
    from collections.abc import Callable

    import nbformat

    from foliohub.config import Settings
    from foliohub.runs.kernel import Step
    from foliohub.runs.spec import JobSpec

logger = logging.getLogger(__name__)

_OF_DISKS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})
"""What goes wrong while a file that is already open is written; such errors do not name it."""


_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 5.0


def make_attempt(
    settings: Settings,
    records: RunRecords,
    job: JobSpec,
    notebook: nbformat.NotebookNode,
    *,
    values: dict[str, Any],
    number: int,
    on_step: Callable[[Step], None],
) -> RunRecord:
    """Execute a job's notebook once, and record how it went.

    Parameters
    ----------
    settings : Settings
    records : RunRecords
        Of the settings' store.
    job : JobSpec
    notebook : NotebookNode
        The job's, as read.
    values : dict
        All parameters, `as_of` among them.
    number : int
        Of the attempt; none has it yet.
    on_step : callable
        Told before each cell.

    Returns
    -------
    RunRecord
        As it was saved: succeeded, or failed with the reason. What is no failure but an interruption is raised on.
    """
    identifier = run_id(job.name, values["as_of"], number)
    with logs.bind(run=identifier, job=job.name):
        return _attempt(settings, records, job, notebook, values=values, number=number, on_step=on_step)


def _attempt(
    settings: Settings,
    records: RunRecords,
    job: JobSpec,
    notebook: nbformat.NotebookNode,
    *,
    values: dict[str, Any],
    number: int,
    on_step: Callable[[Step], None],
) -> RunRecord:
    from foliohub.runs.kernel import NotebookFailedError

    state = take_fingerprint(settings.project)
    day = values["as_of"]
    identifier = run_id(job.name, day, number)
    seed = values.get("seed")
    record = RunRecord(
        id=identifier,
        job=job.name,
        as_of=day,
        status=Status.RUNNING,
        attempt=number,
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
        request=settings.request,
    )
    with open_store(settings).lock(STARTING):
        records.save(record)
    logger.info("run %s started", identifier)
    auditing.began(settings, record)
    folder = settings.runs / identifier
    lineage = LineageFile(folder / "lineage.jsonl")
    executed = folder / job.notebook
    status, failure = Status.FAILED, None
    outputs, kept = Outputs(settings), Kept({}, {})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # An attempt's number is new, unless its record was lost: what lies in its folder then is not its own.
        (folder / "lineage.jsonl").unlink(missing_ok=True)
        _execute(settings, job, executed, identifier, values, on_step)
        gathered = lineage.gather()
        record = record.model_copy(
            update={"read": gathered.read, "written": gathered.written, "ended_at": datetime.now(UTC)}
        )
        kept = outputs.keep({"notebook": executed, "report": _write_report(settings, record, job, executed)})
        status = Status.SUCCEEDED
    except NotebookFailedError as error:
        failure = error.failure
    except FoliohubError as error:
        failure = Failure(kind=type(error).__name__, message=str(error))
    except Exception as error:
        failure = _unwritable(folder, settings, error)
        if failure is None:
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
        kept = kept if status is Status.SUCCEEDED else outputs.keep_of_failed(executed)
        ended = {"status": status, "ended_at": datetime.now(UTC), "outputs": kept.paths, "hashes": kept.hashes}
        ended |= {"error": failure, "read": gathered.read, "written": gathered.written}
        record = _save(records, record.model_copy(update=ended))
        outputs.clear(folder)
        logger.info("run %s %s", identifier, status)
        auditing.ended(settings, record)
    return record


def _save(records: RunRecords, record: RunRecord) -> RunRecord:
    """Write how a run ended; a server that is gone for some minutes must not cost hours of work."""
    patience = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return records.save(record)
        except StoreUnavailableError as error:
            if time.monotonic() > patience:
                raise
            logger.warning("the record of run %s waits for the store: %s", record.id, error.message)
            time.sleep(_PAUSE_SECONDS)


def _execute(
    settings: Settings,
    job: JobSpec,
    executed: Path,
    identifier: str,
    values: dict[str, Any],
    on_step: Callable[[Step], None],
) -> None:
    """Execute a job's notebook into a file, in which no secret stays whatever happens."""
    from foliohub.runs.kernel import execute_notebook

    environment = kernel_environment(settings, job) | {
        "FOLIOHUB_RUN_ID": identifier,
        "FOLIOHUB_LINEAGE": str(executed.parent / "lineage.jsonl"),
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
        _scrub_file(executed, settings.secrets)
        if settings.log == "stdout":
            logs.forward_file(executed.parent / logs.OF_NOTEBOOK, sys.stdout)


def _write_report(settings: Settings, record: RunRecord, job: JobSpec, executed: Path) -> Path:
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
    return export_report(
        read_notebook(executed), executed.with_name("report.html"), title=job.title, provenance=provenance
    )


def _unwritable(folder: Path, settings: Settings, error: Exception) -> Failure | None:
    """The failure, where an error says that the run's folder cannot be written; None where it is about another thing.

    Its kind is none of those that pass: a disk that is full stays so until somebody makes room.
    """
    if not isinstance(error, OSError):
        return None
    if isinstance(error.filename, str | os.PathLike):
        concerned = Path(error.filename).is_relative_to(settings.home)
    else:
        concerned = error.errno in _OF_DISKS
    if not concerned:
        return None
    return Failure(
        kind="OSError",
        message=f"The run's folder {folder} cannot be written: {error.strerror or error}. "
        "Make room there or make it writable, or set FOLIOHUB_HOME to a folder that is.",
    )


def _scrub_file(path: Path, secrets: tuple[str, ...]) -> None:
    """Take secrets out of a notebook wherever they may stand; of its outputs none was written with one."""
    if not secrets or not path.exists():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    scrubbed = logs.scrub(text, secrets)
    if scrubbed != text:
        temporary = path.with_suffix(".scrubbed")
        temporary.write_text(scrubbed, encoding="utf-8")
        temporary.replace(path)
