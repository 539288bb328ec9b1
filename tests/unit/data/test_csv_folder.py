"""A folder of CSV files: what is read, and how each kind of broken file is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.data.csv_folder import CsvFolderSource
from foliohub.errors import InputError, MalformedAnswerError, UnknownTickerError, VendorUnavailableError
from foliohub.frames import check_bars
from foliohub.types import PriceSource

HEADER = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient"
LINES = [
    "2020-08-27,508.57,509.94,495.33,500.04,124.6088,38888096,0.0,1.0",
    "2020-08-28,504.05,505.77,498.31,499.23,124.4069,46907479,0.0,1.0",
    "2020-08-31,127.58,131.0,126.0,129.04,128.6247,223505733,0.0,4.0",
]
END = date(2020, 12, 31)
SHARED = Path(__file__).parents[4] / "shared" / "data" / "alphavantage"


def text(*lines: str) -> str:
    return "\n".join(lines) + "\n"


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, ticker: str = "AAPL") -> CsvFolderSource:
        (tmp_path / f"{ticker}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        return CsvFolderSource(tmp_path)

    return write


def test_it_is_a_price_source(tmp_path):
    assert isinstance(CsvFolderSource(tmp_path), PriceSource)


def test_every_field_arrives_where_it_belongs(write):
    bars = check_bars(write(text(HEADER, *LINES)).fetch("AAPL", None, END))
    assert bars.index.tolist() == [pd.Timestamp(line[:10]) for line in LINES]
    assert bars.index.name == "date"
    assert bars.iloc[-1].to_dict() == {
        "open": 127.58,
        "high": 131.0,
        "low": 126.0,
        "close": 129.04,
        "adjusted_close": 128.6247,
        "volume": 223505733,
        "dividend": 0,
        "split": 4,
    }


@pytest.mark.parametrize(
    "content",
    [
        text(HEADER, *LINES).replace("\n", "\r\n"),
        "\ufeff" + text(HEADER, *LINES),
        text(HEADER, *LINES).rstrip("\n"),
        text(HEADER, LINES[0], "", LINES[1], LINES[2], "", ""),
        text(HEADER.replace(",", " , "), *(line.replace(",", ", ") for line in LINES)),
        text(HEADER + ",note", *(line + ",x" for line in LINES)),
        text(*(",".join(reversed(line.split(","))) for line in (HEADER, *LINES))),
    ],
    ids=["crlf", "byte order mark", "no last newline", "blank lines", "spaces", "further column", "other order"],
)
def test_harmless_differences_change_nothing(write, content):
    expected = write(text(HEADER, *LINES), "B").fetch("B", None, END)
    pd.testing.assert_frame_equal(write(content).fetch("AAPL", None, END), expected)


def test_newest_first_is_turned_round(write):
    bars = write(text(HEADER, *reversed(LINES))).fetch("AAPL", None, END)
    pd.testing.assert_frame_equal(bars, write(text(HEADER, *LINES), "B").fetch("B", None, END))


def test_other_disorder_and_duplicates_are_kept(write):
    bars = write(text(HEADER, LINES[1], LINES[0], LINES[2], LINES[2])).fetch("AAPL", None, END)
    assert bars.index.day.tolist() == [28, 27, 31, 31]


def test_an_empty_cell_is_a_missing_value(write):
    bars = write(text(HEADER, LINES[0].replace("500.04", ""))).fetch("AAPL", None, END)
    assert np.isnan(bars["close"].iloc[0])


def test_both_ends_of_a_range_are_included(write):
    bars = write(text(HEADER, *LINES)).fetch("AAPL", date(2020, 8, 28), date(2020, 8, 28))
    assert bars.index.day.tolist() == [28]


def test_a_session_under_way_is_never_returned(write, tmp_path):
    write(text(HEADER, *LINES))
    source = CsvFolderSource(tmp_path, now=lambda: datetime(2020, 8, 31, 18, tzinfo=UTC))
    assert source.fetch("AAPL", None, END).index[-1] == pd.Timestamp("2020-08-28")
    assert source.last_session() == date(2020, 8, 28)


def test_the_last_session_is_the_newest_of_all_files(write, tmp_path):
    write(text(HEADER, *LINES[:2]))
    write(text(HEADER, *reversed(LINES)), "NEWEST_FIRST")
    write("{\nError Message\n}\n", "BF.B")
    write(b"\xff\xfe\x00", "GARBAGE")
    (tmp_path / "FOLDER.csv").mkdir()
    assert CsvFolderSource(tmp_path).last_session() == date(2020, 8, 31)


def test_a_folder_without_prices_has_no_last_session(write, tmp_path):
    with pytest.raises(InputError, match="holds prices"):
        CsvFolderSource(tmp_path).last_session()


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        ("", MalformedAnswerError, "AAPL.csv is empty"),
        (" \n\n", MalformedAnswerError, "AAPL.csv is empty"),
        (text(HEADER), UnknownTickerError, "a header and no prices"),
        ("{\nError Message\n}\n", UnknownTickerError, 'message "Error Message" instead'),
        ('{"Error Message": "Invalid API call."}', UnknownTickerError, 'message "Invalid API call."'),
        ('{"Note": "5 calls per minute"}', MalformedAnswerError, 'message "5 calls per minute"'),
        ("<html><body>502</body></html>", MalformedAnswerError, "a web page"),
        (text(HEADER, LINES[0], LINES[1][:30]), MalformedAnswerError, "Line 3 .* has 4 values .* 9: '2020-08-28,504"),
        (text(HEADER, LINES[0] + ",7"), MalformedAnswerError, "Line 2 of .* has 10 values"),
        (
            text(HEADER.replace("adjusted_close", "adj_close"), *LINES),
            MalformedAnswerError,
            r"no column adjusted_close; unknown to us are \['adj_close'\]",
        ),
        (text(HEADER + ",open", *(line + ",1" for line in LINES)), MalformedAnswerError, "column open more than once"),
        (text(*LINES), MalformedAnswerError, "no column timestamp"),
        (text(HEADER, LINES[0], LINES[1].replace("499.23", "n/a")), MalformedAnswerError, "Line 3 .* 'n/a' as close"),
        (text(HEADER, LINES[0].replace("500.04", "nan")), MalformedAnswerError, "'nan' as close"),
        (text(HEADER, LINES[0].replace("500.04", "1e999")), MalformedAnswerError, "'1e999' as close"),
        (text(HEADER, LINES[0].replace("500.04", "5_0")), MalformedAnswerError, "'5_0' as close"),
        (text(HEADER, LINES[0].replace("500.04", "5" * 99 + "x")), MalformedAnswerError, "'" + "5" * 40 + "…' as"),
        (text(HEADER, LINES[0].replace("2020-08-27", "27.8.2020")), MalformedAnswerError, "Line 2 .*'27.8.2020' where"),
        (text(HEADER, LINES[0].replace("2020-08-27", "2020-02-30")), MalformedAnswerError, "'2020-02-30' where a date"),
        (text(HEADER, LINES[0].replace("2020-08-27", "0001-01-01")), MalformedAnswerError, "'0001-01-01' where a date"),
        (text(HEADER, LINES[0].replace("2020-08-27", "today")), MalformedAnswerError, "'today' where a date"),
        (text(HEADER, LINES[0].replace("2020-08-27", "")), MalformedAnswerError, "'' where a date"),
        (text(HEADER, LINES[0], '"' + LINES[1]), MalformedAnswerError, "Line 3 of .*unexpected end"),
        (text(HEADER, LINES[0]).encode() + b"\xff\xfe\x00\x80", MalformedAnswerError, r"Line 3 of .* b'\\xff"),
        (text(HEADER, LINES[0], "\0\0\0"), MalformedAnswerError, "Line 3 of .* has 1 values"),
        (text(HEADER, LINES[0].replace("500.04", "5\0")), MalformedAnswerError, r"'5\\x00' as close"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_line_value_and_remedy(write, content, kind, message):
    with pytest.raises(kind, match=message) as caught:
        write(content).fetch("AAPL", None, END)
    assert "AAPL.csv" in caught.value.message
    assert caught.value.remedy


def test_a_missing_file_is_an_unknown_ticker(write):
    with pytest.raises(UnknownTickerError, match=r"no file .*MSFT.csv"):
        write(text(HEADER, *LINES)).fetch("MSFT", None, END)


def test_an_unreadable_file_is_named(tmp_path):
    (tmp_path / "AAPL.csv").mkdir()
    with pytest.raises(VendorUnavailableError, match=r"AAPL.csv cannot be read: Is a directory"):
        CsvFolderSource(tmp_path).fetch("AAPL", None, END)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere is missing"):
        CsvFolderSource(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is no folder"):
        CsvFolderSource(tmp_path / "file")


def test_a_folder_that_goes_away_is_named(tmp_path):
    source = CsvFolderSource(tmp_path)
    tmp_path.rmdir()
    with pytest.raises(InputError, match="is missing"):
        source.fetch("AAPL", None, END)


def test_no_file_outside_the_folder_is_read(write, tmp_path):
    write(text(HEADER, *LINES))
    (tmp_path / "inner").mkdir()
    with pytest.raises(InputError, match="not a ticker"):
        CsvFolderSource(tmp_path / "inner").fetch("../AAPL", None, END)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="market data are not here")
def test_real_files_are_read_whole():
    source = CsvFolderSource(SHARED)
    assert source.last_session() == date(2021, 4, 21)
    read = {}
    for path in sorted(SHARED.glob("*.csv")):
        if path.stem == "BF.B":
            with pytest.raises(UnknownTickerError, match=r'BF\.B\.csv holds the vendor.s message "Error Message"'):
                source.fetch("BF.B", None, END)
            continue
        bars = read[path.stem] = source.fetch(path.stem, None, date(2021, 4, 21))
        slow = pd.read_csv(path, index_col=0, parse_dates=True, float_precision="round_trip").astype(float)
        np.testing.assert_array_equal(bars.to_numpy(), slow.to_numpy())
        assert (bars.index == slow.index).all()
    assert len(read) == 29
    assert read["AAPL"]["split"].loc["2020-08-31"] == 4
