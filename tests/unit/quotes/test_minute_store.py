"""Minute bars are stored once, whoever writes them how often; and no stage reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from foliohub.data import Store
from foliohub.errors import NotStoredError
from foliohub.quotes import MinuteBar, add_minutes, minutes_name, read_minutes

DAY = "2019-06-28"
OPEN = datetime(2019, 6, 28, 13, 30, tzinfo=UTC)


def bar(minute: int, ticker: str = "KO", close: float = 50.0) -> MinuteBar:
    volume = float("nan") if minute == 0 else 100.0
    return MinuteBar(OPEN + timedelta(minutes=minute), ticker, 50.0, 51.0, 49.0, close, volume, 3, minute > 0)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"lmdb://{tmp_path / 'store'}", locks=tmp_path / "locks")
    yield store
    store.close()


def test_bars_come_back_as_they_were(store) -> None:
    add_minutes(store, "sample", DAY, [bar(1, "PG"), bar(0), bar(1)])
    table = read_minutes(store, "sample", DAY)
    assert table[["minute", "ticker"]].to_numpy().tolist() == [
        [pd.Timestamp("2019-06-28 13:30"), "KO"],
        [pd.Timestamp("2019-06-28 13:31"), "KO"],
        [pd.Timestamp("2019-06-28 13:31"), "PG"],
    ]
    assert table["complete"].tolist() == [False, True, True]
    assert table["volume"].isna().tolist() == [True, False, False]


def test_a_minute_is_stored_once_and_the_first_bar_stays(store) -> None:
    add_minutes(store, "sample", DAY, [bar(0), bar(1)])
    add_minutes(store, "sample", DAY, [bar(1, close=99.0), bar(2), bar(2, close=98.0)])
    table = read_minutes(store, "sample", DAY)
    assert table["close"].tolist() == [50.0, 50.0, 50.0]
    assert not table.duplicated(["minute", "ticker"]).any()


def test_writing_the_same_again_makes_no_version(store) -> None:
    first = add_minutes(store, "sample", DAY, [bar(0)])
    assert add_minutes(store, "sample", DAY, [bar(0)]) == first
    assert add_minutes(store, "sample", DAY, []) is None
    assert [version.name for version in store.versions(minutes_name("sample", DAY))] == ["minutes/sample/2019-06-28"]


def test_a_session_without_bars_is_not_stored(store) -> None:
    with pytest.raises(NotStoredError, match="minutes/sample/2019-06-28"):
        read_minutes(store, "sample", DAY)
