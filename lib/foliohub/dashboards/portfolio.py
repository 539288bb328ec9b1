"""Portfolio: how the strategy did out of sample against 1/N and the index, net of costs, and what is held now."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from foliohub import reporting
from foliohub.calendars import periods_per_year
from foliohub.dashboards import kit
from foliohub.dashboards import portfolio_data as data
from foliohub.dashboards.kit.pieces import Html
from foliohub.dashboards.portfolio_allocators import Comparison
from foliohub.dashboards.portfolio_held import held_at, ledger_of
from foliohub.dashboards.reading import Reader, Reading, last_closes
from foliohub.reporting.formats import fixed, percent

if TYPE_CHECKING:
    from foliohub.ledger import Ledger

_ROWS = data.MEASURES
_PERIOD = "5y"


class Board:
    """The dashboard's parts. Nothing is read before one of them is drawn.

    Parameters
    ----------
    sources : kit.Sources
    request : kit.Request
        ``?universe=``, ``?period=`` and ``?strategy=`` are what it starts with.
    """

    def __init__(self, sources: kit.Sources, request: kit.Request) -> None:
        self.sources = sources
        self.request = request

    # -- what is read --------------------------------------------------------------------------------------------------

    @cached_property
    def reader(self) -> Reader:
        """The tables of the universe asked for."""
        return Reader.asked(self.sources, self.request)

    @cached_property
    def returns(self) -> Reading:
        """Net returns of every strategy and the index."""
        return self.reader.latest("net_returns")

    @cached_property
    def net(self) -> pd.DataFrame:
        """The same by date (n_dates, n_strategies)."""
        return self.returns.dated()

    @cached_property
    def strategies(self) -> list[str]:
        """The proposed strategy first, then the others; never the index."""
        names = [str(name) for name in self.net.columns if name != data.INDEX]
        proposed = str(self.returns.run.parameters.get("proposed", ""))
        return sorted(names, key=lambda name: name != proposed)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the portfolio that holds this universe."""
        return ledger_of(self.sources, self.reader.name)

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def head(self) -> kit.Piece:
        """Title, and where the numbers come from."""
        found, run = self.reader.find("net_returns"), ""
        lead = "What the strategy earned out of sample, net of costs, and what is held now."
        if found is None:
            return kit.page("Portfolio", lead=lead, facts=[("Universe", self.reader.universe.title)])
        run = found.run.id
        facts = [("Universe", self.reader.universe.title)]
        head = kit.page("Portfolio", lead=lead, as_of=found.as_of, run_id=run, facts=facts)
        caveat = self.reader.universe.caveat
        return kit.stack(head, kit.notice(caveat, kind="warning", title="Read with care")) if caveat else head

    def record(self) -> kit.Piece:
        """Everything that depends on the period and the strategy chosen."""
        periods = data.periods_of(pd.DatetimeIndex(self.net.index))
        start = _PERIOD if _PERIOD in periods else "all"
        controls = [
            kit.choice("period", "Period", periods, start=start, buttons=True),
            kit.choice(
                "strategy", "Strategy", {name: reporting.display_name(name) for name in self.strategies}, buttons=False
            ),
        ]
        return kit.live(self.draw, controls, request=self.request, label="Period and strategy")

    def draw(self, period: str, strategy: str) -> kit.Piece:
        """Large numbers, the record, where it came from and what it cost, of one period and strategy."""
        start = data.period_start(pd.DatetimeIndex(self.net.index), period)
        return kit.stack(
            kit.part("", self.reader.drawn, self.numbers, start, strategy),
            kit.part("Against 1/N and the index", self.reader.drawn, self.history, start, strategy),
            kit.part("Where the return came from", self.reader.drawn, self.origin, start, strategy),
            kit.part("How it was spread", self._spread, start, strategy),
            kit.part("What trading took", self.reader.drawn, self.trading, start, strategy),
        )

    def numbers(self, start: pd.Timestamp | None, strategy: str) -> Html:
        """The period in large numbers."""
        net = data.since(self.net[self._compared(strategy)], start)
        found = data.summary(net, periods_per_year(self.net.index)).to_dict("index")
        mine = found[strategy]
        turnover, cost = self._yearly_trading(start, net, strategy)
        first = self.net.index[0] if start is None else start
        known = (("1/N", found.get(data.NAIVE)), ("index", found.get(data.INDEX)))
        others = [(words, row) for words, row in known if row is not None and row is not mine]
        cards = [
            kit.KeyFigure(
                "Return net of costs",
                percent(mine["total_return"], signed=True),
                note=f"{first:%Y-%m-%d} to {net.index[-1]:%Y-%m-%d}",
            )
        ]
        for words, row in others:
            ahead = mine["total_return"] - row["total_return"]
            made = percent(row["total_return"], signed=True)
            cards.append(
                kit.KeyFigure(f"Against {words}", fixed(ahead * 100, 1, signed=True), "points", note=f"{words}: {made}")
            )
        sharpes = ", ".join(f"{words} {fixed(row['sharpe_ratio'])}" for words, row in others)
        risks = ", ".join(f"{words} {percent(row['annual_volatility'])}" for words, row in others)
        falls = ", ".join(f"{words} {percent(row['max_drawdown'])}" for words, row in others)
        cards += [
            kit.KeyFigure("Sharpe ratio", fixed(mine["sharpe_ratio"]), note=sharpes),
            kit.KeyFigure("Volatility a year", percent(mine["annual_volatility"]), note=risks),
            kit.KeyFigure("Maximum drawdown", percent(mine["max_drawdown"]), note=falls),
            kit.KeyFigure("Turnover a year", percent(turnover, 0), note=f"costs {fixed(cost * 1e4, 1)} bp a year"),
        ]
        return kit.cards(cards)

    def history(self, start: pd.Timestamp | None, strategy: str) -> kit.Piece:
        """Wealth, drawdown, rolling Sharpe ratio, and the measures side by side."""
        net, provenance = data.since(self.net[self._compared(strategy)], start), self.returns.provenance
        remark = self.reader.universe.benchmark_remark
        yearly = periods_per_year(self.net.index)
        before = self.net[self._compared(strategy)]
        position = 0 if start is None else int(before.index.searchsorted(start, side="right"))
        rolling = before.iloc[max(0, position - yearly + 1) :]
        table = reporting.metrics_table(
            data.summary(net, yearly), rows=list(_ROWS), caption="The period in numbers, net of costs"
        )
        return kit.stack(
            kit.figure(reporting.wealth_chart(net, provenance=provenance, remark=remark), provenance=provenance),
            kit.figure(reporting.drawdown_chart(net, provenance=provenance), provenance=provenance),
            kit.figure(reporting.rolling_sharpe_chart(rolling, provenance=provenance), provenance=provenance),
            table,
            kit.downloads({f"returns-{strategy}.csv": net.round(8)}, label="Download daily returns as CSV"),
        )

    def origin(self, start: pd.Timestamp | None, strategy: str) -> kit.Piece:
        """What each ticker and the costs added."""
        gains = self._of(self.reader.latest("monthly_gains"), strategy)
        found, costs = data.contributions(gains, self.net[strategy], start)
        provenance = self.reader.latest("monthly_gains").provenance
        figure = reporting.contribution_bars(
            found,
            costs=costs,
            provenance=provenance,
            title=f"Contributions to the return: {reporting.display_name(strategy)}",
        )
        months = reporting.monthly_returns_heatmap(
            data.since(self.net[[strategy]], start)[strategy], provenance=provenance
        )
        frame = pd.concat([found, pd.Series({"Costs": costs})]).rename_axis("ticker").rename("contribution").to_frame()
        return kit.stack(
            kit.columns(kit.figure(figure, provenance=provenance), kit.figure(months, provenance=provenance)),
            kit.downloads({f"contributions-{strategy}.csv": frame}, label="Download contributions as CSV"),
        )

    def spread(
        self, start: pd.Timestamp | None, strategy: str, groups: tuple[tuple[str, tuple[str, ...]], ...]
    ) -> kit.Piece:
        """Weights decided over the period, and how concentrated they were, also in groups of tickers."""
        reading = self.reader.latest("weights_history")
        weights = self._of(reading, strategy)
        shown = weights if start is None else weights[weights.index >= weights.index[weights.index <= start].max()]
        figure = reporting.weights_over_time(
            shown.drop(columns=shown.columns[shown.isna().all()]), allocator=strategy, provenance=reading.provenance
        )
        exposed = data.exposures(weights, dict(groups))
        return kit.stack(
            kit.figure(figure, provenance=reading.provenance),
            self._exposures(exposed, start),
            kit.downloads({f"weights-{strategy}.csv": shown}, label="Download weights as CSV"),
        )

    def trading(self, start: pd.Timestamp | None, strategy: str) -> kit.Piece:
        """Turnover and costs of the strategy and of 1/N."""
        reading = self.reader.latest("trading")
        names = [name for name in self._compared(strategy) if name != data.INDEX]
        rows = data.since(reading.frame.set_index("date"), start)
        rows = rows[rows["portfolio"].isin(names)]
        wide = {column: rows.pivot(columns="portfolio", values=column)[names] for column in ("turnover", "cost")}
        figure = reporting.turnover_and_costs_chart(wide["turnover"], wide["cost"], provenance=reading.provenance)
        return kit.stack(
            kit.figure(figure, provenance=reading.provenance),
            kit.downloads({f"trading-{strategy}.csv": rows}, label="Download turnover and costs as CSV"),
        )

    def allocators(self) -> kit.Piece:
        """Every allocator against 1/N, and what is left of the best when luck is counted."""
        return self.reader.drawn(Comparison(self.reader).allocators)

    def agents(self) -> kit.Piece:
        """Agents that learned to allocate, seed by seed."""
        return self.reader.drawn(Comparison(self.reader).agents)

    def held(self) -> kit.Piece:
        """What the ledger says is held, at the last closes, against the target last decided."""
        ledger = self.ledger
        closes = last_closes(self.sources, self.reader.name)
        held, currency = held_at(ledger.holdings(), closes), ledger.portfolio.currency
        cards = kit.cards(
            [
                ("Value", fixed(held.wealth, 0), currency, "", f"at the closes of {closes.name:%Y-%m-%d}"),
                ("Positions", str(len(held.positions)), "", "", ledger.portfolio.title),
                ("Cash", fixed(held.cash, 0), currency, "", percent(held.cash / held.wealth) + " of the portfolio"),
            ]
        )
        if held.positions.empty:
            return kit.stack(
                cards,
                kit.empty(
                    "Nothing is held yet",
                    "Holdings change when fills of an approved proposal are imported.",
                    command="foliohub fills import FILE",
                ),
            )
        weights = self.reader.latest("weights")
        target = weights.frame.set_index("ticker")["target"]
        allocator = str(weights.run.parameters.get("allocator", ""))
        figure = reporting.weights_bar(
            target, current=held.positions["weight"], allocator=allocator, provenance=weights.provenance
        )
        table = kit.table(
            held.positions,
            formats={"shares": "integer", "price": "currency2", "value": "currency", "weight": "percent"},
            labels={
                "shares": "Shares",
                "price": f"Close ({currency})",
                "value": f"Value ({currency})",
                "weight": "Weight",
            },
            index_name="Ticker",
            totals={"value": float(held.positions["value"].sum()), "weight": float(held.positions["weight"].sum())},
        )
        return kit.stack(cards, kit.columns(kit.figure(figure, provenance=weights.provenance), table))

    # -- within --------------------------------------------------------------------------------------------------------

    def _compared(self, strategy: str) -> list[str]:
        wanted = dict.fromkeys([strategy, data.NAIVE, data.INDEX])
        return [name for name in wanted if name in self.net.columns]

    def _of(self, reading: Reading, strategy: str) -> pd.DataFrame:
        frame = reading.dated()
        return frame[frame["portfolio"] == strategy].drop(columns="portfolio")

    def _spread(self, start: pd.Timestamp | None, strategy: str) -> kit.Piece:
        groups = tuple((group.name, tuple(group.tickers)) for group in self.ledger.portfolio.limits.groups)
        return self.reader.drawn(self.spread, start, strategy, groups)

    def _yearly_trading(self, start: pd.Timestamp | None, net: pd.DataFrame, strategy: str) -> tuple[float, float]:
        """Turnover and cost a year; not a number where they were not published."""
        found = self.reader.find("trading")
        if found is None:
            return float("nan"), float("nan")
        rows = data.since(found.frame.set_index("date"), start)
        yearly = data.yearly_trading(rows, net, periods_per_year(self.net.index)).to_dict("index")[strategy]
        return yearly["turnover"], yearly["cost"]

    def _exposures(self, exposed: pd.DataFrame, start: pd.Timestamp | None) -> Html:
        labels = {
            "invested": "Invested",
            "cash": "Cash",
            "largest": "Largest weight",
            "positions": "Positions",
            "effective_positions": "Effective positions",
        }
        period = exposed if start is None else exposed[exposed.index >= start]
        period = exposed.tail(1) if period.empty else period
        table = pd.DataFrame(
            {"now": exposed.iloc[-1], "mean": period.mean(), "low": period.min(), "high": period.max()}
        )
        counts = {"positions", "effective_positions"}
        rows = {
            labels.get(str(name), f"Group: {name}"): [
                fixed(value, 1) if name in counts else percent(value) for value in values
            ]
            for name, values in table.T.to_dict("list").items()
        }
        shown = pd.DataFrame.from_dict(rows, orient="index", columns=list(table.columns))
        as_is = dict.fromkeys(shown.columns, str)
        heads = {
            "now": f"Decided {exposed.index[-1]:%Y-%m-%d}",
            "mean": "Mean of the period",
            "low": "Least",
            "high": "Most",
        }
        return kit.table(shown, formats=as_is, labels=heads, caption="Exposures", index_name="")
