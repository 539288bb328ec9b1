"""How fast agents live through history."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.measure import Measure, best_seconds
from foliohub.costs import CostModel

STEPS, PORTFOLIOS = 20_000, 64
COSTS = CostModel(commission_bps=2, half_spread_bps=3)


def environment_steps() -> Measure:
    """Decisions of the vectorised environment on the sample, observations, costs and new episodes included.

    One process and one thread; the actions are drawn beforehand, as an agent's network would give them.
    """
    from foliohub.allocate.reinforcement.environment import PortfolioVectorEnvironment
    from foliohub.allocate.reinforcement.market import Market

    returns = _returns()
    environment = PortfolioVectorEnvironment(Market.of(returns, costs=COSTS), PORTFOLIOS, episode=50)
    environment.reset(seed=0)
    rounds = STEPS // PORTFOLIOS + 1
    shape = (rounds, PORTFOLIOS, environment.single_action_space.shape[0])
    actions = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)

    def live() -> None:
        for action in actions:
            environment.step(action)

    seconds = best_seconds(live)
    return Measure(
        f"reinforcement learning, {STEPS:,} environment steps of {returns.shape[1]} stocks",
        seconds,
        promised=1.0,
        remark=f"{rounds * PORTFOLIOS / seconds:,.0f} steps a second on one core, {PORTFOLIOS} portfolios side by side",
    )


def _returns() -> pd.DataFrame:
    from foliohub.data.sample import BENCHMARK, SampleSource

    source = SampleSource()
    last = source.last_session()
    tickers = [ticker for ticker in source.tickers() if ticker != BENCHMARK]
    closes = pd.DataFrame({ticker: source.fetch(ticker, None, last)["close"] for ticker in tickers})
    return closes.pct_change().iloc[1:]
