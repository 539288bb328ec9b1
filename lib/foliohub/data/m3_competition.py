"""The M3 competition from a folder of CSV files: the sheets of its two published workbooks, saved one by one.

==================================  ====================================================================================
file                                layout
==================================  ====================================================================================
``M3C/<period>.csv``                a sheet of ``M3C.xls``: ``M3Year``, ``M3Quart``, ``M3Month``, ``M3Other``; one row
                                    of headings; per series its name (``N0001``), the number of values, how many of them
                                    were to be forecast, three columns that describe it, then the values
``M3Forecast/<method>.csv``         a sheet of ``M3Forecast.xls``: no headings; per series its name, the number of
                                    forecasts, then the forecasts
==================================  ====================================================================================

Both workbooks are the International Institute of Forecasters'; nothing of them comes with Foliohub.

References
----------
.. [1] Makridakis, S. and Hibon, M. (2000). The M3-Competition: results, conclusions and implications. International
   Journal of Forecasting 16(4), 451-476.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import numpy as np

from foliohub.errors import InputError
from foliohub.metrics.competition import CompetitionSeries
from foliohub.types import FloatArray

_SEASONS = MappingProxyType({"M3Year": 1, "M3Quart": 4, "M3Month": 12, "M3Other": 1})
_BEFORE_VALUES = 6  # columns of M3C.xls


def read_m3(folder: Path) -> tuple[dict[int, CompetitionSeries], dict[str, dict[int, FloatArray]]]:
    """Series and forecasts of the M3 competition.

    Parameters
    ----------
    folder : Path
        With the files of the module.

    Returns
    -------
    series : dict
        Number -> :class:`~foliohub.metrics.competition.CompetitionSeries`.
    forecasts : dict
        Method -> number -> forecasts.

    Raises
    ------
    InputError
        Naming what is not there, or the row that cannot be read.
    """
    series: dict[int, CompetitionSeries] = {}
    for sheet, season in _SEASONS.items():
        path = folder / "M3C" / f"{sheet}.csv"
        if not path.exists():
            continue
        for number, line, row in _rows(path, headings=True):
            count, ahead = _whole(row[1], path, line), _whole(row[2], path, line)
            values = _numbers(row[_BEFORE_VALUES : _BEFORE_VALUES + count], count, path, line)
            known = count - ahead
            series[number] = CompetitionSeries(sheet.removeprefix("M3"), values[:known], values[known:], season)
    forecasts: dict[str, dict[int, FloatArray]] = {}
    for path in sorted((folder / "M3Forecast").glob("*.csv")):
        made = forecasts.setdefault(path.stem, {})
        for number, line, row in _rows(path, headings=False):
            ahead = _whole(row[1], path, line)
            made[number] = _numbers(row[2 : 2 + ahead], ahead, path, line)
    if not series or not forecasts:
        missing = "M3C/M3Year.csv or any other sheet of M3C.xls" if not series else "M3Forecast/*.csv"
        raise InputError(
            f"{folder} holds no {missing}.", remedy="Save the sheets of M3C.xls and M3Forecast.xls there as CSV files."
        )
    return series, forecasts


def _rows(path: Path, *, headings: bool) -> Iterator[tuple[int, int, list[str]]]:
    """Number of the series, line in the file and cells of every row that is not empty."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        for line, row in enumerate(csv.reader(file), start=1):
            if (headings and line == 1) or not any(cell.strip() for cell in row):
                continue
            digits = "".join(letter for letter in row[0] if letter.isdigit())  # written N0001, N 1 or N   1
            if not digits or len(row) < 3:
                raise InputError(f"{path}, line {line}, names no series: {row[0]!r}.")
            yield int(digits), line, row


def _whole(cell: str, path: Path, line: int) -> int:
    try:
        return int(float(cell))
    except ValueError:
        raise InputError(f"{path}, line {line}, has {cell!r} where a number of values should be.") from None


def _numbers(cells: list[str], count: int, path: Path, line: int) -> FloatArray:
    try:
        values = np.array([float(cell) for cell in cells if cell.strip()])
    except ValueError as error:
        raise InputError(f"{path}, line {line}: {error}.") from None
    if len(values) != count or not np.isfinite(values).all():
        raise InputError(f"{path}, line {line}, has {len(values)} values of {count}.")
    return values
