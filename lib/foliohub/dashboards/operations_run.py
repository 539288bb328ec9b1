"""One run's record, as Operations shows it: what every run id on a dashboard leads to."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from foliohub.dashboards import kit
from foliohub.dashboards.kit.grid import Tone, ago, badge, clock, facts, grid, link, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foliohub.data.versions import StoredVersion
    from foliohub.runs.records import RunRecord

TONES: dict[str, Tone] = {
    "succeeded": "good",
    "failed": "bad",
    "interrupted": "bad",
    "unsigned": "bad",
    "running": "busy",
}


def status_badge(run: RunRecord) -> kit.Piece:
    """How a run ended."""
    return badge(run.status.value, TONES.get(run.status.value, ""))


def took(run: RunRecord, now: datetime) -> str:
    """How long a run took, or has been at it."""
    seconds = run.seconds if run.seconds is not None else (now - run.started_at).total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else span(timedelta(seconds=seconds))


def run_record(run: RunRecord, now: datetime) -> kit.Piece:
    """The passport of a run: what went in, what came out, and how to do it again.

    Parameters
    ----------
    run : RunRecord
    now : datetime
        Aware.
    """
    parameters = [(name, json.dumps(value)) for name, value in sorted(run.parameters.items())]
    asked = grid(["Parameter", "Value"], parameters, caption="Parameters", wide=[1], empty="No parameters.")
    pieces: list[kit.Piece] = [
        facts(
            [
                ("Status", status_badge(run)),
                ("Job", run.job),
                ("As of", run.as_of),
                ("Attempt", str(run.attempt)),
                ("Started", f"{clock(run.started_at)} UTC, {ago(run.started_at, now)}"),
                ("Took", took(run, now)),
                ("Notebook", f"{run.notebook}, content {run.notebook_hash[:12]}"),
                ("Code", _code(run)),
                ("Packages", f"lock {run.lock_hash[:12]}, Python {run.python}" if run.lock_hash else run.python),
                ("Image", run.image),
                ("Seed", "" if run.seed is None else str(run.seed)),
                ("Outputs", _outputs(run)),
            ]
        )
    ]
    if run.error is not None:
        where = f" in cell {run.error.cell}" if run.error.cell is not None else ""
        pieces.insert(0, _notice(run.error.message, f"{run.error.kind}{where}:"))
    versions = kit.stack(
        _versions("Read", run.read, "This run read nothing from the store."),
        _versions("Written", run.written, "This run wrote nothing to the store."),
    )
    pieces.append(kit.columns(versions, asked))
    command = f"foliohub runs reproduce {run.id}"
    pieces.append(kit.command("Recompute every number of this run and compare:", command))
    return kit.section(f"Run {run.id}", *pieces, anchor="run")


def _notice(message: str, title: str) -> kit.Piece:
    return kit.stack(kit.notice(message, title=title, kind="failure"))


def _code(run: RunRecord) -> str:
    if run.commit is None:
        return "outside a repository"
    return f"commit {run.commit[:12]}" + (f", with changes {run.changes[:12]}" if run.changes else "")


def _outputs(run: RunRecord) -> kit.Piece:
    address = f"../api/v1/runs/{quote(run.id)}/outputs/"
    links = [link(name.capitalize(), address + quote(name)).html for name in sorted(run.outputs)]
    return kit.Piece(" · ".join(links))


def _versions(title: str, versions: Sequence[StoredVersion], empty: str) -> kit.Piece:
    rows = [(version.name, str(version.number), version.content[:12]) for version in versions]
    return grid(["Name", "Version", "Content"], rows, caption=title, numbers=[1], empty=empty)
