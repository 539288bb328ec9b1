import numpy as np
import pandas as pd
import pytest

from foliohub.features import distance_from_mean, drawdown_from_high, momentum, relative_strength_index

# The worked example of Wilder's RSI in StockCharts' ChartSchool ("Relative Strength Index", QQQQ, 14 periods).
QQQQ = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.6140,
    46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548,
    44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
]  # fmt: skip
QQQQ_RSI = [
    70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87, 45.46,
    37.30, 33.08, 37.77,
]  # fmt: skip


def test_rsi_agrees_with_the_worked_example_of_chartschool():
    result = relative_strength_index(pd.DataFrame({"QQQQ": QQQQ}))["QQQQ"]
    assert result[:14].isna().all()
    assert result[14:].round(2).tolist() == QQQQ_RSI


def rsi_twin(prices, window):
    """Wilder's recipe, one number at a time."""
    changes = np.diff(prices)
    out = [np.nan] * window
    gain = sum(change for change in changes[:window] if change > 0) / window
    loss = -sum(change for change in changes[:window] if change < 0) / window
    out.append(100 * gain / (gain + loss))
    for change in changes[window:]:
        gain = (gain * (window - 1) + max(change, 0)) / window
        loss = (loss * (window - 1) + max(-change, 0)) / window
        out.append(100 * gain / (gain + loss))
    return out


def test_rsi_equals_its_slow_twin_for_tickers_that_come_and_go(prices):
    result = relative_strength_index(prices, 14)
    for ticker in prices:
        own = prices[ticker].dropna()
        np.testing.assert_allclose(result[ticker][own.index], rsi_twin(own.to_numpy(), 14))
        assert result[ticker][prices.index.difference(own.index)].isna().all()


def test_rsi_has_its_limits():
    frame = pd.DataFrame({"up": np.arange(1.0, 31), "down": np.arange(31.0, 1, -1), "still": np.ones(30)})
    assert relative_strength_index(frame).iloc[-1].tolist() == [100.0, 0.0, 50.0]


def test_momentum_leaves_the_last_month_out(prices):
    result = momentum(prices)
    row = 300
    assert result["AAA"].iloc[row] == pytest.approx(prices["AAA"].iloc[row - 21] / prices["AAA"].iloc[row - 252] - 1)
    changed = prices.copy()
    changed.iloc[row - 20 : row + 1] *= 3
    assert momentum(changed)["AAA"].iloc[row] == result["AAA"].iloc[row]


def test_drawdown_and_distance_equal_their_slow_twins(prices):
    drawdown, distance = drawdown_from_high(prices, 50), distance_from_mean(prices, 50)
    for row in (49, 120, 300, 419):
        window = prices.iloc[row - 49 : row + 1]
        complete = window.notna().all()
        np.testing.assert_allclose(drawdown.iloc[row], (window.iloc[-1] / window.max() - 1).where(complete))
        np.testing.assert_allclose(distance.iloc[row], (window.iloc[-1] / window.mean() - 1).where(complete))
    assert (drawdown.stack() <= 0).all()
