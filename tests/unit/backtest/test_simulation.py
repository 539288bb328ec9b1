import logging
import math

import numpy as np
import pandas as pd
import pytest

from foliohub.backtest import buy_and_hold, simulate
from foliohub.costs import CostModel
from foliohub.errors import ContractError, InputError

COSTS = CostModel(commission_bps=7, half_spread_bps=5)


def share_by_share(returns, trades, rate, initial=None, risk_free=0.0):
    """The slow twin: money, prices and shares in plain loops, no weights carried over.

    Trade `trades` (row -> weights) at the closes of rows of `returns` (list of lists), from 1.0 of wealth.

    Returns dict of lists: gross, net, drifted (by period after the first trade), wealth (at each close from the first
    trade on), costs and turnover (row -> number).
    """
    tickers = range(len(returns[0]))
    first = min(trades)
    prices = [100.0 + 7 * j for j in tickers]
    wealth = 1.0
    shares = [(initial[j] if initial else 0.0) * wealth / prices[j] for j in tickers]
    cash = wealth - sum(shares[j] * prices[j] for j in tickers)
    found = {"gross": [], "net": [], "drifted": [], "wealth": [1.0], "costs": {}, "turnover": {}}
    before_trade = 1.0
    for row in range(first, len(returns)):
        if row > first:
            invested = sum(shares[j] * prices[j] for j in tickers) + cash
            for j in tickers:
                if not math.isnan(returns[row][j]):
                    prices[j] *= 1 + returns[row][j]
            cash *= 1 + risk_free
            wealth = sum(shares[j] * prices[j] for j in tickers) + cash
            found["gross"].append(wealth / invested - 1)
            found["net"].append(wealth / before_trade - 1)
            found["drifted"].append([shares[j] * prices[j] / wealth for j in tickers])
            found["wealth"].append(wealth)
        if row == len(returns) - 1:
            break
        quoted = [row == 0 or not math.isnan(returns[row][j]) for j in tickers]
        if row in trades:
            weights = [trades[row][j] if quoted[j] else 0.0 for j in tickers]
        elif row > first and any(shares[j] and not quoted[j] for j in tickers):
            weights = [shares[j] * prices[j] / wealth if quoted[j] else 0.0 for j in tickers]
        else:
            before_trade = wealth
            continue
        traded = sum(abs(weights[j] * wealth - shares[j] * prices[j]) for j in tickers)
        found["costs"][row] = rate * traded / wealth
        found["turnover"][row] = traded / 2 / wealth
        before_trade = wealth
        left = wealth - rate * traded
        shares = [weights[j] * left / prices[j] for j in tickers]
        cash = left - sum(shares[j] * prices[j] for j in tickers)
    return found


def random_weights(rng, rows, columns, long_only=True):
    weights = rng.random((rows, columns)) if long_only else rng.normal(0.2, 0.3, (rows, columns))
    return weights / np.abs(weights).sum(axis=1, keepdims=True) * rng.uniform(0.5, 1.0, (rows, 1))


def assert_same_as_twin(result, returns, targets, rate, initial=None, risk_free=0.0):
    rows = returns.index.get_indexer(targets.index)
    trades = {int(row): list(weights) for row, weights in zip(rows, targets.to_numpy(), strict=True)}
    slow = share_by_share(returns.to_numpy().tolist(), trades, rate, initial, risk_free)
    tight = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(result.gross_returns, slow["gross"], **tight)
    np.testing.assert_allclose(result.net_returns, slow["net"], **tight)
    np.testing.assert_allclose(result.drifted_weights, slow["drifted"], **tight)
    np.testing.assert_allclose(result.wealth / slow["wealth"], 1.0, **tight)
    assert result.trades.index.tolist() == [returns.index[row] for row in slow["costs"]]
    np.testing.assert_allclose(result.costs, list(slow["costs"].values()), **tight)
    np.testing.assert_allclose(result.turnover, list(slow["turnover"].values()), **tight)


@pytest.mark.parametrize("step", [1, 2, 7, 200])
@pytest.mark.parametrize("long_only", [True, False])
def test_the_engine_equals_a_share_by_share_loop(returns, step, long_only):
    rng = np.random.default_rng(step)
    dates = returns.index[3:-1:step]
    targets = pd.DataFrame(random_weights(rng, len(dates), 5, long_only), dates, returns.columns)
    result = simulate(returns, targets, COSTS)
    assert_same_as_twin(result, returns, targets, COSTS.rate)


def test_irregular_trades_initial_weights_and_interest_on_cash_equal_the_loop(returns):
    rng = np.random.default_rng(1)
    dates = returns.index[[0, 1, 2, 30, 31, 90, 118]]
    targets = pd.DataFrame(random_weights(rng, 7, 5), dates, returns.columns)
    initial = [0.3, 0.0, 0.2, 0.1, 0.0]
    result = simulate(returns, targets, COSTS, risk_free=2e-4, initial_weights=dict(zip("ABCDE", initial, strict=True)))
    assert_same_as_twin(result, returns, targets, COSTS.rate, initial, 2e-4)


@pytest.mark.parametrize("step", [1, 5, 200])
def test_exits_and_gaps_equal_the_loop(returns, step):
    rng = np.random.default_rng(2)
    gappy = returns.copy()
    gappy.iloc[60:, 0] = np.nan  # leaves for good
    gappy.iloc[22:25, 1] = np.nan  # comes back
    gappy.iloc[119, 2] = np.nan  # leaves on the last day
    gappy.iloc[:20, 3] = np.nan  # enters later
    dates = gappy.index[3:-1:step]
    targets = pd.DataFrame(random_weights(rng, len(dates), 5), dates, gappy.columns)
    result = simulate(gappy, targets, COSTS)
    assert_same_as_twin(result, gappy, targets, COSTS.rate)
    assert np.isfinite(result.gross_returns).all()


def test_wide_frames_are_worked_on_in_pieces_with_the_same_result():
    # More tickers than fit into one piece with all trades: the pieces must not show.
    rng = np.random.default_rng(5)
    dates = pd.bdate_range("2019-01-01", periods=60)
    wide = pd.DataFrame(rng.normal(0, 0.02, (60, 3000)), index=dates)
    targets = pd.DataFrame(np.full((59, 3000), 1 / 3000), dates[:-1])
    result = simulate(wide, targets, COSTS)
    np.testing.assert_allclose(result.gross_returns, wide.iloc[1:].mean(axis=1), rtol=0, atol=1e-15)
    changed = wide.copy()
    changed.iloc[40:] = 0.5
    again = simulate(changed, targets, COSTS)
    assert again.net_returns.iloc[:39].equals(result.net_returns.iloc[:39])


def test_a_position_that_ends_is_sold_at_its_last_price_and_charged():
    dates = pd.bdate_range("2020-01-01", periods=5)
    returns = pd.DataFrame({"A": [0.0, 0.1, np.nan, np.nan, 0.5], "B": [0.0, 0.0, 0.0, 0.0, 0.0]}, index=dates)
    half = pd.DataFrame({"A": [0.5], "B": [0.5]}, index=dates[:1])
    result = simulate(returns, half, CostModel(100))
    weight = 0.55 / 1.05
    assert result.gross_returns.tolist() == pytest.approx([0.05, 0, 0, 0])
    assert result.drifted_weights["A"].tolist() == pytest.approx([weight, weight, 0, 0])
    assert result.trades.index.tolist() == [dates[0], dates[2]]
    assert result.trades.loc[dates[2]].tolist() == pytest.approx([-weight, 0])
    assert result.turnover.iloc[1] == pytest.approx(weight / 2)
    assert result.net_returns.tolist() == pytest.approx([1.05 * 0.99 - 1, 0, -0.01 * weight, 0])


def test_a_ticker_without_a_price_is_not_bought():
    dates = pd.bdate_range("2020-01-01", periods=4)
    returns = pd.DataFrame({"A": [0.0, np.nan, 0.1, 0.1], "B": [0.0, 0.0, 0.2, 0.2]}, index=dates)
    half = pd.DataFrame({"A": [0.5], "B": [0.5]}, index=dates[1:2])
    result = simulate(returns, half)
    assert result.gross_returns.iloc[0] == pytest.approx(0.1)
    assert not result.eligible.loc[dates[1], "A"]


def test_the_first_row_needs_no_return():
    # Prices begin there; the return of the first row of a frame of returns is unknown by construction.
    prices = pd.DataFrame({"A": [10.0, 11.0, 12.1]}, index=pd.bdate_range("2020-01-01", periods=3))
    result = buy_and_hold(prices.pct_change())
    assert result.wealth.tolist() == pytest.approx([1.0, 1.1, 1.21])


def test_net_is_exactly_gross_where_nothing_is_charged(returns):
    targets = pd.DataFrame(0.2, returns.index[:-1], returns.columns)
    for costs in (None, CostModel()):
        result = simulate(returns, targets, costs)
        assert (result.net_returns.to_numpy() == result.gross_returns.to_numpy()).all()
        assert (result.costs == 0).all()


def test_daily_equal_weights_earn_the_mean_return(returns):
    targets = pd.DataFrame(0.2, returns.index[:-1], returns.columns)
    result = simulate(returns, targets)
    np.testing.assert_allclose(result.gross_returns, returns.iloc[1:].mean(axis=1), rtol=0, atol=1e-15)


def test_buy_and_hold_grows_with_its_parts(returns):
    result = buy_and_hold(returns, {"A": 0.7, "C": 0.1})
    grown = (1 + returns.iloc[1:]).cumprod()
    expected = 0.7 * grown["A"] + 0.1 * grown["C"] + 0.2
    np.testing.assert_allclose(result.wealth.iloc[1:], expected, rtol=1e-12)
    assert len(result.trades) == 1


def test_buy_and_hold_of_an_index_is_the_index(returns):
    index = returns["B"].rename("SP500")
    result = buy_and_hold(index, start=returns.index[9])
    assert result.name == "SP500"
    assert result.start == returns.index[9]
    np.testing.assert_allclose(result.net_returns, index.iloc[10:], rtol=0, atol=1e-15)
    with pytest.raises(InputError, match="no row at 2030-01-01"):
        buy_and_hold(index, start="2030-01-01")


def test_cash_earns_the_risk_free_return_where_there_is_one(returns):
    free = pd.Series(np.linspace(0, 1e-3, len(returns)), index=returns.index)
    nothing = pd.DataFrame(0.0, returns.index[:1], returns.columns)
    result = simulate(returns, nothing, risk_free=free)
    np.testing.assert_allclose(result.gross_returns, free.iloc[1:], rtol=0, atol=1e-15)
    assert math.isnan(result.metrics["sharpe_ratio"])
    assert (simulate(returns, nothing).gross_returns == 0).all()


def test_a_missing_risk_free_return_is_named(returns):
    free = pd.Series(0.0, index=returns.index[:-1])
    with pytest.raises(InputError, match="no risk-free return at 2018-06-18"):
        simulate(returns, pd.DataFrame(0.2, returns.index[:1], returns.columns), risk_free=free)


def test_whole_numbers_and_periods_serve_as_an_index(returns, caplog):
    for index in (pd.RangeIndex(120), pd.period_range("2000-01", periods=120, freq="M"), pd.Index(range(5, 125))):
        relabelled = returns.set_axis(index)
        targets = pd.DataFrame(0.2, relabelled.index[:-1:10], returns.columns)
        with caplog.at_level(logging.ERROR):
            result = simulate(relabelled, targets, COSTS)
        assert result.gross_returns.index.equals(relabelled.index[1:])
        known = isinstance(index, pd.PeriodIndex)
        assert result.periods_per_year == (12.0 if known else None)
        assert math.isnan(result.metrics["sharpe_ratio"]) is not known
        assert simulate(relabelled, targets, periods_per_year=4).metrics["periods_per_year"] == 4


def test_whole_number_returns_are_taken_as_numbers():
    returns = pd.DataFrame({"A": [0, 1, 0]}, index=pd.RangeIndex(3))
    assert buy_and_hold(returns, periods_per_year=1).wealth.tolist() == [1.0, 2.0, 2.0]


def broken(returns, what):
    frame = returns.copy()
    if what == "infinity":
        frame.iloc[4, 2] = np.inf
    elif what == "unsorted":
        frame = frame.iloc[::-1]
    elif what == "twice":
        frame = frame.set_axis(list("ABCDA"), axis=1)
    elif what == "text":
        frame = frame.astype(object)
        frame.iloc[0, 0] = "n/a"
    elif what == "labels":
        frame = frame.set_axis([f"d{i}" for i in range(len(frame))])
    elif what == "unsorted numbers":
        frame = frame.set_axis(range(len(frame), 0, -1))
    return frame


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("infinity", r"infinity for C at 2018-01-08"),
        ("unsorted", "not sorted"),
        ("twice", "'A' more than once"),
        ("text", "not a number"),
        ("labels", "of object"),
        ("unsorted numbers", "not sorted"),
    ],
)
def test_broken_returns_are_refused(returns, what, message):
    frame = broken(returns, what)
    with pytest.raises(ContractError, match=message):
        simulate(frame, pd.DataFrame(0.2, frame.index[:1], frame.columns))


def test_broken_targets_are_refused(returns):
    good = pd.DataFrame(0.2, returns.index[:2], returns.columns)
    with pytest.raises(InputError, match="not a frame"):
        simulate(returns.iloc[:0], good)
    with pytest.raises(ContractError, match=r"\['E'\]"):
        simulate(returns, good.drop(columns="E"))
    with pytest.raises(ContractError, match="nan for B at 2018-01-03"):
        simulate(returns, good.mask((good.index == returns.index[1])[:, None] & (good.columns == "B")))
    with pytest.raises(InputError, match="not sorted dates"):
        simulate(returns, good.iloc[::-1])
    with pytest.raises(InputError, match="not sorted dates"):
        simulate(returns, good.iloc[:0])
    with pytest.raises(InputError, match="no return to earn"):
        simulate(returns, good.set_axis(returns.index[-2:]))
    with pytest.raises(InputError, match="names 'Z'"):
        simulate(returns, good, initial_weights={"Z": 1.0})
    with pytest.raises(InputError, match="holds nan"):
        simulate(returns, good, initial_weights={"A": float("nan")})
    with pytest.raises(InputError, match="periods_per_year is -1"):
        simulate(returns, good, periods_per_year=-1)


def test_columns_may_come_in_another_order(returns):
    targets = pd.DataFrame([[0.1, 0.2, 0.3, 0.2, 0.1]], returns.index[:1], returns.columns)
    shuffled = simulate(returns, targets[list("EDCBA")])
    assert shuffled.net_returns.equals(simulate(returns, targets).net_returns)
