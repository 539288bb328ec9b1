"""The overview: what there is to see, and how each of it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from foliohub.dashboards import kit
from foliohub.dashboards.kit.grid import ago, badge, clock
from foliohub.dashboards.portfolio_held import ledger_of
from foliohub.dashboards.reading import Reader
from foliohub.errors import FoliohubError, LedgerError
from foliohub.reporting.formats import counted

if TYPE_CHECKING:
    from foliohub.runs.records import RunRecord

_BAD = frozenset({"failed", "interrupted", "unsigned"})


class Board:
    """The page; reads when its parts are drawn.

    Parameters
    ----------
    sources : Sources
    request : Request
    now : datetime, optional
        Aware; the present by default.
    """

    def __init__(self, sources: kit.Sources, request: kit.Request, now: datetime | None = None) -> None:
        self._sources = sources
        self._request = request
        self._now = now or datetime.now(UTC)

    @cached_property
    def _runs(self) -> list[RunRecord]:
        return self._sources.records.list()

    @cached_property
    def _reader(self) -> Reader:
        return Reader.asked(self._sources, self._request)

    def head(self) -> kit.Piece:
        """Title, and what to do where nothing has run yet."""
        good = [run for run in self._runs if run.status.value == "succeeded"]
        last = good[-1] if good else None
        title = kit.page(
            "Overview",
            lead="What the last runs found, what they propose, and how the platform is.",
            as_of=last.as_of if last else None,
            facts=[("Last run", f"{last.job}, {ago(last.started_at, self._now)}")] if last else [],
        )
        if last:
            return title
        return kit.stack(
            title,
            kit.empty(
                "Nothing has run yet", "The nightly cycle fills these pages; start it once.", command="foliohub cycle"
            ),
        )

    def tiles(self) -> kit.Piece:
        """One tile for each dashboard, with a line on how things stand there."""
        tiles = [
            _tile(
                "today",
                "Today",
                "What changed, how fresh everything is, and the rebalance that is proposed.",
                self._today,
            ),
            _tile(
                "portfolio",
                "Portfolio",
                "Wealth, drawdown, risk, turnover and costs against 1/N and the index.",
                self._portfolio,
            ),
            _tile(
                "forecasts",
                "Forecasts",
                "What each model expects, ticker by ticker, and how far to trust it.",
                self._forecasts,
            ),
            _tile("what_if", "What if", "The rebalance under other settings, at once, without a trace.", self._what_if),
            _tile(
                "operations",
                "Operations",
                "Runs, failures, schedules, freshness of the data, size of the store.",
                self._operations,
            ),
        ]
        weekly = [run for run in self._runs if run.job == "weekly-report" and "report" in run.outputs]
        weekly = [run for run in weekly if run.status.value == "succeeded"]
        if weekly:
            address = f"../api/v1/runs/{weekly[-1].id}/outputs/report"
            text = "The weekly report on performance out of sample, whole, to read or keep."
            tiles.append(_tile(address, "Weekly report", text, lambda: badge(f"as of {weekly[-1].as_of}")))
        return kit.Piece(f"<ul class='fd-tiles'>{''.join(tiles)}</ul>")

    def elsewhere(self) -> kit.Piece:
        """What is not a dashboard."""
        links = [
            ("Proposals", "../api/proposals"),
            ("Jobs", "../api/jobs"),
            ("Programming interface", "../api/v1/docs"),
            ("Home of the platform", "../../hub/home"),
        ]
        return kit.Piece(" · ".join(kit.link(text, address).html for text, address in links))

    # ------------------------------------------------------------------------------------------------------------------

    def _today(self) -> kit.Html:
        proposals = ledger_of(self._sources, self._reader.name).proposals()
        if not proposals:
            return badge("no proposal yet")
        tones = {"proposed": badge("a proposal awaits a decision", "busy")}
        return tones.get(proposals[0].status) or badge(f"last proposal {proposals[0].status}")

    def _portfolio(self) -> kit.Html:
        found = self._reader.latest("net_returns")
        return badge(f"as of {found.run.as_of}")

    def _forecasts(self) -> kit.Html:
        found = self._reader.latest("forecasts")
        return badge(f"{counted(found.frame['model'].nunique(), 'model')}, cutoff {found.run.as_of}")

    def _what_if(self) -> kit.Html:
        return badge(f"from the rebalance of {self._reader.latest('weights').run.as_of}")

    def _operations(self) -> kit.Html:
        last = {run.job: run for run in self._runs}
        failed = sorted(job for job, run in last.items() if run.status.value in _BAD)
        if failed:
            return badge(f"failed: {', '.join(failed)}", "bad")
        return badge(f"all clear at {clock(self._now)} UTC", "good") if last else badge("no runs yet")


def _tile(name: str, title: str, text: str, state: Callable[[], kit.Html]) -> str:
    try:
        shown = state().html
    except LedgerError:
        shown = badge("the ledger is broken", "bad").html
    except FoliohubError:  # nothing published yet: the page itself says what to do
        shown = badge("nothing to show yet").html
    return (
        f"<li><a href='{name}'><span class='fd-tile-title'>{escape(title)}</span>"
        f"<span class='fd-tile-text'>{escape(text)}</span></a>{shown}</li>"
    )
