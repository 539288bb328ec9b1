"""Ingest asks for what is missing, one ticker's failure is its own, and doing it twice changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub import calendars
from foliohub.data.csv_folder import CsvFolderSource
from foliohub.data.ingest import IngestReport, ingest
from foliohub.data.restatements import merge
from foliohub.data.sample import SampleSource
from foliohub.data.store import Store
from foliohub.data.universe import Member, Universe, load_universe
from foliohub.errors import (
    CredentialsError,
    InputError,
    MalformedAnswerError,
    NotStoredError,
    RateLimitError,
    UnknownTickerError,
    VendorError,
    VendorUnavailableError,
)
from foliohub.frames import FIELDS
from foliohub.types import PriceSource

DOWNLOADED = Path(__file__).parents[3] / "../shared/data/alphavantage"
SESSIONS = calendars.sessions("2020-01-02", "2020-02-28")
NOW = datetime(2020, 3, 1, tzinfo=UTC)
UNIVERSE = Universe(
    name="small",
    title="Small",
    source="memory",
    benchmark="INDEX",
    members=(
        Member(ticker="AA"),
        Member(ticker="LATE", entry=date(2020, 1, 15)),
        Member(ticker="GONE", exit=date(2020, 1, 18)),
    ),
)


class MemorySource:
    """Bars out of a dict; remembers what it was asked."""

    name = "memory"

    def __init__(self, bars: dict[str, pd.DataFrame], last: date | None = None) -> None:
        self.bars = bars
        self.failing: dict[str, Exception] = {}
        self.asked: list[tuple[str, date | None, date]] = []
        self._last = last

    def fetch(self, ticker: str, start: date | None, end: date) -> pd.DataFrame:
        self.asked.append((ticker, start, end))
        if ticker in self.failing:
            raise self.failing[ticker]
        if ticker not in self.bars:
            raise UnknownTickerError(f"There is no {ticker}.")
        bars = self.bars[ticker]
        return bars[(bars.index <= pd.Timestamp(end)) & (bars.index >= pd.Timestamp(start or date.min.replace(1700)))]

    def last_session(self) -> date | None:
        return self._last


def history(seed: int, first: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).uniform(1, 100, (len(SESSIONS), len(FIELDS)))
    return pd.DataFrame(values, index=SESSIONS.rename("date"), columns=list(FIELDS)).iloc[first:]


@pytest.fixture
def source() -> MemorySource:
    bars = {"AA": history(1), "LATE": history(2, first=5), "GONE": history(3), "INDEX": history(4)}
    assert isinstance(MemorySource(bars), PriceSource)
    return MemorySource(bars)


@pytest.fixture
def store(open_store: Callable[[str], Store]) -> Store:
    return open_store(f"mem://{uuid.uuid4().hex}")


def run(store: Store, source: PriceSource, day: int | str, **parameters: object) -> IngestReport:
    as_of = SESSIONS[day] if isinstance(day, int) else day
    return ingest(store, source, UNIVERSE, as_of=as_of, now=NOW, **parameters)  # type: ignore[arg-type]


def statuses(report: IngestReport) -> dict[str, str]:
    return {ticker.ticker: ticker.status for ticker in report.tickers}


def test_the_first_ingest_stores_all_there_is(store: Store, source: MemorySource) -> None:
    report = run(store, source, 20)
    panel = store.read_panel("raw/small")
    assert list(panel) == list(FIELDS)
    for field, frame in panel.items():
        assert list(frame.columns) == ["AA", "GONE", "INDEX", "LATE"]
        for ticker in ("AA", "LATE", "INDEX"):
            np.testing.assert_array_equal(
                frame[ticker].dropna(), source.bars[ticker][field].loc[: SESSIONS[20]], strict=True
            )
    assert panel["close"]["GONE"].last_valid_index() == pd.Timestamp("2020-01-17")
    assert statuses(report) == dict.fromkeys(("AA", "LATE", "GONE", "INDEX"), "added")
    assert (report.before, report.after, report.changed) == (None, store.latest("raw/small"), True)
    assert report.rows == sum(ticker.rows_added for ticker in report.tickers) == int(panel["close"].count().sum())
    assert report.after.as_of == SESSIONS[20]


def test_ingesting_twice_changes_nothing(store: Store, source: MemorySource) -> None:
    first = run(store, source, 20)
    source.asked.clear()
    again = run(store, source, 20)
    assert source.asked == []
    assert (again.before, again.after, again.changed, again.rows) == (first.after, first.after, False, 0)
    assert set(statuses(again).values()) == {"unchanged"}


def test_only_what_is_missing_is_asked_for_with_some_overlap(store: Store, source: MemorySource) -> None:
    run(store, source, 20)
    source.asked.clear()
    report = run(store, source, 22, overlap=3)
    start, end = SESSIONS[18].date(), SESSIONS[22].date()
    assert source.asked == [("AA", start, end), ("LATE", start, end), ("INDEX", start, end)]
    assert statuses(report) == {"AA": "updated", "LATE": "updated", "GONE": "unchanged", "INDEX": "updated"}
    assert [ticker.rows_added for ticker in report.tickers] == [2, 2, 0, 2]


def test_night_by_night_gives_the_same_content_as_all_at_once(
    store: Store, open_store: Callable[[str], Store], source: MemorySource
) -> None:
    other = open_store(f"mem://{uuid.uuid4().hex}")
    for day in range(3, 25):
        nightly = run(store, source, day)
    assert run(other, source, 24).after.content == nightly.after.content
    assert len(store.versions("raw/small")) == 22
    assert store.known_at("raw/small", SESSIONS[10]).as_of == SESSIONS[10]


def test_members_are_asked_for_between_entry_and_exit_only(store: Store, source: MemorySource) -> None:
    assert statuses(run(store, source, 8))["LATE"] == "not listed"
    assert [asked[0] for asked in source.asked] == ["AA", "GONE", "INDEX"]
    source.asked.clear()
    report = run(store, source, 20)
    assert dict(statuses(report), GONE="") == {"AA": "updated", "LATE": "added", "GONE": "", "INDEX": "updated"}
    assert source.asked[1] == ("LATE", None, SESSIONS[20].date())
    assert source.asked[2] == ("GONE", SESSIONS[4].date(), date(2020, 1, 17))
    assert next(ticker for ticker in report.tickers if ticker.ticker == "LATE").first == SESSIONS[5]


def test_one_failure_costs_one_ticker_and_nothing_stored(store: Store, source: MemorySource) -> None:
    run(store, source, 20)
    before = store.read_panel("raw/small")
    source.failing = {"AA": RateLimitError("Too many."), "LATE": MalformedAnswerError("A web page.")}
    report = run(store, source, 22)
    assert {ticker: type(error) for ticker, error in report.failed.items()} == {
        "AA": RateLimitError,
        "LATE": MalformedAnswerError,
    }
    assert statuses(report) == {"AA": "failed", "LATE": "failed", "GONE": "unchanged", "INDEX": "updated"}
    after = store.read_panel("raw/small")
    pd.testing.assert_frame_equal(after["close"].loc[: SESSIONS[20]], before["close"])
    assert after["close"].loc[SESSIONS[21] :, "AA"].isna().all()
    assert report.after.metadata["failed"] == {"AA": "Too many.", "LATE": "A web page."}
    # The next night fetches what was missed, and is as if nothing had failed.
    source.failing = {}
    run(store, source, 22)
    for ticker in ("AA", "LATE"):
        found = store.read_panel("raw/small", fields=["close"])["close"][ticker].dropna()
        np.testing.assert_array_equal(found, source.bars[ticker]["close"].loc[: SESSIONS[22]])


def test_a_broken_source_fails_its_tickers_not_the_ingest(store: Store, source: MemorySource) -> None:
    source.bars["AA"] = source.bars["AA"].drop(columns="split")
    source.bars["LATE"] = source.bars["LATE"].set_axis(source.bars["LATE"].index + pd.Timedelta(hours=16), axis=0)
    source.bars["GONE"] = source.bars["GONE"].iloc[:0]
    report = run(store, source, 20)
    assert statuses(report) == {"AA": "failed", "LATE": "failed", "GONE": "failed", "INDEX": "added"}
    assert "columns" in str(report.failed["AA"])
    assert "time of day" in str(report.failed["LATE"])
    assert isinstance(report.failed["GONE"], UnknownTickerError)


def test_refused_credentials_are_not_tried_on_every_ticker(store: Store, source: MemorySource) -> None:
    run(store, source, 20)
    source.asked.clear()
    source.failing["AA"] = CredentialsError("No key.")
    report = run(store, source, 21)
    assert [ticker for ticker, *_ in source.asked] == ["AA"]
    assert set(report.failed) == {"AA", "LATE", "INDEX"}
    assert not report.changed


@pytest.mark.parametrize("kind", [VendorUnavailableError, RateLimitError])
def test_a_vendor_that_is_not_there_is_not_tried_on_every_ticker(
    store: Store, source: MemorySource, kind: type[VendorError]
) -> None:
    run(store, source, 3)
    source.asked.clear()
    source.failing = {ticker: kind(f"No way to {ticker}.", remedy="Wait.") for ticker in (*source.bars, "X", "Y")}
    many = UNIVERSE.model_copy(update={"members": (*UNIVERSE.members, Member(ticker="X"), Member(ticker="Y"))})
    report = ingest(store, source, many, as_of=SESSIONS[8], now=NOW)
    assert [ticker for ticker, *_ in source.asked] == ["AA", "GONE", "X"]
    assert list(report.failed) == ["AA", "GONE", "X", "Y", "INDEX"]
    assert str(report.failed["AA"]) == "No way to AA. Wait."
    reason = "memory was not asked any more after it had failed AA, GONE, X in a row: No way to X. Wait."
    assert str(report.failed["Y"]) == str(report.failed["INDEX"]) == reason
    assert type(report.failed["Y"]) is kind


@pytest.mark.parametrize("between", [None, UnknownTickerError("No such thing.")])
def test_a_vendor_that_answers_in_between_is_asked_on(
    store: Store, source: MemorySource, between: VendorError | None
) -> None:
    down = VendorUnavailableError("Down.")
    source.failing = {"AA": down, "LATE": down, "X": down, "INDEX": down} | ({"GONE": between} if between else {})
    many = UNIVERSE.model_copy(update={"members": (*UNIVERSE.members, Member(ticker="X"))})
    if between is None:
        ingest(store, source, many, as_of=SESSIONS[20], now=NOW)
    else:
        with pytest.raises(VendorUnavailableError, match=r"Down\."):
            ingest(store, source, many, as_of=SESSIONS[20], now=NOW)
    assert [ticker for ticker, *_ in source.asked] == ["AA", "LATE", "GONE", "X", "INDEX"]


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ([UnknownTickerError("No such thing.")] * 4, InputError),
        ([UnknownTickerError("No such thing."), *[VendorUnavailableError("Down.")] * 3], VendorUnavailableError),
        ([CredentialsError("No key.")] * 4, CredentialsError),
    ],
)
def test_nothing_at_all_is_an_error_of_the_kind_it_was(
    store: Store, source: MemorySource, errors: list[VendorError], raised: type[Exception]
) -> None:
    source.failing = dict(zip(("AA", "LATE", "GONE", "INDEX"), errors, strict=True))
    with pytest.raises(raised, match=f"memory has nothing for any ticker of small.*{errors[-1].message}"):
        run(store, source, 20)
    assert store.panels() == []
    assert store.tables() == []


# -- restated history ------------------------------------------------------------------------------------------------


def rescale(source: MemorySource, ticker: str, before: int, factor: float) -> None:
    bars = source.bars[ticker].copy()
    bars.loc[bars.index < SESSIONS[before], "adjusted_close"] *= factor
    source.bars[ticker] = bars


def test_restated_history_is_fetched_again_and_recorded(store: Store, source: MemorySource) -> None:
    first = run(store, source, 20)
    rescale(source, "AA", 21, 0.98)
    source.asked.clear()
    report = run(store, source, 21)
    assert [asked for asked in source.asked if asked[0] == "AA"] == [
        ("AA", SESSIONS[16].date(), SESSIONS[21].date()),
        ("AA", None, SESSIONS[21].date()),
    ]
    assert statuses(report)["AA"] == "restated"
    record = report.restated.iloc[0]
    assert (record["ticker"], record["field"], record["kind"]) == ("AA", "adjusted_close", "rescaled")
    assert (record["first_date"], record["last_date"]) == (SESSIONS[0], SESSIONS[20])
    assert record["factor"] == pytest.approx(0.98)
    stored = store.read_table("restatements/small")
    assert stored["as_of"].tolist() == [SESSIONS[21]]
    assert report.after.metadata["restatements"]["name"] == "restatements/small"
    found = store.read_panel("raw/small", fields=["adjusted_close"])["adjusted_close"]["AA"]
    np.testing.assert_array_equal(found, source.bars["AA"]["adjusted_close"].loc[: SESSIONS[21]])
    # What was known before stays readable, and later restatements are added to the record.
    old = store.read_panel("raw/small", version=first.after.number)["adjusted_close"]["AA"]
    assert old.iloc[0] == pytest.approx(found.iloc[0] / 0.98)
    rescale(source, "LATE", 22, 0.5)
    run(store, source, 22)
    assert store.read_table("restatements/small")["ticker"].tolist() == ["AA", "LATE"]


def test_a_restatement_that_cannot_be_fetched_leaves_what_is_stored(store: Store, source: MemorySource) -> None:
    run(store, source, 20)
    before = store.read_panel("raw/small")
    rescale(source, "AA", 21, 0.98)
    fetch = source.fetch

    def refuse_history(ticker: str, start: date | None, end: date) -> pd.DataFrame:
        if ticker == "AA" and start is None:
            raise RateLimitError("Too many.")
        return fetch(ticker, start, end)

    source.fetch = refuse_history  # type: ignore[method-assign]
    report = run(store, source, 21)
    assert statuses(report)["AA"] == "failed"
    assert report.restated.empty
    after = store.read_panel("raw/small")
    pd.testing.assert_series_equal(
        after["adjusted_close"]["AA"].loc[: SESSIONS[20]], before["adjusted_close"]["AA"], check_freq=False
    )


def test_duplicate_dates_are_resolved_and_reported(store: Store, source: MemorySource) -> None:
    source.bars["AA"] = pd.concat([source.bars["AA"].iloc[:11], history(9).iloc[10:11], source.bars["AA"].iloc[11:]])
    report = run(store, source, 20)
    assert report.duplicates[["ticker", "date", "rule"]].values.tolist() == [["AA", SESSIONS[10], "duplicate_date"]]
    assert store.read_panel("raw/small")["close"].loc[SESSIONS[10], "AA"] == history(9)["close"].iloc[10]
    place = report.after.metadata["duplicates"]
    table = store.read_table(place["name"], version=place["number"])
    assert table["received"].tolist() == [history(1)["close"].iloc[10]]
    # Later versions still point to it.
    assert run(store, source, 21).after.metadata["duplicates"] == place


def test_the_panel_can_be_made_again_from_the_answers(store: Store, source: MemorySource) -> None:
    versions = []
    for day in (15, 16, 20):
        versions.append(run(store, source, day).after)
        rescale(source, "AA", day + 1, 0.9)
    panel = None
    for version in versions:
        fetched = version.metadata["fetched"]
        panel, _ = merge(panel, store.read_table(fetched["name"], version=fetched["number"]))
    assert panel is not None
    found = store.read_panel("raw/small")
    for field, frame in found.items():
        pd.testing.assert_frame_equal(frame, panel[field], check_freq=False)


# -- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "complaint"),
    [
        ("2020-01-04", r"2020-01-04 \(Saturday\) is not a session"),
        ("2020-01-20", r"2020-01-20 \(Monday\) is not a session"),
        ("2020-03-02", r"2020-03-02 are not settled yet: the last session that is, is 2020-02-28"),
        ("soon", "'soon' is not a"),
        ("1960-01-04", "outside what the calendar covers"),
        ("2020-01-15 16:00", "not a calendar day"),
    ],
)
def test_a_day_that_cannot_be_ingested_says_why(store: Store, source: MemorySource, day: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        run(store, source, day)
    assert source.asked == []


def test_a_day_after_all_that_the_source_has_says_so(store: Store, source: MemorySource) -> None:
    limited = MemorySource(source.bars, last=date(2020, 1, 31))
    with pytest.raises(InputError, match="lies after all that the source memory has: it ends on 2020-01-31"):
        run(store, limited, "2020-02-03")
    assert run(store, limited, "2020-01-31").changed


def test_a_day_before_what_is_stored_changes_nothing(store: Store, source: MemorySource) -> None:
    latest = run(store, source, 20).after
    source.asked.clear()
    report = run(store, source, 10)
    assert (report.before, report.after, report.rows, source.asked) == (latest, latest, 0, [])
    with pytest.raises(InputError, match="2019-12-31 lies before all that is stored as raw/small"):
        run(store, source, "2019-12-31")


def test_other_wrong_arguments_say_so(store: Store, source: MemorySource) -> None:
    with pytest.raises(InputError, match="overlap is 0"):
        run(store, source, 20, overlap=0)
    with pytest.raises(InputError, match="no time zone"):
        ingest(store, source, UNIVERSE, as_of=SESSIONS[3], now=datetime(2020, 3, 1))


# -- report ----------------------------------------------------------------------------------------------------------


def test_the_report_is_a_table_that_can_be_stored(store: Store, source: MemorySource) -> None:
    source.failing["AA"] = RateLimitError("Too many.")
    frame = run(store, source, 5).to_frame()
    assert frame.columns.tolist() == ["ticker", "status", "rows_added", "first", "last", "message"]
    assert frame["ticker"].tolist() == ["AA", "LATE", "GONE", "INDEX"]
    assert frame["status"].tolist() == ["failed", "not listed", "added", "added"]
    assert frame["message"].tolist() == ["Too many.", "", "", ""]
    store.write_table("ingest/small", frame)
    pd.testing.assert_frame_equal(store.read_table("ingest/small"), frame)


def test_progress_is_told_before_each_ticker(store: Store, source: MemorySource) -> None:
    told: list[tuple[str, int, int]] = []
    run(store, source, 20, progress=lambda *step: told.append(step))
    assert told == [("AA", 0, 4), ("LATE", 1, 4), ("GONE", 2, 4), ("INDEX", 3, 4)]


def test_an_ingest_that_is_killed_and_started_again_ends_as_if_it_had_not_been(
    store: Store, open_store: Callable[[str], Store], source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_store(f"mem://{uuid.uuid4().hex}")
    for target in (store, other):
        run(target, MemorySource(dict(source.bars)), 20)
    rescale(source, "AA", 21, 0.98)
    expected = run(other, source, 21)

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    for method in ("write_panel", "write_table"):
        with monkeypatch.context() as patch:
            patch.setattr(Store, method, die)
            with pytest.raises(Killed):
                run(store, source, 21)
    report = run(store, source, 21)
    assert report.after.content == expected.after.content
    for name in ("restatements/small", f"fetched/small/{SESSIONS[21]:%Y-%m-%d}"):
        assert store.latest(name).content == other.latest(name).content


# -- real data -------------------------------------------------------------------------------------------------------


def test_the_sample_is_ingested_with_its_index(store: Store) -> None:
    report = ingest(store, SampleSource(), load_universe("sample"), as_of="2022-12-28")
    assert (len(report.tickers), report.rows, report.failed) == (21, 21 * 8313, {})
    assert store.read_panel("raw/sample", fields=["close"], tickers=["SP500"])["close"].shape == (8313, 1)


@pytest.mark.shared
@pytest.mark.skipif(not DOWNLOADED.is_dir(), reason="the downloaded market data are not here")
def test_the_downloaded_universe_is_stored_but_for_the_one_that_is_an_error_message(store: Store) -> None:
    source, universe = CsvFolderSource(DOWNLOADED), load_universe("av30")
    report = ingest(store, source, universe, as_of="2021-04-20")
    assert list(report.failed) == ["BF.B"]
    assert "Error Message" in str(report.failed["BF.B"])
    assert report.to_frame()["status"].value_counts().to_dict() == {"added": 29, "failed": 1}
    assert ingest(store, source, universe, as_of="2021-04-20").after == report.after
    later = ingest(store, source, universe, as_of="2021-04-21")
    assert (later.rows, later.restated.empty) == (29, True)
    with pytest.raises(NotStoredError):
        store.read_table("restatements/av30")
