"""Contracts of the frames: what passes goes through untouched, what does not is named with place and value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foliohub.errors import ContractError
from foliohub.frames import (
    FIELDS,
    FORECAST_COLUMNS,
    check_bars,
    check_dates,
    check_features,
    check_forecasts,
    check_panel,
    check_prices,
    check_returns,
    check_weights,
)

DATES = pd.DatetimeIndex(["2019-06-26", "2019-06-27", "2019-06-28", "2019-07-01"], name="date")


def wide(values: Any, dates: pd.DatetimeIndex = DATES) -> pd.DataFrame:
    return pd.DataFrame(values, index=dates[: len(values)], columns=["KO", "GE"], dtype="float64")


def prices() -> pd.DataFrame:
    return wide([[50.0, 10.0], [51.0, 11.0], [52.0, 9.0], [53.0, 8.0]])


def with_cell(frame: pd.DataFrame, row: int, column: int, value: float) -> pd.DataFrame:
    changed = frame.copy()
    changed.iat[row, column] = value
    return changed


class TestDates:
    def test_sessions_pass_untouched(self) -> None:
        assert check_dates(DATES, "prices") is DATES

    def test_an_empty_index_passes(self) -> None:
        assert len(check_dates(DATES[:0], "prices")) == 0

    @pytest.mark.parametrize(
        ("index", "message"),
        [
            (pd.RangeIndex(3), "is a RangeIndex, not a DatetimeIndex. Parse the dates first."),
            (DATES.tz_localize("America/New_York"), "has the time zone America/New_York. Drop it"),
            (DATES.insert(1, pd.NaT), "holds a missing date"),
            (DATES.insert(1, DATES[0]), "holds 2019-06-26 more than once"),
            (DATES[::-1], "is not sorted: 2019-06-28 follows 2019-07-01"),
            (DATES[[0, 2, 1, 3]], "is not sorted: 2019-06-27 follows 2019-06-28"),
            (DATES + pd.Timedelta(hours=16), "holds a time of day: 2019-06-26 16:00:00"),
        ],
        ids=["no dates", "time zone", "missing", "twice", "backwards", "unsorted", "time of day"],
    )
    def test_anything_else_is_named(self, index: pd.Index, message: str) -> None:
        with pytest.raises(ContractError, match=message):
            check_dates(index, "prices")


class TestPrices:
    def test_prices_pass_untouched(self) -> None:
        frame = prices()
        before = frame.copy()
        assert check_prices(frame) is frame
        pd.testing.assert_frame_equal(frame, before)

    def test_a_price_may_be_missing_before_entry_and_after_exit(self) -> None:
        check_prices(with_cell(with_cell(prices(), 0, 0, np.nan), 3, 1, np.nan))

    def test_a_ticker_may_have_no_price_at_all(self) -> None:
        check_prices(wide([[50.0, np.nan], [51.0, np.nan]]))

    @pytest.mark.parametrize("value", [0.0, -1.0, np.inf, -np.inf])
    def test_a_price_is_positive_and_finite(self, value: float) -> None:
        with pytest.raises(ContractError, match=r"for GE on 2019-06-27: prices are positive and finite"):
            check_prices(with_cell(prices(), 1, 1, value))

    def test_a_gap_is_named_by_ticker_and_date(self) -> None:
        with pytest.raises(ContractError, match=r"nan.* for KO on 2019-06-28: a price between the first and the last"):
            check_prices(with_cell(prices(), 2, 0, np.nan))

    def test_whole_numbers_are_not_float64(self) -> None:
        with pytest.raises(ContractError, match="int64 in column 'GE', not float64"):
            check_prices(prices().astype({"GE": "int64"}))

    def test_a_ticker_stands_there_once(self) -> None:
        with pytest.raises(ContractError, match="'KO' more than once"):
            check_prices(prices()[["KO", "GE", "KO"]])

    def test_the_frame_is_called_what_the_caller_calls_it(self) -> None:
        with pytest.raises(ContractError, match=r"^the vendor's closes holds"):
            check_prices(with_cell(prices(), 1, 1, -1), "the vendor's closes")


class TestReturns:
    def test_losing_everything_is_possible_and_more_is_not(self) -> None:
        check_returns(wide([[-1.0, 0.5]]))
        with pytest.raises(ContractError, match=r"-1.01.* for KO on 2019-06-26"):
            check_returns(wide([[-1.01, 0.5]]))

    def test_a_return_is_finite(self) -> None:
        with pytest.raises(ContractError, match="returns are finite"):
            check_returns(wide([[np.inf, 0.5]]))

    def test_a_missing_return_is_an_offence_only_where_all_must_be_there(self) -> None:
        frame = wide([[0.1, np.nan]])
        assert check_returns(frame) is frame
        with pytest.raises(ContractError, match="for GE on 2019-06-26: no return may be missing here"):
            check_returns(frame, complete=True)


class TestWeights:
    def test_weights_may_be_short_and_need_not_sum_to_one(self) -> None:
        check_weights(wide([[1.4, -0.6]]))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_a_weight_is_finite(self, value: float) -> None:
        with pytest.raises(ContractError, match="for GE on 2019-06-26: weights are finite"):
            check_weights(wide([[0.5, value]]))


class TestBars:
    @staticmethod
    def bars() -> pd.DataFrame:
        return pd.DataFrame(1.0, index=DATES, columns=list(FIELDS))

    def test_bars_may_hold_any_value_a_vendor_gets_wrong(self) -> None:
        frame = self.bars()
        frame.iloc[0] = [-1, np.nan, np.inf, 0, 0, 0, 0, 0]
        assert check_bars(frame.iloc[[2, 0, 0]]) is not None

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda bars: bars.drop(columns="split"), "has the columns"),
            (lambda bars: bars[list(FIELDS)[::-1]], "in this order"),
            (lambda bars: bars.tz_localize("UTC"), "is not a tz-naive DatetimeIndex"),
            (lambda bars: bars.reset_index(drop=True), "is not a tz-naive DatetimeIndex"),
            (lambda bars: bars.astype({"volume": "int64"}), "int64 in column 'volume'"),
        ],
        ids=["column lost", "other order", "time zone", "no dates", "whole numbers"],
    )
    def test_shape_and_types_are_fixed(self, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
        with pytest.raises(ContractError, match=message):
            check_bars(spoil(self.bars()), "KO's bars")


class TestPanel:
    def test_a_close_is_enough(self) -> None:
        check_panel({"close": prices()})

    def test_values_are_left_to_cleaning(self) -> None:
        check_panel({"close": wide([[-1.0, np.nan]]), "volume": wide([[0.0, np.nan]])})

    @pytest.mark.parametrize("panel", [{}, {"open": prices()}, {"close": prices(), "last": prices()}])
    def test_fields_are_known_ones_with_a_close(self, panel: dict[str, pd.DataFrame]) -> None:
        with pytest.raises(ContractError, match=r"Known are .*close a must"):
            check_panel(panel)

    @pytest.mark.parametrize("other", [prices().iloc[1:], prices()[["GE", "KO"]]], ids=["dates", "tickers"])
    def test_every_field_has_the_same_dates_and_tickers(self, other: pd.DataFrame) -> None:
        with pytest.raises(ContractError, match=r"\['volume'\] has other dates or tickers than the close"):
            check_panel({"close": prices(), "volume": other})


class TestFeatures:
    @staticmethod
    def features() -> pd.DataFrame:
        index = pd.MultiIndex.from_product([DATES, ["KO", "GE"]], names=["date", "ticker"])
        return pd.DataFrame({"momentum": np.linspace(-1, 1, len(index))}, index=index)

    def test_a_feature_without_enough_history_is_missing(self) -> None:
        frame = self.features()
        frame.iloc[:2] = np.nan
        assert check_features(frame) is frame

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda frame: frame.swaplevel(), r"is \['ticker', 'date'\], not \(date, ticker\)"),
            (lambda frame: frame.droplevel("ticker"), r"is \['date'\]"),
            (lambda frame: frame.iloc[[0, 0]], "2019-06-26.*KO.* more than once"),
            (lambda frame: frame.replace(1.0, np.inf), "without infinities"),
            (lambda frame: frame.astype("float32"), "must be float64"),
        ],
        ids=["levels", "one level", "twice", "infinite", "float32"],
    )
    def test_anything_else_is_named(self, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
        with pytest.raises(ContractError, match=message):
            check_features(spoil(self.features()))


class TestForecasts:
    @staticmethod
    def forecasts() -> pd.DataFrame:
        row = [DATES[0], DATES[1], "KO", "ewma", 1, 0.01, -0.02, 0.04, -0.03, 0.05]
        other = [DATES[0], DATES[2], "KO", "ewma", 2, 0.0, -0.1, 0.1, -0.2, 0.2]
        return pd.DataFrame([row, other], columns=list(FORECAST_COLUMNS))

    def test_forecasts_pass_untouched(self) -> None:
        frame = self.forecasts()
        assert check_forecasts(frame) is frame

    def test_certainty_is_an_interval_too(self) -> None:
        check_forecasts(self.forecasts().assign(mean=0.0, lo_80=0.0, hi_80=0.0, lo_95=0.0, hi_95=0.0))

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda frame: frame.drop(columns="horizon"), "has the columns"),
            (lambda frame: frame.assign(date=DATES[0]), "forecasts 2019-06-26 at the cutoff 2019-06-26"),
            (lambda frame: frame.assign(date=DATES[1]), "forecasts KO by ewma for 2019-06-27 twice"),
            (lambda frame: frame.assign(mean=np.nan), "not finite: KO by ewma"),
            (lambda frame: frame.assign(lo_80=-0.5), "not nested around the mean: KO by ewma"),
            (lambda frame: frame.assign(mean=0.045), "not nested around the mean: KO by ewma"),
        ],
        ids=["column lost", "date not after cutoff", "twice", "not finite", "80 outside 95", "mean outside 80"],
    )
    def test_anything_else_is_named(self, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
        with pytest.raises(ContractError, match=message):
            check_forecasts(spoil(self.forecasts()))
