"""How fast given weights are held, traded and charged for twenty years, against vectorbt."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import Measure, best_seconds
from foliohub.backtest import simulate
from foliohub.costs import CostModel

ASSETS, SESSIONS = 500, 5040
COSTS = CostModel(commission_bps=2, half_spread_bps=3)


def drift_and_costs() -> Measure:
    """500 assets over 20 years, rebalanced every month, with drift and costs."""
    return _measure("rebalanced monthly", every=21)


def drift_and_costs_daily() -> Measure:
    """500 assets over 20 years, rebalanced every day, with drift and costs."""
    return _measure("rebalanced daily", every=1)


def _measure(name: str, every: int) -> Measure:
    """Ours gives returns, weights, trades, turnover and costs; the peer is asked for its wealth only.

    Both compute the same wealth where nothing is charged. Where something is, they differ in the order of a cost times
    a return: vectorbt sizes targets on the wealth before fees and cuts the last purchases for want of cash, so that
    some tickers end up below their target; ours are fractions of the wealth after costs, all alike.
    """
    vectorbt = _vectorbt()
    returns, prices = _market()
    rng = np.random.default_rng(1)
    dates = returns.index[: SESSIONS - 1 : every]
    targets = pd.DataFrame(rng.dirichlet(np.full(ASSETS, 5.0), len(dates)), dates, returns.columns)
    sizes = targets.reindex(returns.index)

    def theirs(fees: float) -> pd.Series:
        portfolio = vectorbt.Portfolio.from_orders(
            prices,
            size=sizes,
            size_type="targetpercent",
            group_by=True,
            cash_sharing=True,
            call_seq="auto",
            fees=fees,
            init_cash=1e6,
            freq="1D",
        )
        return portfolio.value() / 1e6

    def apart(costs: CostModel) -> float:
        ours = simulate(returns, targets, costs).wealth
        return float((ours / theirs(costs.rate) - 1).abs().max())

    free, charged = apart(CostModel()), apart(COSTS)  # also compiles vectorbt
    return Measure(
        f"backtest of {ASSETS} assets × {SESSIONS} days, {name}",
        best_seconds(lambda: simulate(returns, targets, COSTS)),
        promised=10,
        peer=f"vectorbt {version('vectorbt')}",
        peer_seconds=best_seconds(lambda: theirs(COSTS.rate), repeats=3),
        remark=(
            f"wealth agrees to {free:.0e} without costs and to {charged:.0e} at {1e4 * COSTS.rate:g} bp, where the "
            "peer cuts its last purchases by the costs and we scale all; its just-in-time compilation is not counted"
        ),
    )


@lru_cache(maxsize=1)
def _market() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2000-01-03", periods=SESSIONS)
    market = rng.normal(3e-4, 0.01, (SESSIONS, 1))
    values = market + rng.normal(0, 0.015, (SESSIONS, ASSETS))
    values[0] = 0.0
    returns = pd.DataFrame(values, dates, [f"T{number:03}" for number in range(ASSETS)])
    return returns, 100 * (1 + returns).cumprod()


def _vectorbt() -> Any:
    """Import vectorbt, whose plot themes name what plotly 7 no longer has."""
    from plotly.graph_objs import layout

    template = layout.Template

    class Lenient(template):  # type: ignore[misc, valid-type]
        def __init__(self, *_: object, **__: object) -> None:
            super().__init__()

    layout.Template = Lenient
    try:
        import vectorbt
    finally:
        layout.Template = template
    return vectorbt
