"""The environment lives through exactly what the backtest engine computes."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

from foliohub import allocate, backtest
from foliohub.allocate.reinforcement.actions import action_for
from foliohub.allocate.reinforcement.environment import PortfolioEnvironment, PortfolioVectorEnvironment
from foliohub.allocate.reinforcement.market import Market
from foliohub.allocate.reinforcement.observation import FEATURES, WIDTH, describe
from foliohub.costs import CostModel
from foliohub.errors import ContractError, InputError
from tests.allocators import untrained_policy

COSTS = CostModel(commission_bps=2, half_spread_bps=3)
LOOKBACK = 20
CLOCKS = [(1, 0), (1, 1), (2, 3), (5, 0), (5, 1), (21, 1)]  # (every, purge)


def history(rows: int = 260, tickers: int = 5, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = rng.normal(0.0005, 0.01, (rows, 1)) + rng.normal(0, 0.02, (rows, tickers))
    return pd.DataFrame(values, pd.bdate_range("2015-01-01", periods=rows), list("ABCDEFGH")[:tickers])


def lived(environment: PortfolioEnvironment, first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Rewards of one episode: one action at its start, another ever after."""
    environment.reset()
    rewards, over = [], False
    while not over:
        _, reward, _, over, _ = environment.step(then if rewards else first)
        rewards.append(reward)
    return np.array(rewards)


def by_decision(result: backtest.BacktestResult, every: int) -> np.ndarray:
    logs = np.log1p(result.net_returns.to_numpy())
    return np.add.reduceat(logs, np.arange(0, len(logs), every))


@pytest.mark.parametrize(("every", "purge"), CLOCKS)
def test_an_agent_that_asks_for_equal_weights_is_the_engine_s_equal_weight(every: int, purge: int) -> None:
    returns = history()
    market = Market.of(returns, lookback=LOOKBACK, every=every, purge=purge, costs=COSTS)
    equal = action_for(np.full(5, 0.2))
    rewards = lived(PortfolioEnvironment(market), equal, equal)
    result = backtest.walk_forward(returns, allocate.get("equal_weight"), LOOKBACK, every, purge, COSTS)
    np.testing.assert_allclose(rewards, by_decision(result, every), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("every", "purge"), CLOCKS)
def test_an_agent_that_does_nothing_is_buy_and_hold(every: int, purge: int) -> None:
    returns = history()
    market = Market.of(returns, lookback=LOOKBACK, every=every, purge=purge, costs=COSTS)
    weights = np.array([0.5, 0.2, 0.1, 0.0, 0.1])
    nothing = action_for(np.full(5, 0.2), rate=0.0)
    rewards = lived(PortfolioEnvironment(market), action_for(weights), nothing)
    held = backtest.buy_and_hold(
        returns, dict(zip(returns, weights, strict=True)), start=returns.index[LOOKBACK - 1 + purge], costs=COSTS
    )
    np.testing.assert_allclose(rewards, by_decision(held, every), rtol=0, atol=1e-12)
    assert lived(PortfolioEnvironment(market), nothing, nothing).tolist() == [0.0] * len(rewards)  # cash stays cash


@pytest.mark.parametrize(("every", "purge"), CLOCKS)
def test_a_policy_lives_in_the_environment_as_its_allocator_in_the_engine(every: int, purge: int) -> None:
    returns = history()
    market = Market.of(returns, lookback=LOOKBACK, every=every, purge=purge, costs=COSTS)
    policy = untrained_policy(7, scale=0.5, lookback=LOOKBACK)  # of rates between 0 and 1
    environment = PortfolioEnvironment(market)
    environment.reset()
    rewards, weights, over = [], [], False
    while not over:
        action = policy.actors[0].act(environment.portfolios.observe())[0]
        _, reward, _, over, info = environment.step(action)
        rewards.append(reward)
        weights.append(info["weights"])
    allocator = allocate.get("reinforcement", policy=policy)
    result = backtest.walk_forward(returns, allocator, LOOKBACK, every, purge, COSTS)
    np.testing.assert_allclose(weights, result.target_weights, rtol=0, atol=1e-12)
    np.testing.assert_allclose(rewards, by_decision(result, every), rtol=0, atol=1e-12)
    assert result.turnover.iloc[1:].gt(1e-4).all()  # it did something


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_whatever_is_asked_for_weights_stay_long_only_with_cash(seed: int) -> None:
    rng = np.random.default_rng(seed)
    market = Market.of(history(80, 4), lookback=LOOKBACK, every=3, costs=COSTS)
    environment = PortfolioEnvironment(market)
    environment.reset()
    over = False
    while not over:
        seen, reward, _, over, info = environment.step(rng.uniform(-3, 3, 6))
        assert (info["weights"] >= 0).all()
        assert info["weights"].sum() <= 1 + 1e-12
        assert np.isfinite(reward)
        assert environment.observation_space.contains(seen)


def test_it_passes_gymnasium_s_checker() -> None:
    market = Market.of(history(), lookback=LOOKBACK, costs=COSTS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*alternative render modes")
        check_env(PortfolioEnvironment(market, episode=10, random_start=True))


def test_portfolios_side_by_side_are_portfolios_alone() -> None:
    market = Market.of(history(), lookback=LOOKBACK, every=5, costs=COSTS)
    many = PortfolioVectorEnvironment(market, 3, episode=8)
    seen, _ = many.reset(seed=11)
    starts = many.portfolios.position.copy()
    assert len(set(starts)) > 1
    alone = [PortfolioEnvironment(market, episode=8) for _ in range(3)]
    for number, environment in enumerate(alone):
        np.testing.assert_array_equal(environment.reset(options={"position": starts[number]})[0], seen[number])
    rng = np.random.default_rng(0)
    for step in range(8):
        actions = rng.uniform(-1, 1, (3, 7))
        seen, rewards, _, over, info = many.step(actions)
        for number, environment in enumerate(alone):
            its, reward, _, ended, _ = environment.step(actions[number])
            assert reward == pytest.approx(rewards[number], abs=1e-15)
            assert ended == over[number] == (step == 7)
            np.testing.assert_array_equal(its, (info["final_obs"] if ended else seen)[number])
    assert many.observation_space.contains(seen)  # of the episodes that began in that step
    assert (many.steps == 0).all()


def test_the_same_seed_starts_the_same_episodes() -> None:
    market = Market.of(history(), lookback=LOOKBACK)
    first, second = (PortfolioVectorEnvironment(market, 16, episode=5) for _ in range(2))
    np.testing.assert_array_equal(first.reset(seed=1)[0], second.reset(seed=1)[0])
    assert not np.array_equal(first.reset(seed=2)[0], second.reset(seed=1)[0])


def test_features_are_those_of_the_window_alone() -> None:
    returns = history().to_numpy()
    all_at_once = describe(returns, LOOKBACK)
    assert all_at_once.shape == (len(returns) - LOOKBACK + 1, 5, len(FEATURES))
    for row in (LOOKBACK, 100, len(returns)):
        alone = describe(returns[row - LOOKBACK : row], LOOKBACK)
        np.testing.assert_allclose(alone[0], all_at_once[row - LOOKBACK], rtol=0, atol=1e-12)


def test_features_mean_what_their_names_say() -> None:
    returns = history(24, 3).to_numpy()
    features = dict(zip(FEATURES, np.moveaxis(describe(returns, 24)[-1], -1, 0), strict=True))
    deviation = returns.std(axis=0, ddof=1)
    np.testing.assert_allclose(features["return_short"], returns[-2:].sum(axis=0) / deviation / np.sqrt(2))
    np.testing.assert_allclose(
        features["volatility_recent"], np.log(returns[-4:].std(axis=0, ddof=1) / deviation), atol=1e-12
    )
    market = returns.mean(axis=1)
    correlation = [np.corrcoef(column, market)[0, 1] for column in returns.T]
    np.testing.assert_allclose(features["market_correlation"], correlation)
    path = np.cumsum(returns, axis=0)
    below = (path[-1] - np.maximum(path.max(axis=0), 0)) / deviation / np.sqrt(24)
    np.testing.assert_allclose(features["below_high"], below, atol=1e-12)
    assert len(features) + 2 == WIDTH


def test_gaps_and_short_histories_are_refused_by_name() -> None:
    holed = history()
    holed.iloc[40, 2] = np.nan
    with pytest.raises(ContractError, match=r"return of C at 2015-02-26.* is nan"):
        Market.of(holed, lookback=LOOKBACK)
    with pytest.raises(InputError, match="hold no decision that looks back 20"):
        Market.of(history(21), lookback=LOOKBACK)
