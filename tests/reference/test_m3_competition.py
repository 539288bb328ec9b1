"""The M3 competition's measures: by hand on a tiny competition, and the published totals where its data are.

M3_COMPETITION names a folder with the sheets of ``M3C.xls`` and ``M3Forecast.xls`` (see
:mod:`foliohub.data.m3_competition`). The totals are those of the Theta and naive methods: sMAPE per period of
Makridakis and Hibon (2000), tables 13 to 16 (averages over all horizons) and, over all series, Hyndman's comparison of
methods (Theta 12.76 and MASE 1.39 and ForecastPro 13.06 and 1.47).
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from foliohub.cli import app
from foliohub.data.m3_competition import read_m3
from foliohub.errors import InputError
from foliohub.metrics.competition import score_competition


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Two yearly series and a monthly one; `half` leaves one out."""
    sheets = {
        "M3C/M3Year.csv": "Series,N,NF,Category,Starting Year,,1,2,3,4,5\nN   1,5,2,MICRO,1990,1,10,12,14,20,10,\n"
        "N   2,4,2,MICRO,1990,1,1,2,4,4,\n",
        "M3C/M3Month.csv": "Series,N,NF,Category,,,1\nN1402,14,1,MACRO,1990,1,40,1,1,1,1,1,1,1,1,1,1,1,90,150\n",
        "M3Forecast/NAIVE.csv": "N   1,2,14,14\nN   2,2,2,2,,\nN1402,1,50\n",
        "M3Forecast/half.csv": "N0002,2,4,4\n",
    }
    for name, text in sheets.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_errors_are_those_computed_by_hand(tiny):
    scores = score_competition(*read_m3(tiny))
    # Naive errors: 2 of N1, whose values step by 2 and 2; 1 of N2; 50 of N1402, from one year to the next.
    first, second, third = (200 * 6 / 34 + 200 * 4 / 24) / 2, 200 * 2 / 6, 200 * 100 / 200
    assert scores.loc[("Year", "NAIVE"), "smape"] == pytest.approx((first + second) / 2)
    assert scores.loc[("all", "NAIVE"), "smape"] == pytest.approx((first + second + third) / 3)
    assert scores.loc[("all", "NAIVE"), "mase"] == pytest.approx((5 / 2 + 2 / 1 + 100 / 50) / 3)
    assert scores.loc[("all", "half")].tolist() == [1, 0, 0]
    assert scores.loc["all"].index.tolist() == ["half", "NAIVE"]


def test_the_command_shows_them(tiny):
    shown = CliRunner().invoke(app, ["score-competition", str(tiny)])
    assert shown.exit_code == 0
    assert "NAIVE" in shown.output
    assert "3 series, 2 methods" in shown.output


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("M3Forecast/half.csv", "N0002,2,4\n", "line 1, has 1 values of 2"),
        ("M3Forecast/half.csv", "N0007,1,4\n", "series 7, of which nothing is known"),
        ("M3Forecast/half.csv", "N0002,1,4\n", "1 forecasts of series 2, which has 2"),
        ("M3Forecast/half.csv", "total,1,4\n", "names no series"),
        ("M3C/M3Year.csv", "Series,N,NF\nN0001,many,2,,,,1,2\n", "'many'"),
    ],
)
def test_what_cannot_be_read_is_named(tiny, file, text, message):
    (tiny / file).write_text(text)
    with pytest.raises(InputError, match=message):
        score_competition(*read_m3(tiny))


def test_an_empty_folder_is_told_what_it_lacks(tmp_path):
    with pytest.raises(InputError, match="M3Year"):
        read_m3(tmp_path)


@pytest.mark.shared
def test_the_published_totals_are_reproduced():
    folder = os.environ.get("M3_COMPETITION", "")
    if not folder:
        pytest.skip("M3_COMPETITION names no folder")
    scores = score_competition(*read_m3(Path(folder)))
    every: pd.DataFrame = scores.loc["all"]
    assert every.loc["THETA", "series"] == 3003
    assert every.loc["THETA", "smape"] == pytest.approx(12.76, abs=0.005)
    assert every.loc["THETA", "mase"] == pytest.approx(1.395, abs=0.005)
    assert every.loc["ForecastPro"].tolist()[1:] == pytest.approx([13.06, 1.47], abs=0.005)
    assert scores.loc[("Year", "NAIVE2"), "smape"] == pytest.approx(17.88, abs=0.005)
    assert scores.loc[("Quart", "NAIVE2"), "smape"] == pytest.approx(9.95, abs=0.01)
    assert scores.loc[("Month", "NAIVE2"), "smape"] == pytest.approx(16.91, abs=0.03)
    assert scores.loc[("Other", "NAIVE2"), "smape"] == pytest.approx(6.30, abs=0.01)
