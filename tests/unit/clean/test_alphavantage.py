"""What cleaning does to 29 real files of one vendor, row by row."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from foliohub.calendars import sessions
from foliohub.clean import clean_prices
from foliohub.data.universe import load_universe
from foliohub.frames import check_prices

pytestmark = pytest.mark.shared

FIRST, LAST = "1999-11-01", "2021-04-21"


@pytest.fixture(scope="module")
def result(alpha_vantage):
    return clean_prices(alpha_vantage, sessions=sessions(FIRST, LAST))


def rows(result, rule):
    events = result.quality.events
    some = events[events["rule"] == rule]
    return [f"{ticker} {date:%Y-%m-%d}" for ticker, date in zip(some["ticker"], some["date"], strict=True)]


def test_few_rows_are_touched_and_nobody_is_quarantined(result):
    # 69 events of 137,822 bars: the tests below say what each is.
    assert Counter(result.quality.events["rule"]) == {
        "zero_volume": 47,
        "missing_session": 6,
        "adjusted_close_disagrees": 6,
        "unexplained_move": 3,
        "new_level": 3,
        "stale_run": 3,
        "split_without_move": 2,
        "forgotten_split": 1,
    }
    assert result.quality.quarantined == {}
    status = result.quality.summary["status"]
    assert sorted(status.index[status == "touched"]) == ["ANTM", "CHTR", "GNRC", "MNST", "SPGI"]
    assert (status.drop(["ANTM", "CHTR", "GNRC", "MNST", "SPGI"]) == "clean").all()
    assert len(status) == 29
    assert len(result.tickers) == 29
    check_prices(result.adjusted)


def test_days_without_trade_are_flagged_and_kept(result):
    count = Counter(row.split()[0] for row in rows(result, "zero_volume"))
    assert count == {"MNST": 22, "CHTR": 17, "SPGI": 6, "ANTM": 2}
    assert result.panel["close"]["CHTR"]["2010-02-17"] == 29.74


def test_monster_stood_still_in_march_2001(result):
    assert rows(result, "stale_run") == ["MNST 2001-03-15", "MNST 2001-03-16", "MNST 2001-03-19"]


def test_sp_globals_missing_sessions_are_bridged(result):
    days = ["2003-03-21", "2006-02-21", "2006-04-25", "2006-05-23", "2007-08-16", "2008-01-24"]
    assert rows(result, "missing_session") == [f"SPGI {day}" for day in days]
    prices = result.adjusted["SPGI"]
    assert prices["2008-01-24"] == prices["2008-01-23"]
    assert prices["2008-01-25"] / prices["2008-01-23"] == pytest.approx(42.00 / 39.71)


def test_the_fall_of_aig_stays(result):
    returns = result.returns()["AIG"]
    assert returns["2008-09-15"] == pytest.approx(4.76 / 12.14 - 1)
    assert returns.idxmin() == pd.Timestamp("2008-09-15")
    assert result.quality.summary.loc["AIG", "status"] == "clean"


@pytest.mark.parametrize(
    ("ticker", "day", "move"),
    [
        ("AAPL", "2000-09-29", -0.519),
        ("AIG", "2008-09-17", -0.453),
        ("AIG", "2009-03-16", 0.660),
        ("AMD", "2016-04-22", 0.523),
        ("BBY", "2000-11-09", -0.388),
        ("NVDA", "2004-08-06", -0.352),
        ("PG", "2000-03-07", -0.302),
    ],
)
def test_other_real_moves_stay(result, ticker, day, move):
    assert result.returns()[ticker][day] == pytest.approx(move, abs=5e-4)


def test_the_errors_in_anthem_do_not_stay(result):
    """From its listing on 2001-10-30 the ticker was Anthem's; the file mixes in WellPoint Health Networks.

    2001-10-30  the rows before are WellPoint's: 111.70 becomes 40.90, a "fall" of 63 %
    2002-03-18  WellPoint's split of 2 for 1, put on Anthem's prices: a "rise" of 105 %
    2004-09-30  two days of WellPoint's prices again, and back: +21 % and -18 %
    2005-06-02  the split of 2 for 1 is missing: a "fall" of 49 %
    """
    assert rows(result, "unexplained_move") == ["ANTM 2001-10-30", "ANTM 2004-09-30", "ANTM 2004-10-04"]
    assert rows(result, "new_level") == ["ANTM 2001-10-31", "ANTM 2004-10-01", "ANTM 2004-10-05"]
    assert rows(result, "forgotten_split") == ["ANTM 2005-06-02"]
    returns = result.returns()["ANTM"]
    assert returns[["2001-10-30", "2004-09-30", "2004-10-04"]].tolist() == [0, 0, 0]
    assert returns["2001-10-31"] == pytest.approx(41.88 / 40.90 - 1)
    assert returns["2002-03-18"] == pytest.approx(58.30 / 56.90 - 1)
    assert returns["2005-06-02"] == pytest.approx(2 * 67.64 / 133.00 - 1)
    # What is left are real days, the largest of them a profit warning.
    assert returns.abs().idxmax() == pd.Timestamp("2008-03-11")


def test_anthem_begins_in_its_universe_when_it_was_listed(alpha_vantage):
    entry = {member.ticker: member.entry for member in load_universe("av30").members}
    result = clean_prices(alpha_vantage, sessions=sessions(FIRST, LAST), entry=entry)
    assert result.adjusted["ANTM"].first_valid_index() == pd.Timestamp("2001-10-30")
    assert result.adjusted["ANTM"].dropna().iloc[0] == 40.90
    assert rows(result, "unexplained_move") == ["ANTM 2004-09-30", "ANTM 2004-10-04"]


def test_splits_without_a_move_are_undone(result):
    # GNRC: the conversion of its preferred shares at the listing, recorded as a split of the shares listed.
    assert rows(result, "split_without_move") == ["GNRC 2010-02-12", "ANTM 2002-03-18"][::-1]
    assert result.returns()["GNRC"]["2010-02-12"] == pytest.approx(13.41 / 12.84 - 1)


@pytest.mark.parametrize(
    ("ticker", "day", "ratio"),
    [("AAPL", "2014-06-09", 7), ("NVDA", "2007-09-11", 1.5), ("TSLA", "2020-08-31", 5), ("AIG", "2009-07-01", 0.05)],
)
def test_real_splits_are_kept(result, alpha_vantage, ticker, day, ratio):
    assert result.panel["split"][ticker][day] == pytest.approx(ratio, rel=1e-5)
    close = alpha_vantage["close"][ticker].loc[:day].iloc[-2:]
    assert result.returns()[ticker][day] == pytest.approx(ratio * close.iloc[1] / close.iloc[0] - 1, abs=1e-5)


def test_our_returns_are_the_vendors_but_on_the_days_reported(result, alpha_vantage):
    reported = rows(result, "adjusted_close_disagrees")
    antm = ["2001-10-30", "2002-03-18", "2004-09-30", "2004-10-04", "2005-06-02"]
    assert sorted(reported) == sorted(["GNRC 2010-02-12", *(f"ANTM {day}" for day in antm)])
    vendors = alpha_vantage["adjusted_close"].reindex(result.adjusted.index)
    difference = (result.returns() - vendors.pct_change(fill_method=None)).abs().stack()
    for row in reported:
        ticker, day = row.split()
        difference = difference.drop((pd.Timestamp(day), ticker))
    assert difference.max() < 3e-6


def test_late_listings_begin_when_they_begin(result):
    first = result.adjusted.apply(pd.Series.first_valid_index)
    assert first["CARR"] == pd.Timestamp("2020-03-19")
    assert first["VTRS"] == pd.Timestamp("2020-11-16")
    assert result.quality.summary.loc["CARR", "sessions"] == 275


def test_every_touched_row_is_explained(result):
    sentences = "\n".join(result.quality.explain())
    for ticker, date in zip(result.quality.events["ticker"], result.quality.events["date"], strict=True):
        own = [line for line in sentences.splitlines() if line.startswith(f"{ticker} ")]
        assert any(_covers(line, date) for line in own), (ticker, date)


def _covers(line, date):
    words = line.replace(":", "").split()
    first = pd.Timestamp(words[1])
    last = pd.Timestamp(words[3]) if words[2] == "to" else first
    return first <= date <= last


@pytest.mark.slow
def test_cleaning_real_data_does_not_look_ahead(result, alpha_vantage):
    days = result.adjusted.index
    telling = ["2001-10-30", "2001-10-31", "2002-03-18", "2004-09-30", "2004-10-04", "2005-06-02", "2008-01-24"]
    telling += ["2008-09-15", "2010-02-12", "2010-02-16", "2020-03-19"]
    for day in telling:
        cut = clean_prices({name: frame.loc[:day] for name, frame in alpha_vantage.items()}, sessions=days[days <= day])
        pd.testing.assert_frame_equal(cut.adjusted, result.adjusted.loc[:day], check_exact=True, check_freq=False)
        for name, frame in cut.panel.items():
            pd.testing.assert_frame_equal(frame, result.panel[name].loc[:day], check_exact=True, check_freq=False)
        events = result.quality.events
        pd.testing.assert_frame_equal(cut.quality.events, events[events["date"] <= day].reset_index(drop=True))


def test_vendor_prices_of_the_future_leave_the_past_as_it_is(result, alpha_vantage):
    day = pd.Timestamp("2008-09-15")
    rng = np.random.default_rng(0)
    other = {name: frame.copy() for name, frame in alpha_vantage.items()}
    for frame in other.values():
        frame.loc[frame.index > day] *= rng.lognormal(0, 1, frame.loc[frame.index > day].shape)
    cleaned = clean_prices(other, sessions=result.adjusted.index)
    pd.testing.assert_frame_equal(cleaned.adjusted.loc[:day], result.adjusted.loc[:day], check_exact=True)
