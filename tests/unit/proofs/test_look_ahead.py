import numpy as np
import pandas as pd
import pytest

from foliohub.errors import InputError, LookAheadError
from foliohub.proofs import assert_no_look_ahead, find_look_ahead, trial_panel

PANEL = trial_panel(160, 3, seed=1)
CLOSE = PANEL["close"]


def returns(prices):
    return prices / prices.shift() - 1


def off_by_one_momentum(prices):
    """Meant to rest on yesterday's close, rests on tomorrow's."""
    return prices.shift(-1) / prices.shift(20) - 1


def off_by_one_loop(prices):
    values = prices.to_numpy()
    means = [values[max(0, row - 19) : row + 2].mean(axis=0) for row in range(len(values))]
    return pd.DataFrame(means, index=prices.index, columns=prices.columns)


def scaled_by_sklearn(prices):
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler().fit_transform(returns(prices).fillna(0.0))


def resampled_week(prices):
    """The week's last close, put on each of its days."""
    return prices.resample("W-FRI").last().reindex(prices.index, method="bfill")


def polynomial_trend(prices):
    x = np.arange(len(prices))
    return prices.apply(lambda column: np.polyval(np.polyfit(x, column, 2), x))


def ranked_over_all_time(prices):
    return prices.rank(pct=True)


def winsorised(prices):
    some = returns(prices)
    return some.clip(some.quantile(0.05), some.quantile(0.95), axis=1)


def principal_component(prices):
    some = returns(prices).fillna(0.0)
    _, _, axes = np.linalg.svd(some - some.mean(), full_matrices=False)
    return pd.Series(some.to_numpy() @ np.abs(axes[0]), index=prices.index)


def target_among_the_features(panel):
    close = panel["close"]
    stacked = {"past": returns(close).stack(), "future": (close.shift(-5) / close - 1).stack()}
    return pd.DataFrame(stacked).rename_axis(["date", "ticker"])


LEAKS = {
    "centred rolling mean": lambda prices: prices.rolling(5, center=True).mean(),
    "z-score of the whole sample": lambda prices: (prices - prices.mean()) / prices.std(),
    "back-filled gaps": lambda prices: prices.bfill(),
    "interpolated gaps": lambda prices: prices.interpolate(),
    "gaps filled by the mean": lambda prices: prices.fillna(prices.mean()),
    "tomorrow's return": lambda prices: returns(prices).shift(-1),
    "off by one in a shift": off_by_one_momentum,
    "off by one in a loop": off_by_one_loop,
    "min-max scaler fitted to everything": scaled_by_sklearn,
    "week's close on each day": resampled_week,
    "trend fitted to everything": polynomial_trend,
    "ranks over all time": ranked_over_all_time,
    "winsorised by quantiles of everything": winsorised,
    "principal component of everything": principal_component,
    "reversed cumulative sum": lambda prices: prices[::-1].cumsum()[::-1],
    "normalised by the last price": lambda prices: prices / prices.iloc[-1],
    "one value a month, looked up at its end": lambda prices: prices.groupby(prices.index.to_period("M")).transform(
        "last"
    ),
    "a thousandth of tomorrow": lambda prices: prices + 1e-3 * prices.shift(-1).fillna(0.0),
    "the number of rows": lambda prices: prices * len(prices),
}

CAUSAL = {
    "rolling mean": lambda prices: prices.rolling(5).mean(),
    "expanding z-score": lambda prices: (prices - prices.expanding().mean()) / prices.expanding().std(),
    "forward fill": lambda prices: prices.ffill(),
    "exponential smoothing": lambda prices: prices.ewm(alpha=0.06).mean(),
    "ranks among tickers": lambda prices: prices.rank(axis=1),
    "an array": lambda prices: returns(prices).to_numpy(),
    "a series": lambda prices: returns(prices).mean(axis=1),
    "only some dates": lambda prices: prices.iloc[4::5],
    "nothing but a constant": lambda prices: prices * 0 + 1,
    "changes what it is given": lambda prices: prices.__imul__(2.0),
}


@pytest.mark.parametrize("name", LEAKS)
def test_planted_leaks_are_caught(name):
    report = find_look_ahead(LEAKS[name], CLOSE)
    assert not report.clean
    assert report.first.difference.date <= report.first.cutoff


@pytest.mark.parametrize("name", CAUSAL)
def test_causal_functions_are_not_accused(name):
    report = assert_no_look_ahead(CAUSAL[name], CLOSE)
    assert report.clean
    assert report.values > 0
    assert not report.skipped


def test_a_leak_in_one_column_of_a_long_frame_is_named():
    report = find_look_ahead(target_among_the_features, PANEL)
    first = report.first.difference
    assert first.column == "future"
    assert first.key == "AAA"
    last_safe = CLOSE.index[CLOSE.index.get_loc(report.cutoffs[0]) - 5]
    assert first.date > last_safe


def test_a_leak_of_one_day_is_dated_to_the_day():
    report = find_look_ahead(LEAKS["tomorrow's return"], CLOSE, gaps=False)
    truncated = [leak for leak in report.leaks if leak.experiment == "truncated"]
    assert [leak.difference.date for leak in truncated] == list(report.cutoffs)
    assert all(np.isnan(leak.difference.second) for leak in truncated)


def test_a_panel_may_come_back():
    report = find_look_ahead(lambda panel: {"mean": panel["close"].mean(axis=1), "leak": panel["open"].bfill()}, PANEL)
    assert report.first.difference.column.startswith("leak/")
    assert find_look_ahead(lambda panel: {"close": panel["close"].ffill()}, PANEL).clean


def test_a_leak_in_words_is_caught_too():
    def verdict(prices):
        return pd.Series(np.where(prices["AAA"] > prices["AAA"].mean(), "high", "low"), index=prices.index)

    assert not find_look_ahead(verdict, CLOSE).clean
    expanding = lambda prices: pd.Series(  # noqa: E731
        np.where(prices["AAA"] > prices["AAA"].expanding().mean(), "high", "low"), index=prices.index
    )
    assert find_look_ahead(expanding, CLOSE).clean


def test_rows_that_appear_only_in_hindsight_are_caught():
    def turning_points(prices):
        column = prices["AAA"]
        return column[(column > column.shift(1)) & (column > column.shift(-1))]

    assert not find_look_ahead(turning_points, CLOSE).clean


def test_repeated_rows_are_compared_in_their_order():
    def events(prices):
        day = prices.index.repeat(2)
        return pd.DataFrame({"value": prices["AAA"].to_numpy().repeat(2)}, index=day)

    assert find_look_ahead(events, CLOSE).clean


def test_a_column_left_out_while_it_is_empty_is_no_leak():
    def late(prices):
        wide = prices.assign(AAA=prices["AAA"].where(np.arange(len(prices)) > 100))
        return wide.dropna(axis=1, how="all")

    assert find_look_ahead(late, CLOSE, gaps=False).clean


def test_the_error_names_date_column_and_values():
    with pytest.raises(
        LookAheadError, match=r"'AAA' on 20\d\d-\d\d-\d\d is [\d.]+ or nan, depending on what comes after"
    ):
        assert_no_look_ahead(lambda prices: prices.shift(-1), CLOSE, gaps=False)


def test_the_report_reads_well():
    text = str(find_look_ahead(LEAKS["z-score of the whole sample"], CLOSE))
    assert text.startswith("<lambda> looks ahead in ")
    assert text.count("\n") == 6
    text = str(find_look_ahead(returns, CLOSE))
    assert text.startswith("returns does not look ahead: 60 experiments at 6 dates")


def test_failures_in_an_experiment_prove_nothing_and_are_counted():
    def refuses_gaps(prices):
        if prices.isna().any(axis=None):
            raise ValueError("no gaps, please")
        return returns(prices)

    report = find_look_ahead(refuses_gaps, CLOSE)
    assert report.clean
    assert len(report.skipped) == 7
    assert "no gaps, please" in str(report)


def test_an_error_on_the_data_as_they_are_is_the_users_to_see():
    def broken(prices):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        find_look_ahead(broken, CLOSE)


def test_what_cannot_be_examined_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="two different answers"):
        find_look_ahead(lambda prices: prices * rng.random(), CLOSE)
    with pytest.raises(InputError, match="says nothing up to"):
        find_look_ahead(lambda prices: prices.rolling(1000).mean(), CLOSE)
    with pytest.raises(InputError, match="without dates"):
        find_look_ahead(lambda prices: prices.mean(), CLOSE)
    with pytest.raises(InputError, match="without dates"):
        find_look_ahead(returns, CLOSE.reset_index(drop=True))
    with pytest.raises(InputError, match="too few"):
        find_look_ahead(returns, CLOSE.iloc[:3])
    with pytest.raises(InputError, match="2031-01-02"):
        find_look_ahead(returns, CLOSE, cutoffs=["2031-01-02"])


def test_cutoffs_and_perturbations_may_be_chosen():
    def doubled(values, rng):
        return values * 2

    day = CLOSE.index[80]
    report = find_look_ahead(returns, CLOSE, cutoffs=[day], perturbations={"doubled": doubled}, gaps=False)
    assert list(report.cutoffs) == [day]
    assert report.experiments == 2


def test_the_same_seed_finds_the_same():
    first, second = (find_look_ahead(LEAKS["back-filled gaps"], CLOSE, seed=3) for _ in range(2))
    assert str(first) == str(second)


def test_the_data_given_are_left_as_they_were():
    before = {name: frame.copy() for name, frame in PANEL.items()}
    find_look_ahead(lambda panel: panel["close"].mul(panel["volume"]), PANEL)
    for name, frame in PANEL.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_words_among_the_data_are_left_alone():
    data = CLOSE.assign(sector="steel")
    assert find_look_ahead(lambda frame: frame["AAA"].where(frame["sector"] == "steel").ffill(), data).clean


def test_a_series_is_data_too():
    assert find_look_ahead(lambda prices: prices.rolling(3).mean(), CLOSE["AAA"]).clean
    assert not find_look_ahead(lambda prices: prices.rolling(3, center=True).mean(), CLOSE["AAA"]).clean
