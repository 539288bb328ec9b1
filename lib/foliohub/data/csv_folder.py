"""Daily bars from a folder of CSV files, one a ticker, as Alpha Vantage's ``TIME_SERIES_DAILY_ADJUSTED``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from foliohub import calendars
from foliohub.data.alpha_vantage_messages import message_in_file
from foliohub.data.bars import bars_from_text
from foliohub.data.request import Request, last_settled_session
from foliohub.errors import InputError, MalformedAnswerError, UnknownTickerError, VendorError, VendorUnavailableError

_COLUMN_OF_FIELD = {
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "adjusted_close": "adjusted_close",
    "volume": "volume",
    "dividend": "dividend_amount",
    "split": "split_coefficient",
}
_DAY = "timestamp"
_REMEDY = "Download it again from the vendor."
_LINE_OF_A_DAY = re.compile(rb"^(\d{4}-\d{2}-\d{2}),", re.MULTILINE)


class CsvFolderSource:
    """Daily bars from ``<path>/<ticker>.csv``.

    Parameters
    ----------
    path : str or Path
        The folder. Each file starts with the header ``timestamp,open,high,low,close,adjusted_close,volume,
        dividend_amount,split_coefficient`` in any order; further columns are ignored.
    calendar : str
        Exchange whose sessions tell what has closed.
    now : callable
        Returns the present moment, aware of its time zone.

    Raises
    ------
    InputError
        Where the folder is missing or no folder.
    """

    name = "csv"

    def __init__(
        self,
        path: str | Path,
        *,
        calendar: str = calendars.DEFAULT_CALENDAR,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = Path(path).expanduser()
        self._calendar = calendar
        self._now = now
        self._check_folder()

    def fetch(self, ticker: str, start: date | None, end: date) -> pd.DataFrame:
        """Bars of one ticker, both ends included; see :class:`foliohub.types.PriceSource`.

        Returns
        -------
        DataFrame (n_sessions, 8)
            Bars as the file holds them: one that runs newest first is turned round, any other disorder and every
            duplicate is kept; an empty cell is NaN.

        Raises
        ------
        UnknownTickerError
            No such file, a file with the vendor's "Error Message", or no bar in the range.
        MalformedAnswerError
            A file that is no such CSV: names the line and the value.
        VendorUnavailableError
            A file that cannot be read.
        """
        request = Request.of(self.name, ticker, start, end, last_settled_session(self._now(), self._calendar))
        path = self._folder / f"{ticker}.csv"
        return request.cut(_parse(self._read(path), path))

    def last_session(self) -> date:
        """The newest date any file of the folder starts or ends with, if it has closed."""
        self._check_folder()
        days = [day for path in sorted(self._folder.glob("*.csv")) for day in _outer_days(path)]
        if not days:
            raise InputError(f"No file of {self._folder} holds prices.", remedy="Download some CSV files into it.")
        last: date = min(max(days), last_settled_session(self._now(), self._calendar).date())
        return last

    def _check_folder(self) -> None:
        try:
            problem = "" if self._folder.is_dir() else "no folder" if self._folder.exists() else "missing"
        except OSError as error:
            problem = f"out of reach ({error.strerror})"
        if problem:
            raise InputError(f"The folder {self._folder} is {problem}.", remedy="Give the folder of CSV files as path.")

    def _read(self, path: Path) -> str:
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            self._check_folder()
            raise UnknownTickerError(
                f"There is no file {path}.", remedy="Put it there, or leave the ticker out of the universe."
            ) from None
        except OSError as error:
            raise VendorUnavailableError(
                f"{path} cannot be read: {error.strerror or error}.", remedy="Check its permissions and the disk."
            ) from error
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            value = raw[error.start : error.start + 8]
            raise MalformedAnswerError(
                f"Line {line} of {path} holds {value!r}, which is no text.", remedy=_REMEDY
            ) from error


def _parse(text: str, path: Path) -> pd.DataFrame:
    _check_that_it_is_csv(text, path)
    lines: list[int] = []
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        for row in reader:
            if row:
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise MalformedAnswerError(f"Line {reader.line_num} of {path}: {error}.", remedy=_REMEDY) from error
    position_of = _check_header(header, path)
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise MalformedAnswerError(
                f"Line {line} of {path} has {len(row)} values where the header names {len(header)}: "
                f"{','.join(row)[:60]!r}.",
                remedy=_REMEDY,
            )
    if not rows:
        raise UnknownTickerError(f"{path} holds a header and no prices.", remedy=_REMEDY)
    columns = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    return bars_from_text(
        columns[position_of[_DAY]],
        {field: columns[position_of[name]] for field, name in _COLUMN_OF_FIELD.items()},
        lambda i: f"Line {lines[i]} of {path}",
    )


def _check_that_it_is_csv(text: str, path: Path) -> None:
    if not text.strip():
        raise MalformedAnswerError(f"{path} is empty.", remedy=_REMEDY)
    if text.lstrip().startswith("<"):
        raise MalformedAnswerError(f"{path} holds a web page instead of prices.", remedy=_REMEDY)
    message = message_in_file(text)
    if message is not None:
        key, words = message
        kind: type[VendorError] = UnknownTickerError if key == "Error Message" else MalformedAnswerError
        raise kind(
            f'{path} holds the vendor\'s message "{words[:300]}" instead of prices.',
            remedy="Look the ticker up at the vendor and download it again, or leave it out of the universe.",
        )


def _check_header(header: list[str], path: Path) -> dict[str, int]:
    wanted = (_DAY, *_COLUMN_OF_FIELD.values())
    missing = [name for name in wanted if name not in header]
    if missing:
        others = [name for name in header if name not in wanted]
        raise MalformedAnswerError(
            f"{path} has no column {', '.join(missing)}; unknown to us are {others or 'none'} of its columns.",
            remedy="Its first line must name the columns as Alpha Vantage does.",
        )
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise MalformedAnswerError(f"{path} has the column {twice[0]} more than once.", remedy=_REMEDY)
    return {name: header.index(name) for name in wanted}


def _outer_days(path: Path) -> list[date]:
    """The dates in the first and the last 4 kB of a file: enough to know its newest, whichever way it runs."""
    try:
        with path.open("rb") as file:
            text = file.read(4096)
            file.seek(max(0, file.seek(0, io.SEEK_END) - 4096))
            text += b"\n" + file.read(4096)
    except OSError:
        return []
    days = []
    for match in _LINE_OF_A_DAY.findall(text):
        try:
            days.append(date.fromisoformat(match.decode()))
        except ValueError:
            continue
    return days
