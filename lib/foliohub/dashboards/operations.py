"""Operations: what ran, what failed and why, what comes next, how fresh the data are, how large the store is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from foliohub.dashboards import kit
from foliohub.dashboards.kit.grid import Tone, ago, badge, clock, grid, run_cell
from foliohub.dashboards.operations_health import (
    Freshness,
    ServiceState,
    freshness,
    services,
    size,
    store_space,
)
from foliohub.dashboards.operations_run import run_record, status_badge, took
from foliohub.errors import FoliohubError

if TYPE_CHECKING:
    from foliohub.runs.records import RunRecord
    from foliohub.runs.spec import JobSpec
    from foliohub.schedule import Alert, Pause, Request

_SHOWN = 40
_RECENT = timedelta(days=7)
_LIBRARIES = {"_arctic_cfg": "catalogue", "records": "records", "results": "published tables"}
_STATES: dict[str, Tone] = {"idle": "good", "running": "good", "live": "good", "open": "good", "silent": "bad"}


class Board:
    """The dashboard; reads when its parts are drawn.

    Parameters
    ----------
    sources : Sources
    request : Request
        ``?run=ID`` shows that run's record first.
    now : datetime, optional
        Aware; the present by default.
    """

    def __init__(self, sources: kit.Sources, request: kit.Request, now: datetime | None = None) -> None:
        self._sources = sources
        self._request = request
        self._now = now or datetime.now(UTC)

    # -- read once per drawing -----------------------------------------------------------------------------------------

    @cached_property
    def _runs(self) -> list[RunRecord]:
        """The newest first."""
        return self._sources.records.list()[::-1]

    @cached_property
    def _jobs(self) -> dict[str, JobSpec]:
        from foliohub.runs.spec import load_jobs

        return load_jobs(self._sources.settings.jobs, self._sources.settings.notebooks)

    @cached_property
    def _next(self) -> dict[str, datetime]:
        from foliohub.schedule import upcoming

        times = upcoming(self._jobs, self._now)
        return {job: due[0] for job, due in times.items() if due}

    @cached_property
    def _requests(self) -> list[Request]:
        from foliohub.schedule import open_requests

        return open_requests(self._sources.settings, self._sources.store).list(ended=False)

    @cached_property
    def _paused(self) -> dict[str, Pause]:
        from foliohub.schedule import open_requests

        return open_requests(self._sources.settings, self._sources.store).paused()

    @cached_property
    def _freshness(self) -> list[Freshness]:
        found = []
        for name in self._sources.store.panels("raw/"):
            try:
                universe = self._sources.universe(name.removeprefix("raw/"))
            except FoliohubError:  # its file was removed since; its prices are still there
                universe = None
            found.append(freshness(self._sources.store, name, universe, self._now))
        return [fresh for fresh in found if fresh is not None]

    @cached_property
    def _services(self) -> list[ServiceState]:
        return services(self._sources.settings.home, self._sources.store, self._now)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def head(self) -> kit.Piece:
        """Title, and the state of things in large numbers."""
        title = kit.page(
            "Operations",
            lead="What ran, what failed and why, what comes next, and how the data and the store are.",
            facts=[("Seen", f"{clock(self._now)} UTC")],
        )
        return kit.stack(title, kit.part("", self._cards))

    def _cards(self) -> kit.Html:
        recent = [run for run in self._runs if self._now - run.started_at <= _RECENT]
        failed = [run for run in recent if run.status.value in {"failed", "interrupted", "unsigned"}]
        open_failures = self._open_failures()
        last = self._runs[0] if self._runs else None
        space = store_space(self._sources.settings.store)
        oldest = max(self._freshness, key=lambda fresh: 0 if fresh.closed else fresh.behind, default=None)
        following = min(self._next.items(), key=lambda item: item[1], default=None)
        return kit.cards(
            [
                kit.KeyFigure(
                    "Failures to look at",
                    len(open_failures),
                    delta=open_failures[0].job if open_failures else ("all clear" if self._runs else ""),
                    tone="bad" if open_failures else "good",
                ),
                kit.KeyFigure(
                    "Runs in 7 days",
                    len(recent),
                    note=f"{len(failed)} failed"
                    if recent
                    else (f"last: {ago(last.started_at, self._now)}" if last else "none yet"),
                ),
                kit.KeyFigure(
                    "Next run",
                    ago(following[1], self._now).removeprefix("in ") if following else "–",
                    note=following[0] if following else "no job has a schedule",
                ),
                kit.KeyFigure(
                    "Prices as of",
                    f"{oldest.session:%Y-%m-%d}" if oldest else "–",
                    note=_behind(oldest) if oldest else "nothing ingested yet",
                ),
                kit.KeyFigure(
                    "Store",
                    size(space.used) if space else "remote",
                    note=f"{size(space.free)} free" if space else "not on this machine",
                ),
            ]
        )

    def record(self) -> kit.Piece:
        """The record of the run asked for; nothing where none was."""
        identifier = self._request.get("run")
        if not identifier:
            return kit.Piece("")
        return run_record(self._sources.records.get(identifier), self._now)

    def attention(self) -> kit.Piece:
        """Failures that no later run has made good, and alerts."""
        failures, alerts = self._open_failures(), self._alerts()
        if not failures and not alerts:
            if not self._runs:
                return kit.stack(kit.notice("No job has run yet."))
            return kit.stack(kit.notice("No job's last run failed.", kind="good", title="All clear."))
        rows = [
            (
                run_cell(run.id),
                f"{ago(run.started_at, self._now)}",
                run.error.kind if run.error else run.status.value,
                run.error.message if run.error else "The process went away before the run ended.",
            )
            for run in failures
        ]
        told = [(alert.title, ago(alert.raised_at, self._now), alert.sentence) for alert in alerts]
        pieces = []
        if rows:
            pieces.append(grid(["Run", "When", "Error", "What happened"], rows, wide=[3]))
        if told:
            pieces.append(grid(["Alert", "When", "What happened"], told, caption="Alerts of the last 7 days", wide=[2]))
        return kit.stack(*pieces)

    def jobs(self) -> kit.Piece:
        """Every job: when it runs next, how it went last, who paused it, and what waits."""
        last = {run.job: run for run in reversed(self._runs)}
        rows = []
        for name, job in self._jobs.items():
            due, pause, run = self._next.get(name), self._paused.get(name), last.get(name)
            when: str | kit.Piece = f"{due:%a %Y-%m-%d %H:%M %Z}, {ago(due, self._now)}" if due else "–"
            if pause:
                when = kit.stack(
                    badge("paused", "busy"), kit.Piece(f" by {_plain(pause.by)} {ago(pause.at, self._now)}")
                )
            rows.append(
                (
                    name,
                    job.title,
                    when,
                    status_badge(run) if run else "never",
                    ago(run.started_at, self._now) if run else "–",
                    took(run, self._now) if run else "–",
                )
            )
        head = ["Job", "What it does", "Next", "Last run", "Started", "Took"]
        pieces = [grid(head, rows, wide=[1], empty="There are no job files in jobs/.")]
        if self._requests:
            waiting = [
                (request.job, request.state.value, request.by, f"{clock(request.due_at)}", request.reason)
                for request in self._requests
            ]
            pieces.append(
                grid(
                    ["Job", "State", "Asked by", "Due (UTC)", "Note"], waiting, caption="Waiting and running", wide=[4]
                )
            )
        # Dashboards change nothing: what operators do has pages of its own, which need no script.
        pieces.append(kit.Piece(f"<p>{kit.link('Run a job now, pause, resume or cancel', '../api/jobs').html}</p>"))
        return kit.stack(*pieces)

    def runs(self) -> kit.Piece:
        """The runs, newest first, by job and outcome."""
        if not self._runs:
            return kit.empty("Nothing has run yet", "Start with the nightly cycle.", command="foliohub cycle")
        names = sorted({run.job for run in self._runs})
        return kit.live(
            self._run_table,
            [
                kit.choice("job", "Job", {"": "All jobs"} | {name: name for name in names}, buttons=False),
                kit.choice(
                    "outcome",
                    "Outcome",
                    {"": "All", "succeeded": "Succeeded", "failed": "Failed", "running": "Running"},
                ),
            ],
            request=self._request,
            every=15,
            label="Which runs",
        )

    def _run_table(self, job: str, outcome: str) -> kit.Piece:
        now = datetime.now(UTC) if self._request.user else self._now
        runs = self._sources.records.list()[::-1]
        statuses = {"": None, "failed": {"failed", "interrupted", "unsigned"}}.get(outcome, {outcome})
        found = [r for r in runs if job in ("", r.job) and (statuses is None or r.status.value in statuses)]
        rows = [
            (
                run_cell(run.id),
                status_badge(run),
                f"{clock(run.started_at)}",
                ago(run.started_at, now),
                took(run, now),
                str(len(run.read)),
                str(len(run.written)),
            )
            for run in found[:_SHOWN]
        ]
        head = ["Run", "Status", "Started (UTC)", "", "Took", "Read", "Wrote"]
        note = f"{min(len(found), _SHOWN)} of {len(found)} runs, newest first"
        return grid(head, rows, caption=note, numbers=[4, 5, 6], empty="No run fits. Choose other filters.")

    def data(self) -> kit.Piece:
        """How far each universe's prices reach."""
        if not self._freshness:
            return kit.empty("No prices yet", "Ingest some first.", command="foliohub ingest")
        rows = [
            (
                fresh.universe,
                f"{fresh.session:%Y-%m-%d}",
                badge(_behind(fresh), "good" if fresh.closed or fresh.behind <= 1 else "bad"),
                f"{clock(fresh.written_at)}",
                ago(fresh.written_at, self._now),
                str(fresh.versions),
            )
            for fresh in self._freshness
        ]
        return grid(["Universe", "Last session", "Freshness", "Written (UTC)", "", "Versions"], rows, numbers=[5])

    def store(self) -> kit.Piece:
        """What the store holds and how much room it takes."""
        store = self._sources.store
        space = store_space(self._sources.settings.store)
        held = [
            ("Price panels", f"{len(store.panels()):,}"),
            ("Published tables", f"{len(store.tables()):,}"),
            ("Records", f"{len(store.document_names()):,}"),
        ]
        parts = (
            [(f"On disk: {_LIBRARIES.get(name, name)}", size(used)) for name, used in space.parts.items()]
            if space
            else []
        )
        total = [("On disk, in all", size(space.used)), ("Free on this disk", size(space.free))] if space else []
        return grid(["What", "How much"], [*held, *parts, *total], numbers=[1])

    def platform(self) -> kit.Piece:
        """What the services without pages say of themselves."""
        rows = [
            (
                service.name,
                badge(service.state, "bad" if service.silent else _STATES.get(service.state, "busy")),
                ago(service.at, self._now) if service.at else "–",
                service.detail,
            )
            for service in self._services
        ]
        nothing = "No service has reported yet: they do once `foliohub up` has started them."
        return grid(["Service", "State", "Reported", "What it says"], rows, wide=[3], empty=nothing)

    # ------------------------------------------------------------------------------------------------------------------

    def _open_failures(self) -> list[RunRecord]:
        last: dict[tuple[str, str], RunRecord] = {}
        for run in reversed(self._runs):
            last[run.job, run.as_of] = run
        newest: dict[str, str] = {}
        for job, as_of in last:
            newest[job] = max(as_of, newest.get(job, as_of))
        failed = [
            r
            for (job, as_of), r in last.items()
            if as_of == newest[job] and r.status.value in {"failed", "interrupted", "unsigned"}
        ]
        return sorted(failed, key=lambda run: run.started_at, reverse=True)

    def _alerts(self) -> Sequence[Alert]:
        from foliohub.schedule import Alerts

        recent = [a for a in Alerts(self._sources.store).all() if self._now - a.raised_at <= _RECENT]
        return sorted(recent, key=lambda alert: alert.raised_at, reverse=True)[:20]


def _behind(fresh: Freshness) -> str:
    if fresh.closed:
        return "complete: the sample ends here"
    if fresh.behind == 0:
        return "up to date"
    return f"{fresh.behind} session{'s' if fresh.behind > 1 else ''} behind"


def _plain(text: str) -> str:
    from html import escape

    return escape(text)
