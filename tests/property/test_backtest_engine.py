"""What must hold of every backtest, whatever the returns."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from foliohub.backtest import buy_and_hold, simulate, walk_forward
from foliohub.costs import CostModel

MODERATE = settings(max_examples=60, deadline=None)


class InverseVariance:
    """Depends on every number of its window, on what is held and on what is expected."""

    def fit(self, X, y=None, *, previous_weights=None, expected_returns=None):
        inverse = 1 / (X.to_numpy().var(axis=0) + 1e-4) + np.asarray(previous_weights)
        if expected_returns is not None:
            inverse = inverse * (1 + np.asarray(expected_returns))
        self.weights_ = inverse / inverse.sum()
        return self


@st.composite
def frames(draw, gaps=False, low=-0.5, high=1.0):
    rows, columns = draw(st.integers(8, 30)), draw(st.integers(1, 4))
    values = draw(npst.arrays(np.float64, (rows, columns), elements=st.floats(low, high, width=32)))
    if gaps:
        for column in range(1, columns):
            entry, leave = draw(st.integers(0, rows)), draw(st.integers(0, rows))
            values[:entry, column] = np.nan
            values[leave:, column] = np.nan
    dates = pd.bdate_range("2020-01-01", periods=rows)
    return pd.DataFrame(values, index=dates, columns=[f"T{i}" for i in range(columns)])


steps = st.integers(1, 6)
purges = st.integers(0, 2)


@MODERATE
@given(frames(gaps=True), frames(gaps=True), steps, purges, st.booleans(), st.data())
def test_changing_returns_after_a_date_changes_nothing_up_to_it(returns, other, step, purge, expanding, data):
    rows, columns = min(len(returns), len(other)), min(returns.shape[1], other.shape[1])
    returns, other = returns.iloc[:rows, :columns], other.iloc[:rows, :columns]
    cut = data.draw(st.integers(4 + purge, rows - 1))
    changed = returns.copy()
    changed.iloc[cut + 1 :] = other.iloc[cut + 1 :].to_numpy()
    forecasts = returns * 0.1
    changed_forecasts = changed * 0.1
    arguments = {"window": 4, "step": step, "purge": purge, "costs": CostModel(20), "expanding": expanding}
    known = {"expected_returns": forecasts.fillna(0.0)}, {"expected_returns": changed_forecasts.fillna(0.0)}
    one = walk_forward(returns, InverseVariance(), **arguments, **known[0])
    two = walk_forward(changed, InverseVariance(), **arguments, **known[1])
    until = returns.index[cut]
    for attribute in ("gross_returns", "net_returns", "drifted_weights", "target_weights", "eligible", "wealth"):
        left, right = getattr(one, attribute).loc[:until], getattr(two, attribute).loc[:until]
        assert left.equals(right), attribute
    for attribute in ("trades", "costs", "turnover"):
        left, right = getattr(one, attribute).loc[:until], getattr(two, attribute).loc[:until]
        # A trade at the very last close is only made where a return follows it; both have as many rows, so it is.
        assert left.equals(right), attribute


@MODERATE
@given(frames(gaps=True), steps, st.booleans())
def test_how_returns_lie_in_memory_changes_no_bit(returns, step, expanding):
    rows, columns = (pd.DataFrame(np.array(returns, order=order), returns.index, returns.columns) for order in "CF")
    one, two = (
        walk_forward(each, InverseVariance(), window=4, step=step, expanding=expanding) for each in (rows, columns)
    )
    assert one.target_weights.equals(two.target_weights)
    assert one.net_returns.equals(two.net_returns)


@MODERATE
@given(frames(gaps=True), steps, purges, st.data())
def test_a_shorter_history_gives_the_same_beginning(returns, step, purge, data):
    cut = data.draw(st.integers(5 + purge, len(returns) - 1))
    arguments = {"window": 4, "step": step, "purge": purge, "costs": CostModel(20)}
    whole = walk_forward(returns, InverseVariance(), **arguments)
    short = walk_forward(returns.iloc[: cut + 1], InverseVariance(), **arguments)
    until = returns.index[cut]
    assert short.net_returns.equals(whole.net_returns.loc[:until])
    assert short.drifted_weights.equals(whole.drifted_weights.loc[:until])
    assert short.trades.equals(whole.trades.loc[: short.trades.index[-1]])


@MODERATE
@given(frames(), st.data())
def test_one_trade_without_costs_is_buy_and_hold(returns, data):
    raw = data.draw(npst.arrays(np.float64, returns.shape[1], elements=st.floats(0.0625, 1.0, width=32)))
    weights = pd.Series(raw / raw.sum(), returns.columns)
    result = simulate(returns, weights.to_frame(returns.index[0]).T)
    grown = ((1 + returns.iloc[1:]).cumprod() * weights).sum(axis=1)
    np.testing.assert_allclose(result.wealth.iloc[1:], grown, rtol=1e-10)
    assert result.net_returns.equals(buy_and_hold(returns, weights).net_returns)


@MODERATE
@given(frames())
def test_equal_weights_every_day_earn_the_mean_of_the_returns(returns):
    columns = returns.shape[1]
    result = simulate(returns, pd.DataFrame(1 / columns, returns.index[:-1], returns.columns))
    np.testing.assert_allclose(result.gross_returns, returns.iloc[1:].mean(axis=1), rtol=0, atol=1e-14)


@MODERATE
@given(frames(), st.floats(0.1, 1.0), steps)
def test_half_of_a_portfolio_rebalanced_daily_earns_half(returns, share, step):
    whole = pd.DataFrame(1 / returns.shape[1], returns.index[:-1], returns.columns)
    full, part = simulate(returns, whole), simulate(returns, share * whole)
    np.testing.assert_allclose(part.gross_returns, share * full.gross_returns, rtol=0, atol=1e-14)


@MODERATE
@given(frames(gaps=True), steps, st.floats(0.0, 400.0))
def test_costs_only_take_away_from_a_long_portfolio(returns, step, bps):
    result = walk_forward(returns, InverseVariance(), window=4, step=step, costs=CostModel(bps))
    assert (result.net_returns <= result.gross_returns).all()
    assert (result.turnover <= 1 + 1e-12).all()
    assert (result.turnover >= 0).all()
    assert ((result.wealth > 0) & np.isfinite(result.wealth)).all()
    np.testing.assert_allclose(result.costs, 2 * result.turnover * bps * 1e-4, rtol=1e-9, atol=1e-15)


@MODERATE
@given(frames(), steps, st.floats(1.0, 50.0), st.floats(1.0, 5.0))
def test_costs_are_linear_in_their_rate_and_weights_do_not_depend_on_it(returns, step, bps, times):
    one = walk_forward(returns, InverseVariance(), window=4, step=step, costs=CostModel(bps))
    more = walk_forward(returns, InverseVariance(), window=4, step=step, costs=CostModel(times * bps))
    np.testing.assert_allclose(more.costs, times * one.costs, rtol=1e-9)
    assert more.drifted_weights.equals(one.drifted_weights)
    assert more.gross_returns.equals(one.gross_returns)


@MODERATE
@given(frames(gaps=True), steps, purges)
def test_weights_and_cash_add_up_and_stay_long(returns, step, purge):
    result = walk_forward(returns, InverseVariance(), window=4, step=step, purge=purge)
    weights = result.drifted_weights
    assert (weights >= 0).all().all()
    assert (weights.sum(axis=1) <= 1 + 1e-9).all()
    assert np.isfinite(result.gross_returns).all()


@MODERATE
@given(frames(low=-2.0, high=2.0), st.floats(-30.0, 30.0), steps)
def test_no_leverage_ever_raises(returns, leverage, step):
    weights = np.full(returns.shape[1], leverage / returns.shape[1])
    targets = pd.DataFrame([weights] * len(returns.index[:-1:step]), returns.index[:-1:step], returns.columns)
    result = simulate(returns, targets, CostModel(10))
    assert np.isfinite(result.gross_returns).all()
    assert np.isfinite(result.net_returns).all()
    at_trades = result.gross_returns.to_numpy()[::step]
    np.testing.assert_allclose(at_trades, returns.to_numpy()[1::step] @ weights, rtol=1e-9, atol=1e-9)
