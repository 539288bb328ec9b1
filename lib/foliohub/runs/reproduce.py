"""Recompute a run from its id, and compare every number it published."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub import logs
from foliohub.data.versions import StoredVersion
from foliohub.errors import ConfigurationError, NotStoredError, RunError
from foliohub.runs.environment import kernel_environment
from foliohub.runs.fingerprint import take_fingerprint
from foliohub.runs.lineage import LineageFile
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.parameters import notebook_hash, read_notebook
from foliohub.runs.records import RunRecord, Status
from foliohub.runs.replay import Pins

if TYPE_CHECKING:
    from collections.abc import Callable

    from foliohub.config import Settings
    from foliohub.data.store import Store
    from foliohub.runs.kernel import Step
    from foliohub.runs.spec import JobSpec


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One published table against its recomputation.

    Attributes
    ----------
    name : str
    numbers : int
        Numbers compared.
    different : int
        Of these, how many differ.
    largest : float
        Largest absolute difference; NaN where shapes or texts differ.
    remark : str
    """

    name: str
    numbers: int
    different: int
    largest: float
    remark: str = ""

    @property
    def equal(self) -> bool:
        """Whether everything agrees."""
        return self.different == 0 and not self.remark


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What recomputing a run showed.

    Attributes
    ----------
    record : RunRecord
        Of the original.
    tables : tuple of TableComparison
    changed : tuple of str
        Inputs that are not what they were: data versions, notebook, code, packages, Python, image.
    """

    record: RunRecord
    tables: tuple[TableComparison, ...]
    changed: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether every published number came out again."""
        return all(table.equal for table in self.tables)


def reproduce_run(
    settings: Settings,
    identifier: str,
    jobs: dict[str, JobSpec],
    *,
    on_step: Callable[[Step], None] = lambda _: None,
    relative_tolerance: float = 1e-9,
) -> Reproduction:
    """Execute a recorded run again, from the versions it read, into a scratch store, and compare what it wrote.

    Parameters
    ----------
    settings : Settings
    identifier : str
        Id of a run that succeeded.
    jobs : dict
        The job files: how long the run may take, which secrets it may see.
    on_step : callable
        Told before each cell.
    relative_tolerance : float
        Differences up to this fraction are rounding of another machine's arithmetic, not another result.

    Raises
    ------
    RunError
        The run did not succeed in the first place, or cannot be executed again; names what has changed.
    """
    store = open_store(settings)
    record = open_records(settings, store).get(identifier)
    if record.status is not Status.SUCCEEDED:
        raise RunError(
            f"Run {identifier} is {record.status}: it published nothing to reproduce.",
            remedy="Name one that succeeded; `foliohub runs list` shows them.",
        )
    if record.job not in jobs:
        raise ConfigurationError(
            f"Run {identifier} is of job {record.job!r}, which has no file any more.",
            remedy=f"Put jobs/{record.job}.yaml back; only its timeout and secrets are used.",
        )
    changed = _changes(settings, store, record)
    with tempfile.TemporaryDirectory(prefix="foliohub-reproduce-") as scratch:
        try:
            written = _execute(settings, record, jobs[record.job], Path(scratch), on_step)
        except RunError as error:
            said = logs.scrub(error.message, settings.secrets)
            raise RunError(
                f"Run {identifier} cannot be executed again: {said}",
                remedy=f"Changed since it was recorded: {'; '.join(changed) or 'nothing that is recorded'}.",
            ) from None
        again = open_store(settings.model_copy(update=_scratch(Path(scratch))))
        tables = tuple(
            _compare(store, version, again, written.get(version.name), relative_tolerance) for version in record.written
        )
    return Reproduction(record, tables, changed)


def _scratch(folder: Path) -> dict[str, object]:
    return {"home": folder, "store": f"lmdb://{folder / 'store'}"}


def _execute(
    settings: Settings, record: RunRecord, job: JobSpec, scratch: Path, on_step: Callable[[Step], None]
) -> dict[str, int]:
    from foliohub.runs.kernel import execute_notebook

    pins = scratch / "pins.json"
    Pins(
        store=settings.store,
        locks=str(settings.locks),
        moment=record.started_at.isoformat(),
        reading={version.name: version.number for version in record.read if version not in record.written},
        writing={version.name: version.number for version in record.written},
    ).save(pins)
    lineage = LineageFile(scratch / "lineage.jsonl")
    environment = kernel_environment(settings.model_copy(update=_scratch(scratch)), job) | {
        "FOLIOHUB_RUN_ID": f"{record.id}.again",
        "FOLIOHUB_LINEAGE": str(scratch / "lineage.jsonl"),
        "FOLIOHUB_PINS": str(pins),
    }
    execute_notebook(
        settings.notebooks / record.notebook,
        scratch / record.notebook,
        parameters=record.parameters,
        environment=environment,
        timeout_seconds=job.timeout_seconds,
        on_step=on_step,
        secrets=settings.secrets,
    )
    return {version.name: version.number for version in lineage.gather().written}


def _changes(settings: Settings, store: Store, record: RunRecord) -> tuple[str, ...]:
    """Everything the record names that is not what it was."""
    now = take_fingerprint(settings.project)
    current = notebook_hash(read_notebook(settings.notebooks / record.notebook))
    pairs = {
        f"notebook {record.notebook}": (record.notebook_hash, current),
        "commit": (record.commit, now.commit),
        "uncommitted changes": (record.changes, now.changes),
        "packages (lock file)": (record.lock_hash, now.lock_hash),
        "Python": (record.python, now.python),
        "image": (record.image, settings.image),
    }
    changed = [
        f"{what}: was {_short(then)}, is {_short(there)}" for what, (then, there) in pairs.items() if then != there
    ]
    for versions, done in ((record.read, "read"), (record.written, "published")):
        for version in versions:
            if done == "published" and version in record.read:
                continue
            try:
                content = store.content(version.name, version.number)
            except NotStoredError:
                changed.append(f"data {version.name}: version {version.number} is not in the store any more")
                continue
            if content != version.content:
                changed.append(f"data {version.name}: version {version.number} holds other values than were {done}")
    return tuple(changed)


def _short(state: str | None) -> str:
    """Enough of a hash or version to tell it from another."""
    return "none" if state is None else state[:12]


def _compare(
    original: Store, version: StoredVersion, again: Store, number_again: int | None, tolerance: float
) -> TableComparison:
    try:
        then = _values(original, version.name, version.number)
    except NotStoredError as error:
        return TableComparison(version.name, 0, 0, np.nan, remark=error.message)
    if number_again is None:
        return TableComparison(version.name, 0, 0, np.nan, remark="was not written again")
    return compare_tables(version.name, then, _values(again, version.name, number_again), tolerance)


def _values(store: Store, name: str, number: int) -> pd.DataFrame:
    if name.startswith("raw/"):
        panel = store.read_panel(name, version=number)
        return pd.concat(dict(panel), axis=1)
    return store.read_table(name, version=number)


def compare_tables(name: str, then: pd.DataFrame, now: pd.DataFrame, tolerance: float) -> TableComparison:
    """Compare two tables number by number.

    Parameters
    ----------
    name : str
    then, now : DataFrame
    tolerance : float
        Relative.

    Examples
    --------
    >>> frame = pd.DataFrame({"weight": [0.5, 0.5]})
    >>> compare_tables("weights", frame, frame, 0.0).equal
    True
    """
    if then.shape != now.shape or list(map(str, then.columns)) != list(map(str, now.columns)):
        return TableComparison(name, then.size, then.size, np.nan, remark=f"shape {then.shape} became {now.shape}")
    if not then.index.equals(now.index):
        return TableComparison(name, then.size, then.size, np.nan, remark="the rows are others")
    numbers = different = 0
    largest = 0.0
    for position, column in enumerate(then.columns):
        a, b = then.iloc[:, position], now.iloc[:, position]
        if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
            x, y = a.to_numpy(np.float64), b.to_numpy(np.float64)
            numbers += x.size
            unequal = ~np.isclose(x, y, rtol=tolerance, atol=0, equal_nan=True)
            different += int(unequal.sum())
            if unequal.any():
                largest = float(np.nanmax([largest, *np.abs(x - y)[unequal]]))
        elif not a.equals(b):
            return TableComparison(name, numbers, different, np.nan, remark=f"column {column} differs")
    return TableComparison(name, numbers, different, largest)
