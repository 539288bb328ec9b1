"""Today: what the portfolio is worth, what needs a decision, what changed since the session before, how fresh it is."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from foliohub import reporting
from foliohub.dashboards import kit, today_alerts, today_live, today_proposal
from foliohub.dashboards import today_data as data
from foliohub.dashboards.forecasts_champion import reigning
from foliohub.dashboards.kit.grid import ago
from foliohub.dashboards.operations_health import Freshness, freshness
from foliohub.dashboards.portfolio_held import ledger_of
from foliohub.dashboards.reading import Reader, Reading, last_closes
from foliohub.dashboards.today_data import Alert
from foliohub.quotes import LastQuotes
from foliohub.reporting.formats import counted, percent

if TYPE_CHECKING:
    from foliohub.ledger import Ledger

_REFRESH = 5
"""Seconds between two looks at the quotes."""
_FANS = 8
_RECENT = 5
"""Sessions whose events of quality are listed."""
_TABLES = {
    "adjusted": "Prices",
    "forecasts": "Forecasts",
    "weights": "Target weights",
    "net_returns": "Performance report",
}


class Board:
    """The dashboard's parts. Nothing is read before one of them is drawn.

    Parameters
    ----------
    sources : kit.Sources
    request : kit.Request
        ``?universe=`` is what it shows.
    now : datetime, optional
        Aware; the present by default.
    """

    def __init__(self, sources: kit.Sources, request: kit.Request, now: datetime | None = None) -> None:
        self.sources = sources
        self.request = request
        self._at = now

    @property
    def now(self) -> datetime:
        """The moment shown: of each drawing, as the page stays open."""
        return self._at or datetime.now(UTC)

    # -- what is read --------------------------------------------------------------------------------------------------

    @cached_property
    def reader(self) -> Reader:
        """The tables of the universe asked for."""
        return Reader.asked(self.sources, self.request)

    @cached_property
    def prices(self) -> Reading:
        """Adjusted closes of the last two years."""
        return self.reader.latest("adjusted")

    @cached_property
    def adjusted(self) -> pd.DataFrame:
        """The same by date (n_dates, n_tickers and the index)."""
        return self.prices.dated()

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the portfolio that holds this universe."""
        return ledger_of(self.sources, self.reader.name)

    @cached_property
    def fresh(self) -> Freshness | None:
        """How far the stored prices reach."""
        return freshness(self.sources.store, f"raw/{self.reader.name}", self.reader.universe, self.now)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """The last session's moves, and what was expected."""
        before = None
        if len(self.adjusted) > 1:
            before = self.reader.at("forecasts", f"{self.adjusted.index[-2]:%Y-%m-%d}")
        frame = None if before is None else before.frame
        return data.moves(self.adjusted, self.reader.universe.tickers, frame, self.model)

    @cached_property
    def model(self) -> str:
        """The model whose fans and ranges are shown: the champion, else the one the forecasts' run shows."""
        found = self.reader.find("forecasts")
        if found is None:
            return ""
        best = reigning(self.reader)
        return best if best in set(found.frame["model"]) else str(found.run.parameters.get("shown", ""))

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def head(self) -> kit.Piece:
        """Title, and how the day stands in large numbers."""
        lead = "What the portfolio is worth, what needs a decision, and what changed since the session before."
        found = self.reader.find("adjusted")
        facts = [("Universe", self.reader.universe.title)]
        if found is None:
            return kit.page("Today", lead=lead, facts=facts)
        return kit.page("Today", lead=lead, as_of=found.as_of, run_id=found.run.id, facts=facts)

    def worth(self) -> kit.Piece:
        """The portfolio's value; drawn again and again where quotes are followed."""
        followed = self._quotes.state in today_live.FOLLOWED
        return kit.live(self.draw_worth, every=_REFRESH) if followed else self.draw_worth()

    def draw_worth(self) -> kit.Piece:
        """The portfolio at this moment's quotes."""
        now, snapshot = self.now, self._quotes.snapshot()
        holdings, currency = self.ledger.holdings(), self.ledger.portfolio.currency
        closes = last_closes(self.sources, self.reader.name)
        calendar = self.reader.universe.calendar
        value = today_live.worth(holdings, snapshot.quotes, closes, calendar, snapshot.feed, now)
        pieces = [
            today_live.cards(value, holdings.cash, currency, snapshot.feed, self._market()),
            today_live.feed_line(snapshot.feed, value.remark if len(value.positions) else ""),
        ]
        if len(value.positions):
            pieces.append(today_live.positions(value, currency))
        return kit.stack(*pieces)

    def attention(self) -> kit.Piece:
        """What a manager should know first, each with where it leads."""
        alerts = self.alerts()
        if not alerts:
            return kit.stack(kit.notice("Nothing needs attention.", kind="good"))
        rows = [
            (
                kit.badge(alert.word, alert.tone),
                alert.sentence,
                kit.link(alert.link, alert.address) if alert.link else "",
            )
            for alert in alerts
        ]
        return kit.grid(["Kind", "What", "Where"], rows, wide=(1,))

    def alerts(self) -> list[Alert]:
        """The same as data, the gravest first."""
        found = [
            *today_alerts.of_runs(self.reader.runs, self.reader.name),
            *today_alerts.of_prices(self.fresh, self.reader.universe.title),
            *today_alerts.of_tables(self.reader),
            *today_alerts.of_proposals(self.ledger, self.now),
        ]
        if self.reader.find("adjusted") is not None:
            found += today_alerts.of_moves(self.moves)
        return today_alerts.ranked(found)

    def proposal(self) -> kit.Piece:
        """The latest proposal, for reading."""
        return today_proposal.draw(self.ledger, self.now)

    def changes(self) -> kit.Piece:
        """The last session's moves, and how forecasts and target weights changed."""
        return self.reader.drawn(self._changes)

    def _changes(self) -> kit.Piece:
        universe, provenance = self.reader.universe, self.prices.provenance
        session = f"{self.adjusted.index[-1]:%Y-%m-%d}"
        figure = reporting.session_moves(
            self.moves,
            benchmark=self.index_move,
            benchmark_name=universe.benchmark or "",
            expected=f"{reporting.display_name(self.model)} the session before",
            provenance=provenance,
            title=f"Session of {session}, ticker by ticker",
        )
        return kit.columns(
            kit.figure(figure, provenance=provenance),
            kit.stack(self._forecast_changes(), self._weight_changes()),
            widths=(3, 2),
        )

    def forecasts(self) -> kit.Piece:
        """The latest fans of the tickers that are expected to rise, and to fall, the most."""
        return self.reader.drawn(self._forecasts, self.ledger.portfolio.currency)

    def _forecasts(self, currency: str) -> kit.Piece:
        reading = self.reader.latest("forecasts")
        frame = reading.frame[reading.frame["model"] == self.model]
        last = frame[frame["horizon"] == frame["horizon"].max()].sort_values("mean", ascending=False)["ticker"]
        shown = list(dict.fromkeys([*last.head(_FANS // 2), *last.tail(_FANS // 2)]))
        figure = reporting.forecast_fans(
            self.adjusted,
            reading.frame,
            model=self.model,
            tickers=shown,
            provenance=reading.provenance,
            currency=currency,
            title=f"The highest and the lowest of {len(last)} forecasts",
        )
        links = " · ".join(kit.link(ticker, f"forecasts?ticker={ticker}").html for ticker in sorted(last))
        return kit.stack(
            kit.figure(figure, provenance=reading.provenance, wide=True),
            kit.Piece(f"<p class='fd-prose'>Every ticker: {links}</p>"),
        )

    def quality(self) -> kit.Piece:
        """What cleaning found in the last sessions, and who is in quarantine."""
        return self.reader.drawn(self._quality)

    def _quality(self) -> kit.Piece:
        reading, summary = self.reader.latest("quality"), self.reader.latest("quality_summary")
        sessions = pd.DatetimeIndex(self.adjusted.index[-_RECENT:])
        events, barred = data.recent_events(reading.frame, sessions), data.quarantined(summary.frame)
        touched = int((summary.frame["events"] > 0).sum())
        line = f"{counted(len(events), 'row')} touched in the last {counted(len(sessions), 'session')}; "
        line += f"{', '.join(barred)} in quarantine." if barred else "no ticker in quarantine."
        line += f" Since the beginning: {counted(len(reading.frame), 'row')} of {counted(touched, 'ticker')}."
        rows = [
            (
                str(event["ticker"]),
                f"{event['date']:%Y-%m-%d}",
                str(event["rule"]).replace("_", " "),
                str(event["action"]),
                str(event["remark"]),
            )
            for event in events.head(20).to_dict("records")
        ]
        pieces = [kit.prose(line)]
        if rows:
            pieces.append(kit.grid(["Ticker", "Session", "Rule", "What was done", "Why"], rows, wide=(4,)))
        origin = f"<p class='fd-note'>As of {reading.run.as_of} · run {kit.run_link(reading.run.id)}</p>"
        return kit.stack(*pieces, kit.Piece(origin))

    def freshness(self) -> kit.Piece:
        """How old each thing shown is, and the run it comes from."""
        rows = []
        for kind, title in _TABLES.items():
            found = self.reader.find(kind)
            if found is None:
                rows.append((title, "–", kit.badge("never made", "bad"), "–", kit.run_cell("")))
                continue
            made = found.run.ended_at or found.run.started_at
            rows.append((title, found.run.as_of, self._state(found), ago(made, self.now), kit.run_cell(found.run.id)))
        return kit.grid(["What", "As of", "", "Made", "Run"], rows)

    # -- within --------------------------------------------------------------------------------------------------------

    @property
    def _quotes(self) -> LastQuotes:
        return LastQuotes(self.sources.settings.home, now=lambda: self.now)

    @cached_property
    def index_move(self) -> float | None:
        """Return of the index over the last session; None where there is no index."""
        name = self.reader.universe.benchmark
        if name not in self.adjusted.columns or len(self.adjusted) < 2:
            return None
        line = self.adjusted[name]
        return float(line.iloc[-1] / line.iloc[-2] - 1)

    def _market(self) -> kit.KeyFigure | None:
        """The last session of the universe, as a large number."""
        if self.reader.find("adjusted") is None or self.moves.empty:
            return None
        change = self.moves["change"].dropna()
        rose = f"{int((change > 0).sum())} of {len(change)} rose"
        index = f", index {percent(self.index_move, signed=True)}" if self.index_move is not None else ""
        session = f"{self.adjusted.index[-1]:%Y-%m-%d}"
        return kit.KeyFigure(f"Session of {session}", percent(float(change.mean()), signed=True), note=rose + index)

    def _state(self, found: Reading) -> kit.Piece:
        """How many sessions a table is behind the prices; prices behind the market."""
        if found.run.as_of == self.prices.run.as_of:
            fresh = self.fresh
            behind = fresh is not None and fresh.behind > 0 and not fresh.closed
            if fresh is None or not behind or found is not self.prices:
                return kit.badge("current", "good")
            return kit.badge(f"{counted(fresh.behind, 'session')} behind the market", "busy")
        count = int((self.adjusted.index > found.as_of).sum())
        return kit.badge(f"{counted(count, 'session')} behind the prices", "busy")

    def _forecast_changes(self) -> kit.Html:
        now, before = self.reader.find("forecasts"), self.reader.before("forecasts")
        if now is None or before is None:
            return kit.empty("No earlier forecasts to compare with", "They appear with the next session's.")
        horizon = int(now.frame["horizon"].max())
        rows = data.forecast_changes(now.frame, before.frame, self.model, horizon)
        return kit.table(
            rows.head(6),
            formats={"before": "signed_percent2", "now": "signed_percent2", "change": "signed_percent2"},
            labels={"before": before.run.as_of, "now": now.run.as_of, "change": "Change"},
            caption=f"Forecasts over {counted(horizon, 'session')}, largest changes",
            index_name="Ticker",
        )

    def _weight_changes(self) -> kit.Html:
        now, before = self.reader.find("weights"), self.reader.before("weights")
        if now is None or before is None:
            return kit.empty("No earlier target weights to compare with", "They appear with the next rebalance.")
        rows = data.weight_changes(now.frame, before.frame)
        return kit.table(
            rows.head(6),
            formats={"before": "percent", "now": "percent", "change": "signed_percent"},
            labels={"before": before.run.as_of, "now": now.run.as_of, "change": "Change"},
            caption="Target weights, largest changes",
            index_name="Ticker",
            empty="The target weights are those of the session before.",
        )
