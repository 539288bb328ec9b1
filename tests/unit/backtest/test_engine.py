import math

import numpy as np
import pandas as pd
import pytest

from foliohub.backtest import simulate, walk_forward
from foliohub.costs import CostModel
from foliohub.errors import FoliohubWarning, InputError, ModelError


class Remembering:
    """Equal weights; records every window it is fitted to."""

    def __init__(self, seen=None):
        self.seen = [] if seen is None else seen

    def __deepcopy__(self, memo):
        return Remembering(self.seen)

    def fit(self, X, y=None):
        assert not hasattr(self, "weights_"), "fitted twice"
        self.seen.append(X)
        self.weights_ = np.full(X.shape[1], 1 / X.shape[1])
        return self


class Informed(Remembering):
    """Equal weights; records what else it is told."""

    def __deepcopy__(self, memo):
        return Informed(self.seen)

    def fit(self, X, y=None, *, previous_weights=None, expected_returns=None):
        self.seen.append((X, previous_weights, expected_returns))
        self.weights_ = np.full(X.shape[1], 1 / X.shape[1])
        return self


class Leveraged(Informed):
    """Twice in the first column, once in the last, the rest borrowed."""

    def __deepcopy__(self, memo):
        return Leveraged(self.seen)

    def fit(self, X, y=None, *, previous_weights=None, expected_returns=None):
        super().fit(X, previous_weights=previous_weights)
        self.weights_ = np.zeros(X.shape[1])
        self.weights_[[0, -1]] = 2.0, 1.0
        return self


class Fixed:
    """Always the weights it was made with."""

    name = "fixed"

    def __init__(self, weights):
        self.weights = weights

    def fit(self, X, y=None):
        self.weights_ = np.asarray(self.weights)
        return self


class LowVolatility:
    """Inverse variance of each column: depends on every number of the window."""

    def fit(self, X, y=None):
        inverse = 1 / X.to_numpy().var(axis=0)
        self.weights_ = inverse / inverse.sum()
        return self


def test_first_return_is_earned_right_after_the_window_where_nothing_is_purged(returns):
    # DeMiguel, Garlappi and Uppal (2009): T - 120 out-of-sample returns of T months with a window of 120.
    result = walk_forward(returns, LowVolatility(), window=100, step=1, purge=0, costs=None)
    assert result.gross_returns.index.equals(returns.index[100:])
    assert result.target_weights.index.equals(returns.index[99:-1])
    for row in range(100, 120):
        weights = 1 / returns.iloc[row - 100 : row].to_numpy().var(axis=0)
        expected = weights / weights.sum() @ returns.iloc[row].to_numpy()
        assert result.gross_returns.iloc[row - 100] == pytest.approx(expected, rel=0, abs=1e-15)
    assert result.net_returns.equals(result.gross_returns.rename("net_return"))


def test_purge_one_trades_at_the_next_close(returns):
    result = walk_forward(returns, LowVolatility(), window=20, step=5)
    assert result.target_weights.index[0] == returns.index[19]
    assert result.trades.index[0] == result.start == returns.index[20]
    assert result.gross_returns.index.equals(returns.index[21:])
    weights = LowVolatility().fit(returns.iloc[:20]).weights_
    np.testing.assert_array_equal(result.target_weights.iloc[0], weights)
    assert result.gross_returns.iloc[0] == pytest.approx(weights @ returns.iloc[21].to_numpy(), abs=1e-15)


@pytest.mark.parametrize("purge", [0, 1, 3])
@pytest.mark.parametrize("step", [1, 4, 50])
def test_walking_forward_is_simulating_the_decided_weights_purge_rows_later(returns, step, purge):
    costs = CostModel(5, 5)
    result = walk_forward(returns, LowVolatility(), 30, step, purge, costs)
    traded = returns.index[returns.index.get_indexer(result.target_weights.index) + purge]
    again = simulate(returns, result.target_weights.set_axis(traded), costs)
    assert again.net_returns.equals(result.net_returns)
    assert again.trades.equals(result.trades)
    assert len(result.net_returns) == 120 - 30 - purge


def test_windows_roll_or_expand(returns):
    rolling, expanding = Remembering(), Remembering()
    walk_forward(returns, rolling, window=40, step=10)
    walk_forward(returns, expanding, window=40, step=10, expanding=True)
    assert [len(window) for window in rolling.seen] == [40] * 8
    assert [len(window) for window in expanding.seen] == [40 + 10 * i for i in range(8)]
    for window, longer in zip(rolling.seen, expanding.seen, strict=True):
        assert window.index[-1] == longer.index[-1]
        assert longer.index[0] == returns.index[0]


def test_calendar_steps_decide_at_the_last_row_of_each_period(returns):
    result = walk_forward(returns, LowVolatility(), window=30, step="monthly", purge=0)
    months = [date.strftime("%m-%d") for date in result.target_weights.index]
    assert months == ["02-28", "03-30", "04-30", "05-31"]
    with pytest.raises(InputError, match="no quarterly decision"):
        walk_forward(returns.iloc[:40], LowVolatility(), window=30, step="quarterly")
    with pytest.raises(InputError, match="have no dates"):
        walk_forward(returns.reset_index(drop=True), LowVolatility(), window=30, step="monthly")


def test_a_fresh_copy_is_fitted_each_time_and_the_allocator_stays_unfitted(returns):
    allocator = Remembering()
    walk_forward(returns, allocator, window=40, step=10)
    assert not hasattr(allocator, "weights_")


def test_estimators_of_scikit_learn_s_kind_are_cloned(returns):
    base = pytest.importorskip("sklearn.base")

    class Estimator(base.BaseEstimator):
        def __init__(self, power=1.0):
            self.power = power

        def fit(self, X, y=None):
            assert not hasattr(self, "weights_")
            self.weights_ = np.full(X.shape[1], self.power / X.shape[1])
            return self

    result = walk_forward(returns, Estimator(power=0.5), window=40, step=10)
    np.testing.assert_allclose(result.target_weights, 0.1)
    assert result.name == "Estimator"


def test_skfolio_s_estimators_work_as_they_are(returns):
    optimization = pytest.importorskip("skfolio.optimization")
    result = walk_forward(returns, optimization.InverseVolatility(), window=60, step=30)
    inverse = 1 / returns.iloc[:60].std()
    np.testing.assert_allclose(result.target_weights.iloc[0], inverse / inverse.sum(), rtol=1e-6)


def test_previous_weights_are_the_last_ones_drifted_by_what_is_known(returns):
    for purge in (0, 1, 3):
        allocator = Informed()
        result = walk_forward(returns, allocator, window=40, step=10, purge=purge, initial_weights={"A": 0.4})
        assert allocator.seen[0][1].tolist() == [0.4, 0, 0, 0, 0]
        for window, previous, _ in allocator.seen[1:]:
            # What the engine itself holds at that close: every earlier trade has happened by then, as step > purge.
            np.testing.assert_allclose(previous, result.drifted_weights.loc[window.index[-1]], atol=1e-14)


def test_previous_weights_know_of_exits_and_ruins(returns):
    frame = returns.iloc[:60].copy()
    frame.iloc[45:48, 4] = np.nan  # sold at row 45, and not bought back when it returns
    frame.iloc[52, 0] = -0.9  # ruins what holds it twice
    allocator = Leveraged()
    result = walk_forward(frame, allocator, window=40, step=15, purge=0)
    held = result.drifted_weights.loc[allocator.seen[1][0].index[-1]]
    assert held["E"] == 0.0
    assert result.ruined == frame.index[52]
    np.testing.assert_allclose(allocator.seen[1][1], held[allocator.seen[1][0].columns], atol=1e-14)


def test_a_decision_that_is_not_traded_yet_counts_as_held(returns):
    allocator = Informed()
    walk_forward(returns, allocator, window=40, step=1, purge=5)
    for _, previous, _ in allocator.seen[1:]:
        np.testing.assert_array_equal(previous, np.full(5, 0.2))


def test_expected_returns_are_the_last_known_at_the_decision(returns):
    sparse = pd.DataFrame(np.arange(15.0).reshape(3, 5), returns.index[[10, 49, 62]], returns.columns)
    sparse.iloc[2, 3] = np.nan
    allocator = Informed()
    result = walk_forward(returns, allocator, window=40, step=10, expected_returns=sparse)
    handed = [expected for _, _, expected in allocator.seen]
    assert handed[0].tolist() == sparse.iloc[0].tolist()  # decided at row 39
    assert handed[1].tolist() == sparse.iloc[1].tolist()  # at row 49: known at that very close
    assert handed[3].index.tolist() == ["A", "B", "C", "E"]  # at row 69, one forecast missing
    assert not result.eligible.iloc[3]["D"]
    assert result.target_weights.iloc[3]["D"] == 0.0


def test_expected_returns_are_not_pressed_on_allocators_that_take_none(returns):
    forecasts = pd.DataFrame(0.0, returns.index, returns.columns)
    allocator = Remembering()
    walk_forward(returns, allocator, window=40, step=40, expected_returns=forecasts)
    assert len(allocator.seen) == 2


def test_wrong_expected_returns_are_refused(returns):
    forecasts = pd.DataFrame(0.0, returns.index, returns.columns)
    with pytest.raises(InputError, match=r"no column for \['E'\]"):
        walk_forward(returns, Informed(), 40, expected_returns=forecasts.drop(columns="E"))
    with pytest.raises(InputError, match="not sorted"):
        walk_forward(returns, Informed(), 40, expected_returns=forecasts.iloc[::-1])
    with pytest.raises(InputError, match=r"No expected return is known at 2018-02-26.*the first is of 2018-02-27"):
        walk_forward(returns, Informed(), 40, expected_returns=forecasts.iloc[40:])
    with pytest.raises(InputError, match="full window has an expected return"):
        walk_forward(returns, Informed(), 40, expected_returns=forecasts * np.nan)


def test_tickers_with_a_gap_in_the_window_are_left_out_of_that_decision(returns):
    gappy = returns.copy()
    gappy.iloc[:30, 0] = np.nan  # enters at row 30
    gappy.iloc[75:, 1] = np.nan  # leaves at row 75
    allocator = Remembering()
    result = walk_forward(gappy, allocator, window=20, step=10, purge=1)
    assert all(not window.isna().any().any() for window in allocator.seen)
    rows = gappy.index.get_indexer(result.target_weights.index)
    np.testing.assert_array_equal(result.eligible["A"], rows - 19 >= 30)
    np.testing.assert_array_equal(result.eligible["B"], rows < 75)
    assert (result.target_weights.to_numpy()[~result.eligible.to_numpy()] == 0).all()
    np.testing.assert_allclose(result.target_weights.sum(axis=1), 1.0)
    assert (result.drifted_weights["B"].loc[gappy.index[76] :] == 0).all()


def test_a_ticker_that_leaves_between_decision_and_trade_is_not_bought(returns):
    gappy = returns.copy()
    gappy.iloc[40:, 1] = np.nan
    result = walk_forward(gappy, Remembering(), window=40, step=200, purge=1)
    assert result.target_weights.iloc[0]["B"] == 0.2  # decided at row 39, in ignorance
    assert result.trades.iloc[0]["B"] == 0.0
    assert result.trades.iloc[0].sum() == pytest.approx(0.8)


def test_a_window_without_any_whole_ticker_is_an_error(returns):
    gappy = returns.copy()
    gappy.iloc[50] = np.nan
    with pytest.raises(InputError, match=r"all 40 returns of the window that ends at 2018-03-13"):
        walk_forward(gappy, Remembering(), window=40)


def test_losing_more_than_everything_raises_nothing(returns):
    monthly = returns.iloc[:12].set_axis(pd.period_range("2001-01", periods=12, freq="M"))
    crash = monthly.copy()
    crash.iloc[6] = -0.3
    result = walk_forward(crash, Fixed([4.0, 1.0, 0.0, 0.0, -1.0]), window=3, purge=0, costs=CostModel(10))
    expected = crash.iloc[3:].to_numpy() @ np.array([4.0, 1.0, 0.0, 0.0, -1.0])
    np.testing.assert_allclose(result.gross_returns, expected, rtol=0, atol=1e-15)
    assert expected[3] < -1
    assert np.isfinite(result.drifted_weights).all().all()
    assert np.isfinite(result.turnover).all()
    assert result.ruined == pd.Period("2001-07", "M")
    assert np.isfinite(result.metrics["sharpe_ratio"])
    assert result.metrics["max_drawdown"] == -1.0
    assert result.metrics["annual_return"] == -1.0
    with pytest.warns(FoliohubWarning, match="'fixed' lost 120% of its wealth in the period to 2001-07"):
        wealth = result.wealth
    assert (wealth.loc["2001-07":] == 0).all()
    assert (wealth.loc[:"2001-06"] > 0).all()


def test_a_ruined_strategy_goes_on_in_the_weights_of_its_last_trade(returns):
    crash = returns.iloc[:12].copy()
    crash.iloc[5] = [-0.9, 0.5, 0, 0, 0]
    weights = [2.0, -1.0, 0.0, 0.0, 0.0]
    result = walk_forward(crash, Fixed(weights), window=3, step=50, purge=0)
    np.testing.assert_array_equal(result.drifted_weights.iloc[2], weights)
    expected = float(crash.iloc[6].to_numpy() @ np.array(weights))
    assert result.gross_returns.iloc[3] == pytest.approx(expected, abs=1e-15)


def test_costs_beyond_all_wealth_are_a_ruin_too(returns):
    result = walk_forward(returns.iloc[:8], Fixed([300.0, -300.0, 0, 0, 1.0]), window=3, purge=0, costs=CostModel(50))
    assert result.net_returns.iloc[0] == pytest.approx(-0.005 * 601)
    assert result.ruined == returns.index[3]


def test_progress_counts_decisions(returns):
    calls = []
    walk_forward(returns, Remembering(), window=40, step=20, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_sharpe_ratio_per_period_as_papers_print_it(returns):
    result = walk_forward(returns, LowVolatility(), window=40, purge=0, periods_per_year=1)
    earned = result.gross_returns
    assert result.metrics["sharpe_ratio"] == pytest.approx(earned.mean() / earned.std(ddof=1), rel=1e-12)
    daily = walk_forward(returns, LowVolatility(), window=40, purge=0)
    assert daily.metrics["sharpe_ratio"] == pytest.approx(result.metrics["sharpe_ratio"] * math.sqrt(252), rel=1e-12)


class Wrong(Fixed):
    def fit(self, X, y=None):
        if self.weights == "raise":
            raise ModelError("S is singular.")
        return super().fit(X)


def test_what_an_allocator_answers_is_checked(returns):
    with pytest.raises(ModelError, match=r"shape \(3,\) for 5 tickers at 2018-02-26"):
        walk_forward(returns, Fixed([0.5, 0.2, 0.3]), window=40)
    with pytest.raises(ModelError, match="some of them not finite"):
        walk_forward(returns, Fixed([0.5, 0.2, 0.3, 0.1, float("nan")]), window=40)
    with pytest.raises(ModelError, match="singular") as caught:
        walk_forward(returns, Wrong("raise"), window=40)
    assert caught.value.__notes__ == ["fixed failed in the decision at 2018-02-26 00:00:00, on 40 rows."]


@pytest.mark.parametrize("allocator", ["equal_weight", Fixed, 3])
def test_what_is_no_allocator_is_refused(returns, allocator):
    with pytest.raises(InputError, match=r"is no allocator.*allocate.get"):
        walk_forward(returns, allocator, window=40)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window is 0"),
        ({"window": 40, "step": 0}, "step is 0"),
        ({"window": 40, "purge": -1}, "purge is -1"),
        ({"window": 119}, "120 rows hold no split of window 119 and purge 1"),
        ({"window": 40, "step": "hourly"}, "'hourly' is no rebalance frequency"),
        ({"window": 40, "initial_weights": {"Z": 1.0}}, "names 'Z'"),
    ],
)
def test_arguments_out_of_range_are_refused(returns, arguments, message):
    with pytest.raises(InputError, match=message):
        walk_forward(returns, Remembering(), **arguments)
