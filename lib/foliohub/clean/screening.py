"""Applies the rules that need no judgement, in order, and writes down what they did."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from foliohub.clean.adjustment import Bars
from foliohub.clean.events import BoolArray, Recorder
from foliohub.clean.rules import (
    high_below_low,
    invalid_dividend,
    invalid_split,
    invalid_volume,
    missing_sessions,
    missing_volume,
    non_positive_price,
    outside_range,
    stale_run,
    zero_volume,
)
from foliohub.clean.thresholds import Thresholds
from foliohub.types import FloatArray

_CARRIED = {"close": "; the adjusted price is carried"}


def screen_bars(
    fields: Mapping[str, FloatArray], expected: BoolArray, recorder: Recorder, thresholds: Thresholds
) -> tuple[dict[str, FloatArray], Bars]:
    """Set missing what cannot be, flag what is odd.

    Parameters
    ----------
    fields : mapping
        Every one of :data:`foliohub.frames.FIELDS` -> array (n_dates, n_tickers), NaN for not given.
    expected : ndarray of bool (n_dates, n_tickers)
        True from a ticker's entry to its exit.
    recorder : Recorder
        Takes the events.
    thresholds : Thresholds

    Returns
    -------
    fields : dict
        New arrays; split and dividend are still NaN where not given.
    bars : Bars
        The same, ready for :func:`~foliohub.clean.levels.settle_levels`.

    Notes
    -----
    A ticker whose raw close the vendor has never given up to a day is cleaned by its adjusted close.
    """
    own = {name: values.copy() for name, values in fields.items()}
    raw_given = np.maximum.accumulate(~np.isnan(own["close"]), axis=0)
    own["close"] = np.where(raw_given, own["close"], own["adjusted_close"])
    _check_prices(own, expected, recorder)
    _check_range(own, recorder, thresholds.range_tolerance)
    _check_volume(own, recorder)
    _check_actions(own, recorder)
    recorder.add_all(
        stale_run(own["close"], thresholds.stale_run),
        own["close"],
        rule="stale_run",
        field="close",
        action="kept",
        remark=f"unchanged for {thresholds.stale_run} sessions in a row or more",
    )
    split, dividend = own["split"], own["dividend"]
    bars = Bars(
        close=own["close"],
        high=own["high"],
        low=own["low"],
        volume=own["volume"],
        split=np.where(np.isnan(split) | ~raw_given, 1.0, split),
        dividend=np.where(np.isnan(dividend) | ~raw_given, 0.0, dividend),
        vendor_adjusted=own["adjusted_close"],
        actions_given=raw_given & ~(np.isnan(split) & np.isnan(dividend)),
    )
    return own, bars


def _check_prices(own: dict[str, FloatArray], expected: BoolArray, recorder: Recorder) -> None:
    absent = missing_sessions(own["close"], expected)
    remark = "the vendor has no close"
    recorder.add_all(absent, own["close"], rule="missing_session", field="close", action="carried", remark=remark)
    for field in ("open", "high", "low", "close", "adjusted_close"):
        wrong = non_positive_price(own[field])
        remark = "no share trades at such a price" + _CARRIED.get(field, "")
        recorder.add_all(wrong, own[field], rule="non_positive_price", field=field, action="set missing", remark=remark)
        own[field][wrong] = np.nan


def _check_range(own: dict[str, FloatArray], recorder: Recorder, tolerance: float) -> None:
    wrong, remark = high_below_low(own["high"], own["low"]), "the high lies below the low"
    recorder.add_all(wrong, own["high"], rule="high_below_low", field="high", action="set missing", remark=remark)
    own["high"][wrong] = own["low"][wrong] = np.nan
    for field in ("open", "close"):
        rule, values = f"{field}_outside_range", own[field]
        outside = outside_range(values, own["high"], own["low"])
        far = outside_range(values, own["high"], own["low"], tolerance)
        remark = f"less than {tolerance:.1%} outside the day's range"
        recorder.add_all(outside & ~far, values, rule=rule, field=field, action="kept", remark=remark)
        remark = f"more than {tolerance:.1%} outside the day's range" + _CARRIED.get(field, "")
        recorder.add_all(far, values, rule=rule, field=field, action="set missing", remark=remark)
        values[far] = np.nan


def _check_volume(own: dict[str, FloatArray], recorder: Recorder) -> None:
    volume, close = own["volume"], own["close"]
    still, remark = zero_volume(volume, close), "the close stands though no share was traded"
    recorder.add_all(still, volume, rule="zero_volume", field="volume", action="kept", remark=remark)
    missing, remark = missing_volume(volume, close), "a close without a volume"
    recorder.add_all(missing, volume, rule="missing_volume", field="volume", action="kept", remark=remark)
    wrong, remark = invalid_volume(volume), "no such number of shares can be traded"
    recorder.add_all(wrong, volume, rule="invalid_volume", field="volume", action="set missing", remark=remark)
    volume[wrong] = np.nan


def _check_actions(own: dict[str, FloatArray], recorder: Recorder) -> None:
    for field, wrong, none in (
        ("split", invalid_split(own["split"]), 1.0),
        ("dividend", invalid_dividend(own["dividend"]), 0.0),
    ):
        remark = f"set to {none:g}: there is no such {field}"
        recorder.add_all(wrong, own[field], rule=f"invalid_{field}", field=field, action="repaired", remark=remark)
        own[field][wrong] = none
