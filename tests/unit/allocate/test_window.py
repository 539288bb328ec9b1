"""What `fit` refuses, and that its errors name the ticker, the date and the remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate
from foliohub.allocate.window import Window
from foliohub.errors import ContractError, FoliohubError, InputError, ModelError
from tests.allocators import ready


@pytest.mark.parametrize("name", allocate.names())
@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_a_missing_return_is_named_by_ticker_and_date(name: str, hole: float, returns: pd.DataFrame) -> None:
    returns.iloc[3, 2] = hole
    with pytest.raises(ContractError, match=r"JPM at 2019-01-07 is (nan|inf), and 1 of its 120.*Leave JPM out"):
        ready(name).fit(returns, expected_returns=pd.Series(0.01, returns.columns))


def test_returns_must_be_a_table_of_numbers(returns: pd.DataFrame) -> None:
    for X in (returns["JPM"], returns.iloc[:0], returns.iloc[:, :0]):
        with pytest.raises(InputError, match=r"have the shape"):
            Window.check(X)
    with pytest.raises(InputError, match=r"not all numbers"):
        Window.check(returns.assign(KO="high"))
    with pytest.raises(InputError, match=r"hold AAPL more than once"):
        Window.check(pd.concat([returns, returns], axis=1))


def test_labelled_arguments_are_matched_by_ticker(returns: pd.DataFrame) -> None:
    forecast = pd.Series(np.arange(7.0), index=["ZZZ", *returns.columns[::-1]])
    window = Window.check(returns, expected_returns=forecast)
    assert window.expected_returns is not None
    assert window.expected_returns.tolist() == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("argument", ["previous_weights", "expected_returns"])
def test_arguments_that_do_not_fit_are_named(argument: str, returns: pd.DataFrame) -> None:
    for wrong, message in (
        (pd.Series({"AAPL": 0.1}), f"{argument} holds nothing for JNJ"),
        (pd.Series(0.1, index=[*returns.columns, "XOM"]), f"{argument} holds a ticker more than once"),
        (np.full(5, 0.2), rf"{argument} has the shape \(5,\), the returns have 6 tickers"),
        (np.array([0.1, 0.1, np.nan, 0.1, 0.1, 0.1]), f"{argument} holds nan for JPM"),
    ):
        with pytest.raises(InputError, match=message):
            Window.check(returns, **{argument: wrong})


@pytest.mark.parametrize("name", [name for name in allocate.names() if name not in ("equal_weight", "min_cvar")])
def test_a_ticker_that_does_not_move_is_named(name: str, returns: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match=r"The return of KO is 0.0003 at every date .*rank 5 of 6.*Leave KO out"):
        ready(name).fit(returns.assign(KO=0.0003), expected_returns=pd.Series(0.01, returns.columns))


@pytest.mark.parametrize("name", [name for name in allocate.names() if name != "equal_weight"])
def test_one_row_is_too_short_a_window(name: str, returns: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match=r"has 1 rows for 6 tickers"):
        ready(name).fit(returns.iloc[:1], expected_returns=pd.Series(0.01, returns.columns))


@pytest.mark.parametrize("name", ["min_variance", "mean_variance", "bayes_stein", "max_sharpe"])
def test_a_singular_covariance_is_refused_with_its_rank(name: str, returns: pd.DataFrame) -> None:
    allocator = allocate.get(name)
    forecast = pd.Series(0.01, [*returns.columns, "TWIN"])
    twin = returns.assign(TWIN=2 * returns["AAPL"])
    with pytest.raises(
        ModelError, match=r"7 tickers .*singular: its rank is 6. AAPL and TWIN move as one.*ledoit_wolf"
    ):
        allocator.fit(twin, expected_returns=forecast)
    mixed = returns.assign(TWIN=returns["AAPL"] + 5 * returns["JNJ"] - returns["KO"])
    with pytest.raises(ModelError, match=r"rank is 6. TWIN is a combination of the others"):
        allocator.fit(mixed, expected_returns=forecast)
    with pytest.raises(FoliohubError, match=r"need more than 6 returns|divisor"):
        allocator.fit(returns.iloc[:6], expected_returns=forecast)


@pytest.mark.parametrize("name", ["risk_parity", "hierarchical_risk_parity"])
def test_what_inverts_nothing_takes_a_singular_covariance(name: str, returns: pd.DataFrame) -> None:
    twin = returns.assign(TWIN=returns["AAPL"])
    weights = ready(name).fit(twin).weights_
    assert weights.sum() == pytest.approx(1)
    assert weights[0] == pytest.approx(weights[6])


def test_fitting_leaves_its_arguments_alone(returns: pd.DataFrame) -> None:
    before, held = returns.copy(), np.full(6, 1 / 6)
    allocate.get("min_variance", max_turnover=0.1).fit(returns, previous_weights=held)
    pd.testing.assert_frame_equal(returns, before)
    assert (held == 1 / 6).all()
