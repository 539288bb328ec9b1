import numpy as np
import pandas as pd
import pytest

from foliohub.clean import EVENT_COLUMNS, Thresholds, clean_prices, require_enough
from foliohub.errors import ContractError, InputError, QualityError
from foliohub.frames import check_panel, check_prices

NAN = np.nan


def clean(panel, **options):
    return clean_prices(panel, sessions=panel["close"].index, **options)


def told(result, column="rule"):
    return result.quality.events[column].tolist()


def test_ordinary_bars_come_through_untouched(make_panel):
    panel = make_panel([100.0, 101.0, 99.0])
    result = clean(panel)
    assert result.quality.events.empty
    assert tuple(result.quality.events.columns) == EVENT_COLUMNS
    for field, frame in panel.items():
        pd.testing.assert_frame_equal(result.panel[field], frame)
    pd.testing.assert_frame_equal(result.adjusted, panel["close"])
    assert result.quality.summary.loc["AAA", "status"] == "clean"
    assert result.tickers == ["AAA"]
    assert result.unsettled == []


def test_the_result_keeps_the_contracts(make_panel):
    result = clean(make_panel([100.0, NAN, 99.0, 5000.0, 98.0]))
    check_panel(result.panel)
    check_prices(result.adjusted)


def test_splits_and_dividends_are_in_the_adjusted_close(make_panel):
    panel = make_panel([100.0, 50.0, 49.0, 49.0], split=[1, 2, 1, 1], dividend=[0, 0, 1, 0])
    assert clean(panel).adjusted["AAA"].tolist() == [100.0, 100.0, 100.0, 100.0]


def test_the_adjusted_close_matches_moves_the_press_reported(make_panel):
    # Apple, adjusted for its splits: +1.6 % on 2014-06-09 (7:1) and +3.4 % on 2020-08-31 (4:1); closes as traded.
    apple = make_panel([645.57, 93.70], split=[1, 7])
    assert clean(apple).returns()["AAA"].iloc[1] == pytest.approx(0.016, abs=5e-4)
    apple = make_panel([499.23, 129.04], split=[1, 4])
    assert clean(apple).returns()["AAA"].iloc[1] == pytest.approx(0.034, abs=5e-4)


def test_without_splits_and_dividends_the_vendors_adjusted_close_gives_the_returns(make_panel):
    panel = make_panel([100.0, 50.0, 51.0], adjusted_close=[40.0, 42.0, 42.84])
    del panel["split"], panel["dividend"]
    np.testing.assert_allclose(clean(panel).returns()["AAA"].iloc[1:], [0.05, 0.02])
    assert told(clean(panel)) == []


def test_an_adjusted_close_alone_is_enough(make_panel):
    panel = make_panel([NAN] * 3, adjusted_close=[10.0, 11.0, 12.1])
    panel = {name: panel[name] for name in ("close", "adjusted_close")}
    result = clean(panel)
    assert result.adjusted["AAA"].tolist() == pytest.approx([10.0, 11.0, 12.1])
    assert result.quality.not_given["AAA"] == ("open", "high", "low", "close", "volume", "dividend", "split")
    assert "not given" in result.quality.explain("AAA")[0]
    assert pd.isna(result.quality.summary.loc["AAA", "zero_volume"])
    assert result.quality.summary.loc["AAA", "stale_run"] == 0


def test_what_no_ticker_was_given_is_said_once(make_panel):
    panel = {name: frame.join(frame.rename(columns={"AAA": "BBB"})) for name, frame in make_panel([1.0, 2.0]).items()}
    for name in ("split", "volume"):
        panel[name] = panel[name] * NAN
    lacking = "adjusted_close, volume, split not given; the rules that need them were skipped."
    quality = clean(panel).quality
    assert quality.explain()[0] == f"all tickers: {lacking}"
    assert sum("not given" in line for line in quality.explain()) == 1
    assert quality.explain("BBB")[0] == f"BBB: {lacking}"
    panel["volume"]["AAA"] = 1e6
    assert [line.split(":")[0] for line in clean(panel).quality.explain() if "not given" in line] == ["AAA", "BBB"]


def test_a_decimal_error_is_held_and_found_to_be_a_spike(make_panel):
    result = clean(make_panel([100.0, 101.0, 1.02, 103.0]))
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 101.0, 101.0, 103.0])
    assert told(result) == ["unexplained_move", "spike_reverted"]
    assert told(result, "action") == ["held", "kept"]
    assert result.panel["close"]["AAA"].isna().tolist() == [False, False, True, False]
    assert result.panel["volume"]["AAA"].isna().tolist() == [False, False, True, False]


def test_on_its_day_a_spike_leaves_the_ticker_unsettled(make_panel):
    result = clean(make_panel([100.0, 101.0, 1.02]))
    assert result.tickers == result.unsettled == ["AAA"]


def test_a_spliced_company_changes_the_level_and_earns_nothing_by_it(make_panel):
    result = clean(make_panel([100.0, 100.0, 36.0, 36.36, 36.36]))
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 100.0, 100.0, 101.0, 101.0])
    assert told(result) == ["unexplained_move", "new_level"]


def test_a_crash_that_is_traded_stays_on_its_day(make_panel):
    panel = make_panel([100.0, 100.0, 39.0, 40.0], high=[101, 101, 60, 41], low=[99, 99, 35, 38])
    result = clean(panel)
    assert result.returns()["AAA"].iloc[2] == pytest.approx(-0.61)
    assert told(result) == []


def test_a_fall_beyond_belief_is_booked_when_the_next_day_confirms_it(make_panel):
    panel = make_panel([100.0, 100.0, 5.0, 5.5], high=[101, 101, 70, 6], low=[99, 99, 4, 5])
    result = clean(panel)
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 100.0, 100.0, 5.5])
    assert told(result) == ["unexplained_move", "new_level"]
    assert "-94.5% is booked today" in result.quality.explain("AAA")[-1]


def test_a_split_that_the_price_did_not_follow_is_undone(make_panel):
    result = clean(make_panel([100.0, 101.0, 102.0], split=[1, 2, 1]))
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 101.0, 102.0])
    assert result.panel["split"]["AAA"].tolist() == [1.0, 1.0, 1.0]
    assert told(result) == ["split_without_move"]
    assert result.quality.events["received"].tolist() == [2.0]


def test_a_dividend_that_the_price_did_not_follow_is_undone(make_panel):
    result = clean(make_panel([100.0, 101.0, 102.0], dividend=[0, 60, 0]))
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 101.0, 102.0])
    assert told(result) == ["dividend_without_move"]


def test_a_forgotten_split_is_put_in(make_panel):
    result = clean(make_panel([100.0, 51.0, 50.0]))
    assert result.panel["split"]["AAA"].tolist() == [1.0, 2.0, 1.0]
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 102.0, 100.0])
    assert told(result) == ["forgotten_split"]


def test_a_split_recorded_a_day_late_is_put_where_it_belongs(make_panel):
    result = clean(make_panel([100.0, 50.0, 50.0], split=[1, 1, 2]))
    assert result.panel["split"]["AAA"].tolist() == [1.0, 2.0, 1.0]
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 100.0, 100.0])


def test_a_missing_session_is_bridged_and_its_dividend_is_not_lost(make_panel):
    result = clean(make_panel([100.0, NAN, 99.0], dividend=[0, 1, 0]))
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 100.0, 100.0])
    assert told(result) == ["missing_session"]
    assert told(result, "action") == ["carried"]


def test_a_split_on_a_missing_session_counts_when_the_price_is_back(make_panel):
    result = clean(make_panel([100.0, NAN, 51.0], split=[1, 2, 1]))
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 100.0, 102.0])


def test_a_ticker_too_long_without_a_price_is_quarantined_for_good(make_panel):
    closes = [100.0, 101.0, NAN, NAN, NAN, 102.0, 103.0]
    result = clean(make_panel(closes), thresholds=Thresholds(carried_sessions=2))
    assert result.adjusted["AAA"].tolist() == pytest.approx([100, 101, 101, 101, NAN, NAN, NAN], nan_ok=True)
    assert "2020-01-03" in result.quality.quarantined["AAA"]
    assert told(result)[-1] == "quarantine"
    assert result.quality.events["date"].max() == result.adjusted.index[4]
    assert result.tickers == []
    assert result.panel["close"]["AAA"].isna().tolist() == [False, False, True, True, True, True, True]


def test_the_bridge_bears_exactly_as_many_sessions_as_it_says(make_panel):
    closes = [100.0, *[NAN] * 5, 102.0]
    assert clean(make_panel(closes)).quality.quarantined == {}
    closes = [100.0, *[NAN] * 6, 102.0]
    assert list(clean(make_panel(closes)).quality.quarantined) == ["AAA"]


def test_a_ticker_too_often_without_a_price_is_quarantined(make_panel):
    closes = [100.0, NAN] * 30
    result = clean(make_panel(closes))
    assert "26 of the last 252 sessions" in result.quality.quarantined["AAA"]


def test_non_positive_prices_are_set_missing(make_panel):
    result = clean(make_panel([100.0, -5.0, 101.0], low=[99, 0, 100], high=[102, 102, 102], open=[100, 100, 100]))
    assert sorted(told(result, "field")) == ["close", "low"]
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 100.0, 101.0])


def test_a_close_far_outside_its_range_is_set_missing_and_a_near_one_kept(make_panel):
    result = clean(make_panel([100.0, 103.5, 101.0], high=[101, 100, 100.5], low=[99, 99, 99]))
    assert told(result) == ["close_outside_range", "open_outside_range", "close_outside_range", "open_outside_range"]
    assert told(result, "action") == ["set missing", "set missing", "kept", "kept"]
    assert result.adjusted["AAA"].tolist() == pytest.approx([100.0, 100.0, 101.0])


def test_a_bar_upside_down_loses_its_range_and_is_no_evidence(make_panel):
    result = clean(make_panel([100.0, 70.0, 70.0], high=[101, 60, 71], low=[99, 110, 69]))
    assert told(result) == ["high_below_low", "unexplained_move", "new_level"]
    assert result.panel["high"]["AAA"].isna().tolist() == [False, True, False]


def test_odd_volumes_are_reported(make_panel):
    result = clean(make_panel([100.0, 100.5, 101.0, 100.0], volume=[1e6, 0, -3, NAN]))
    assert told(result) == ["zero_volume", "invalid_volume", "missing_volume"]
    assert result.panel["volume"]["AAA"].isna().tolist() == [False, False, True, True]


def test_impossible_splits_and_dividends_are_undone(make_panel):
    result = clean(make_panel([100.0, 100.0, 100.0], split=[1, 0, 1], dividend=[0, 0, -2]))
    assert told(result) == ["invalid_split", "invalid_dividend"]
    assert result.adjusted["AAA"].tolist() == [100.0, 100.0, 100.0]


def test_a_stale_run_is_reported_from_the_day_it_can_be_known(make_panel):
    result = clean(make_panel([99.0] + [100.0] * 7))
    assert told(result) == ["stale_run", "stale_run"]
    story = "stale run: close 100 kept; unchanged for 5 sessions in a row or more."
    assert result.quality.explain("AAA")[1:] == [f"AAA 2020-01-10 to 2020-01-13 (2 sessions): {story}"]


def test_the_vendors_adjusted_close_is_compared_with_ours(make_panel):
    panel = make_panel([100.0, 101.0, 102.0], dividend=[0, 1, 0], adjusted_close=[100.0, 101.0, 102.0])
    result = clean(panel)
    assert told(result) == ["adjusted_close_disagrees"]
    assert "+1.00%, ours +2.00%" in result.quality.events["remark"].iloc[0]
    assert result.panel["adjusted_close"]["AAA"].tolist() == pytest.approx([100.0, 102.0, 102 * 102 / 101])


def test_rows_outside_the_sessions_are_left_out_and_missing_ones_are_put_in(make_panel):
    panel = make_panel([100.0, 100.5, 101.0, 102.0])
    index = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-04", "2020-01-07"], name="date")
    panel = {name: frame.set_axis(index) for name, frame in panel.items()}
    sessions = pd.DatetimeIndex(["2019-12-31", "2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08"])
    result = clean_prices(panel, sessions=sessions)
    assert result.adjusted.index.equals(sessions[1:])
    assert told(result) == ["non_session", "missing_session", "missing_session"]
    assert "Saturday" in result.quality.events["remark"].iloc[0]
    assert result.adjusted["AAA"].tolist() == pytest.approx([100, 100.5, 100.5, 102, 102])


def test_nothing_after_the_last_session_is_looked_at(make_panel):
    panel = make_panel([100.0, 100.5, -7.0, NAN])
    result = clean_prices(panel, sessions=panel["close"].index[:2])
    assert result.quality.events.empty
    assert len(result.adjusted) == 2


def test_entry_and_exit_bound_a_tickers_life(make_panel):
    panel = make_panel([30.0, 31.0, 100.0, 101.0, 55.0, NAN, NAN, NAN, NAN, NAN, NAN, NAN])
    days = panel["close"].index
    result = clean_prices(panel, sessions=days, entry={"AAA": days[2].date()}, exit={"AAA": days[3].date()})
    assert result.adjusted["AAA"].dropna().tolist() == [100.0, 101.0]
    assert result.quality.events.empty
    assert result.quality.summary.loc["AAA", ["status", "sessions"]].tolist() == ["left", 2]


def test_a_ticker_not_yet_listed_is_neither_quarantined_nor_counted(make_panel):
    panel = {name: frame.assign(BBB=NAN) for name, frame in make_panel([100.0, 101.0]).items()}
    result = clean(panel)
    assert result.quality.summary.loc["BBB", "status"] == "not listed"
    assert require_enough(result, 1.0) is result


def test_a_member_without_any_price_since_its_entry_is_quarantined(make_panel):
    panel = {name: frame.assign(BBB=NAN) for name, frame in make_panel([100.0] * 8).items()}
    result = clean(panel, entry={"BBB": "2020-01-02"})
    assert result.quality.quarantined == {"BBB": "no price since its entry on 2020-01-02"}


def test_the_benchmark_is_cleaned_and_kept_apart(make_panel):
    panel = {name: frame.assign(SP500=frame["AAA"] * 2) for name, frame in make_panel([100.0, 101.0]).items()}
    result = clean(panel, benchmark="SP500")
    assert list(result.adjusted.columns) == ["AAA"]
    assert list(result.panel["close"].columns) == ["AAA"]
    assert result.benchmark.tolist() == [200.0, 202.0]
    assert "SP500" in result.quality.summary.index


def test_what_the_ingest_saw_of_duplicates_is_reported(make_panel):
    seen = pd.DataFrame({"ticker": ["AAA", "AAA"], "date": ["2020-01-03", "2021-01-01"], "received": [99.0, 1.0]})
    result = clean(make_panel([100.0, 101.0]), duplicates=seen)
    assert told(result) == ["duplicate_date"]
    assert result.quality.summary.loc["AAA", "duplicate_date"] == 1


def test_too_much_in_quarantine_stops_the_cycle_and_names_everyone(make_panel):
    panel = make_panel([100.0, 101.0, 102.0])
    result = clean(panel, refused={"BF.B": "Error Message"})
    assert result.quality.summary.loc["BF.B", "status"] == "quarantined"
    assert result.quality.explain("BF.B") == ["BF.B: quarantined: Error Message."]
    assert require_enough(result, 0.5) is result
    with pytest.raises(QualityError, match=r"1 of 2 tickers is left.*BF\.B \(Error Message\)"):
        require_enough(result, 0.6)


def test_bad_arguments_are_refused(make_panel):
    panel = make_panel([100.0, 101.0])
    with pytest.raises(InputError, match="no benchmark 'SP500'"):
        clean(panel, benchmark="SP500")
    with pytest.raises(InputError, match="no row on or before"):
        clean_prices(panel, sessions=pd.DatetimeIndex(["2019-01-02"]))
    with pytest.raises(InputError, match="needs ticker and date"):
        clean(panel, duplicates=pd.DataFrame({"day": []}))
    with pytest.raises(ContractError):
        clean_prices({"open": panel["open"]}, sessions=panel["open"].index)
    with pytest.raises(InputError, match="minimum fraction"):
        require_enough(clean(panel), 1.5)
    with pytest.raises(InputError, match="no ticker 'XYZ'"):
        clean(panel).quality.explain("XYZ")


def test_the_panel_received_is_left_as_it_was(make_panel):
    panel = make_panel([100.0, -1.0, 5000.0, 100.0], split=[1, 1, 1, 2])
    before = {name: frame.copy() for name, frame in panel.items()}
    clean(panel)
    for name, frame in panel.items():
        pd.testing.assert_frame_equal(frame, before[name])
