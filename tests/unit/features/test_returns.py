import math

import numpy as np
import pandas as pd
import pytest

from foliohub.features import (
    ewma_volatility,
    garman_klass_volatility,
    parkinson_volatility,
    realised_volatility,
    simple_returns,
)


def twin(frame, rows, one):
    """Apply `one` to the last `rows` values before each cell, the slow way."""
    out = pd.DataFrame(np.nan, index=frame.index, columns=frame.columns)
    for ticker in frame:
        values = frame[ticker].to_numpy()
        for row in range(rows - 1, len(values)):
            window = values[row - rows + 1 : row + 1]
            if not np.isnan(window).any():
                out.loc[frame.index[row], ticker] = one(window)
    return out


@pytest.mark.parametrize("horizon", [1, 5, 252])
def test_returns_equal_their_slow_twin(prices, horizon):
    expected = twin(prices, horizon + 1, lambda window: window[-1] / window[0] - 1)
    pd.testing.assert_frame_equal(simple_returns(prices, horizon), expected, check_freq=False)


def test_realised_volatility_equals_its_slow_twin(prices):
    returns = simple_returns(prices)
    expected = twin(returns, 21, lambda window: np.std(window, ddof=1))
    pd.testing.assert_frame_equal(realised_volatility(returns, 21), expected, check_freq=False)


def test_ewma_volatility_equals_its_definition(prices):
    returns = simple_returns(prices)
    result = ewma_volatility(returns)
    for ticker in returns:
        own = returns[ticker].dropna()
        weights = 0.94 ** np.arange(len(own))[::-1]
        assert result[ticker][own.index[-1]] == pytest.approx(math.sqrt((weights * own**2).sum() / weights.sum()))
        assert result[ticker][own.index].isna().sum() == 20
    assert result.isna().equals(result.where(returns.notna()).isna())


def test_ewma_volatility_agrees_with_hulls_example():
    # J. Hull, Options, Futures, and Other Derivatives, chapter "Estimating volatilities and correlations", first
    # example of EWMA: lambda 0.90, yesterday's volatility 1 % a day, yesterday's change 2 %: today's is 1.14 %.
    returns = pd.DataFrame({"A": [0.01] * 500 + [0.02]})
    assert ewma_volatility(returns, decay=0.90)["A"].iloc[-1] == pytest.approx(0.0114, abs=5e-5)


def test_range_volatilities_find_the_volatility_of_a_random_walk():
    rng = np.random.default_rng(1)
    steps = rng.normal(0, 0.02 / math.sqrt(2000), (300, 2000))
    paths = np.exp(np.cumsum(steps, axis=1))
    frame = lambda values: pd.DataFrame({"A": values})  # noqa: E731
    opened, high, low = frame(np.ones(300)), frame(np.maximum(paths.max(1), 1)), frame(np.minimum(paths.min(1), 1))
    close = frame(paths[:, -1])
    # Both are a little low, as a path of 2,000 steps does not reach the extremes of a continuous one.
    assert parkinson_volatility(high, low, 300)["A"].iloc[-1] == pytest.approx(0.02, rel=0.05)
    assert garman_klass_volatility(opened, high, low, close, 300)["A"].iloc[-1] == pytest.approx(0.02, rel=0.05)


def test_range_volatilities_equal_their_formulas():
    day = {"open": 100.0, "high": 104.0, "low": 99.0, "close": 101.0}
    bar = {name: pd.DataFrame({"A": [price] * 4}) for name, price in day.items()}
    squared_range = math.log(104 / 99) ** 2
    parkinson = math.sqrt(squared_range / (4 * math.log(2)))
    assert parkinson_volatility(bar["high"], bar["low"], 4)["A"].iloc[-1] == pytest.approx(parkinson)
    variance = 0.5 * squared_range - (2 * math.log(2) - 1) * math.log(101 / 100) ** 2
    result = garman_klass_volatility(bar["open"], bar["high"], bar["low"], bar["close"], 4)
    assert result["A"].iloc[-1] == pytest.approx(math.sqrt(variance))


def test_a_held_bar_leaves_a_hole_and_not_a_month_of_holes():
    high = pd.DataFrame({"A": [101.0] * 30})
    low = pd.DataFrame({"A": [100.0] * 30})
    high.iloc[22] = np.nan
    assert parkinson_volatility(high, low, 21)["A"].isna().sum() == 15 + 1
