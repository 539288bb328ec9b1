"""What if: the rebalance under other settings, at once, and without a trace."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub import calendars, reporting
from foliohub.dashboards import kit
from foliohub.dashboards.portfolio_held import ledger_of
from foliohub.dashboards.reading import Reader, Reading, last_closes
from foliohub.dashboards.what_if_model import SHORT, Outcome, Situation, Wish, frontier, situation, solve
from foliohub.errors import NotStoredError
from foliohub.reporting.formats import counted, fixed, percent

if TYPE_CHECKING:
    from foliohub.ledger import Holdings, Ledger

_UNLIMITED = 100.0
"""Per cent of turnover at which the slider sets no limit."""
_WITHOUT_BOUNDS = "{} takes no bounds and no limit on turnover: it sets its weights by itself."


class Board:
    """The dashboard; reads when its parts are drawn.

    Parameters
    ----------
    sources : Sources
    request : Request
        Its query holds the values to start with, so that an address can be shared.
    """

    def __init__(self, sources: kit.Sources, request: kit.Request) -> None:
        self._sources = sources
        self._request = request
        self._frontiers: dict[tuple[object, ...], pd.DataFrame] = {}
        self._situations: dict[str, Situation] = {}

    # -- read once per page --------------------------------------------------------------------------------------------

    @cached_property
    def _reader(self) -> Reader:
        return Reader.asked(self._sources, self._request)

    @cached_property
    def _weights(self) -> Reading:
        return self._reader.latest("weights")

    @cached_property
    def _covariance(self) -> pd.DataFrame:
        found = self._reader.at("covariance", self._weights.run.as_of)
        if found is None:
            raise NotStoredError(
                f"The rebalance of {self._weights.run.as_of} published no covariance.",
                remedy="Run it again: `foliohub run daily-rebalance --force`.",
            )
        return found.frame.set_index("ticker")

    @cached_property
    def _forecasts(self) -> pd.DataFrame:
        found = self._reader.at("forecasts", self._weights.run.as_of) or self._reader.latest("forecasts")
        horizon = int(self._parameters.get("horizon", 21))
        return found.frame[found.frame["horizon"] == horizon]

    @cached_property
    def _model(self) -> str:
        """Whose forecasts the rebalance expected; empty where it has not published that."""
        found = self._reader.at("expected_returns", self._weights.run.as_of)
        return "" if found is None or found.frame.empty else str(found.frame["model"].iloc[0])

    @property
    def _parameters(self) -> dict[str, Any]:
        return self._weights.run.parameters

    @cached_property
    def _ledger(self) -> Ledger:
        return ledger_of(self._sources, self._reader.name)

    @cached_property
    def _holdings(self) -> Holdings:
        return self._ledger.holdings()

    @cached_property
    def _close(self) -> pd.Series:
        return last_closes(self._sources, self._reader.name)

    @cached_property
    def _currency(self) -> str:
        return self._ledger.portfolio.currency

    # -- parts ---------------------------------------------------------------------------------------------------------

    def head(self) -> kit.Piece:
        """Title, and what the numbers are made from."""
        lead = "Move a control: weights, trades, cost and frontier follow at once. Nothing is saved or proposed."
        try:
            reading = self._weights
        except NotStoredError as missing:
            return kit.stack(kit.page("What if", lead=lead), kit.failure(missing))
        return kit.page(
            "What if",
            lead=lead,
            as_of=reading.as_of,
            run_id=reading.run.id,
            facts=[("Universe", self._reader.universe.title)],
        )

    def controls(self) -> kit.Piece:
        """The controls, set as the proposed rebalance was made, and what they come to; nothing without one."""
        if self._reader.find("weights") is None:
            return kit.Piece("")
        asked, count = self._parameters, len(self._covariance)
        models = sorted(self._forecasts["model"].unique())
        cost = float(asked.get("commission_bps", 2.0)) + float(asked.get("half_spread_bps", 3.0))
        model = self._model or str(asked.get("model", ""))
        return kit.live(
            self._drawn,
            [
                kit.choice(
                    "allocator",
                    "Allocator",
                    {name: reporting.display_name(name) for name in SHORT},
                    start=str(asked.get("allocator")) if asked.get("allocator") in SHORT else SHORT[0],
                    buttons=False,
                ),
                kit.choice(
                    "model",
                    "Expected returns from",
                    {name: reporting.display_name(name) for name in models},
                    start=model if model in models else "",
                    buttons=False,
                ),
                kit.slider(
                    "risk_aversion",
                    "Risk aversion",
                    0.5,
                    200,
                    start=5,
                    decimals=1,
                    logarithmic=True,
                    note="Mean–variance only: higher means safer.",
                ),
                kit.slider(
                    "upper",
                    "Largest weight",
                    max(1.0, -(-100 // count)),
                    100,
                    start=max(100 * float(asked.get("upper", 1.0)), -(-100 // count)),
                    unit="%",
                ),
                kit.slider("lower", "Smallest weight", 0, 100 // count, start=0, step=0.5, unit="%", decimals=1),
                kit.slider(
                    "turnover",
                    "Largest turnover",
                    0,
                    _UNLIMITED,
                    start=_UNLIMITED,
                    unit="%",
                    note="Half of what is traded, of wealth. 100% sets no limit; building up from cash has none.",
                ),
                kit.slider("cost", "Cost of trading", 0, 50, start=min(cost, 50), step=0.5, unit="bp", decimals=1),
            ],
            request=self._request,
            beside=True,
            label="What to change",
        )

    # ------------------------------------------------------------------------------------------------------------------

    def _situation(self, model: str) -> Situation:
        if model not in self._situations:
            chosen = self._forecasts[self._forecasts["model"] == model].set_index("ticker")
            horizon = int(self._parameters.get("horizon", 21))
            expected = (1 + chosen["mean"]) ** (1 / horizon) - 1
            end = self._weights.as_of
            calendar = self._reader.universe.calendar
            year = calendars.sessions(end - pd.DateOffset(years=1), end, calendar)
            self._situations[model] = situation(
                expected,
                self._covariance,
                self._close,
                self._holdings.shares,
                self._holdings.cash,
                calendars.periods_per_year(year),
            )
        return self._situations[model]

    def _drawn(
        self,
        allocator: str,
        model: str,
        risk_aversion: float,
        upper: float,
        lower: float,
        turnover: float,
        cost: float,
    ) -> kit.Piece:
        wish = Wish(
            allocator,
            risk_aversion,
            lower / 100,
            upper / 100,
            None if turnover >= _UNLIMITED else turnover / 100,
            cost,
            float(self._parameters.get("reserve", 0.0)),
        )
        given = self._situation(model)
        outcome = solve(given, wish)
        provenance = self._weights.provenance
        held = given.current if given.current.any() else None
        pieces: list[kit.Html] = [self._cards(given, wish, outcome)]
        if not wish.bounded:
            pieces.append(kit.notice(_WITHOUT_BOUNDS.format(reporting.display_name(allocator))))
        bars = reporting.weights_bar(outcome.weights, current=held, allocator=allocator, provenance=provenance)
        pieces.append(
            kit.columns(
                kit.figure(bars, provenance=provenance),
                kit.figure(self._frontier(given, wish, outcome, model), provenance=provenance),
            )
        )
        pieces.append(
            reporting.orders_table(
                outcome.orders.orders,
                currency=self._currency,
                caption="What would be traded, in whole shares at the last close",
            )
        )
        return kit.stack(*pieces)

    def _cards(self, given: Situation, wish: Wish, outcome: Outcome) -> kit.Html:
        volatility, expected = given.moments(outcome.weights)
        proposed = self._weights.frame.set_index("ticker")["target"] * (1 - wish.reserve)
        before = given.moments(proposed)
        orders = outcome.orders
        bp = orders.estimated_cost / orders.wealth * 1e4
        return kit.cards(
            [
                (
                    "Expected return",
                    percent(expected),
                    "a year",
                    _against(expected, before[1]),
                    "estimated, before costs",
                ),
                ("Volatility", percent(volatility), "a year", _against(volatility, before[0])),
                ("Ratio of the two", fixed(expected / volatility if volatility else float("nan"))),
                ("Turnover", percent(orders.turnover), "", "", f"{counted(len(orders.orders), 'order')}"),
                (
                    "Expected cost",
                    fixed(orders.estimated_cost, 0),
                    self._currency,
                    "",
                    f"{fixed(bp, 1)} bp of the portfolio",
                ),
            ]
        )

    def _frontier(self, given: Situation, wish: Wish, outcome: Outcome, model: str) -> Any:
        key = (model, wish.lower, wish.upper, wish.max_turnover, wish.reserve)
        if key not in self._frontiers:
            self._frontiers[key] = frontier(given, wish)
        names = {
            wish.allocator: outcome.weights,
            "equal_weight": pd.Series(1 / len(given.expected), given.expected.index),
        }
        if given.current.any():
            names["Held now"] = given.current
        points = pd.DataFrame({name: given.moments(weights) for name, weights in names.items()}).T
        points.columns = pd.Index(["volatility", "expected"])
        return reporting.efficient_frontier(
            self._frontiers[key],
            points,
            highlight=wish.allocator,
            provenance=self._weights.provenance,
            note="The best there is within the bounds set, by estimates that are uncertain, of returns most of all.",
        )


def _against(value: float, proposed: float) -> str:
    change = value - proposed
    if abs(change) < 5e-5:
        return "as proposed"
    return f"{fixed(100 * change, 1, signed=True)} points against the proposal"
