"""How fast agents live through history."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pandas as pd

from benchmarks.measure import Measure, best_seconds, one_core
from foliohub.costs import CostModel

STEPS, PORTFOLIOS, PEER_STEPS = 20_000, 64, 300
COSTS = CostModel(commission_bps=2, half_spread_bps=3)


def environment_steps() -> Measure:
    """Decisions of the vectorised environment on the sample, observations, costs and new episodes included.

    One process, bound to one core; the actions are drawn beforehand, as an agent's network would give them.
    """
    seconds, tickers = _lived()
    return Measure(
        f"reinforcement learning, {STEPS:,} environment steps of {tickers} stocks",
        seconds,
        promised=1.0,
        remark=f"{STEPS / seconds:,.0f} steps a second on one core, {PORTFOLIOS} portfolios side by side",
    )


def environment_against_finrl() -> Measure:
    """The same number of steps in FinRL's own environment, timed on some of them: one portfolio, prices in pandas.

    A step is a decision in both, and both are bound to one core. FinRL's counts shares and cash from day to day; ours
    goes on by a week.
    """
    from foliohub.allocate.reinforcement.finrl_agent import agent_class

    agent_class()  # imports FinRL, with stand-ins for what it needs and we do not
    from finrl.meta.env_stock_trading.env_stocktrading import StockTradingEnv

    returns = _returns().iloc[-PEER_STEPS - 100 :]
    tickers = returns.shape[1]
    table = (1 + returns).cumprod().rename_axis(index="date", columns="tic").stack().rename("close").reset_index()
    table = table.assign(turbulence=0.0, volatility=0.01)
    table.index = pd.Index(table["date"].factorize()[0])
    environment = StockTradingEnv(
        df=table,
        stock_dim=tickers,
        hmax=100,
        initial_amount=1_000_000,
        num_stock_shares=[0] * tickers,
        buy_cost_pct=[COSTS.rate] * tickers,
        sell_cost_pct=[COSTS.rate] * tickers,
        reward_scaling=1e-4,
        state_space=1 + 3 * tickers,
        action_space=tickers,
        tech_indicator_list=["volatility"],
    )
    actions = np.random.default_rng(0).uniform(-1, 1, (PEER_STEPS, tickers))

    def live() -> None:
        environment.reset()
        for action in actions:
            environment.step(action)

    with one_core():
        theirs = best_seconds(live, repeats=2) * STEPS / PEER_STEPS
    return Measure(
        f"reinforcement learning, {STEPS:,} environment steps, against FinRL's",
        _lived()[0],
        promised=100,
        peer=f"finrl {version('finrl')}",
        peer_seconds=theirs,
        remark=f"the peer was timed on {PEER_STEPS} steps",
    )


def _lived() -> tuple[float, int]:
    """Seconds of :data:`STEPS` steps of ours on one core, and the number of stocks."""
    from foliohub.allocate.reinforcement.environment import PortfolioVectorEnvironment
    from foliohub.allocate.reinforcement.market import Market

    returns = _returns()
    environment = PortfolioVectorEnvironment(Market.of(returns, costs=COSTS), PORTFOLIOS, episode=50)
    environment.reset(seed=0)
    rounds = -(-STEPS // PORTFOLIOS)
    shape = (rounds, PORTFOLIOS, environment.single_action_space.shape[0])
    actions = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)

    def live() -> None:
        for action in actions:
            environment.step(action)

    with one_core():
        seconds = best_seconds(live)
    return seconds * STEPS / (rounds * PORTFOLIOS), returns.shape[1]


def _returns() -> pd.DataFrame:
    from foliohub.data.sample import BENCHMARK, SampleSource

    source = SampleSource()
    last = source.last_session()
    tickers = [ticker for ticker in source.tickers() if ticker != BENCHMARK]
    closes = pd.DataFrame({ticker: source.fetch(ticker, None, last)["close"] for ticker in tickers})
    return closes.pct_change().iloc[1:]
