"""Out-of-sample Sharpe ratios of DeMiguel, Garlappi and Uppal (2009), Table 3, on the authors' data: four decimals.

Optimal versus naive diversification: how inefficient is the 1/N portfolio strategy? Review of Financial Studies 22(5),
1915-1953. Monthly excess returns, estimation windows of 120 months, steps of one month, nothing purged, no costs; the
ratio is the mean of the monthly excess returns over their standard deviation (T - 1), not annualised.

The data are not ours to hand on. The test reads them from the folder that FOLIOHUB_TEST_DGU names, or from
``../shared/data/dgu``: the authors' text files, one row a month, of a date (yyyymmdd), the Treasury bill's return and
the excess returns of the assets; lines beginning with % are headings. It is skipped where they are absent.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate
from foliohub.backtest import walk_forward

FOLDER = Path(os.environ.get("FOLIOHUB_TEST_DGU") or Path(__file__).parents[2] / "../shared/data/dgu")

POSTWAR = 196307
"""First month of the data sets from Kenneth French's library that the paper uses."""

STRATEGIES = ("1/N", "mv", "bs", "min", "min-c", "g-min-c")
TABLE = {
    # data set: (file, first month, number of assets, the six Sharpe ratios)
    "S&P Sectors": ("SPSectors.txt", 0, 11, (0.1876, 0.0794, 0.0811, 0.0820, 0.0834, 0.1371)),
    "Industry": ("Industry.txt", POSTWAR, 11, (0.1353, 0.0679, 0.0719, 0.1554, 0.1425, 0.1451)),
    "International": ("international.txt", 0, 9, (0.1277, -0.0332, -0.0297, 0.1490, 0.1501, 0.1429)),
    "MKT/SMB/HML": ("F-F_Research_Data_Factors.txt", POSTWAR, 3, (0.2240, 0.2186, 0.2536, 0.2493, 0.2493, 0.2467)),
    "FF-1-factor": ("25_Portfolios_5x5_1Factor.txt", POSTWAR, 21, (0.1623, 0.0128, 0.0138, 0.2778, 0.1546, 0.1615)),
    "FF-4-factor": ("25_Portfolios_5x5_MOM.txt", POSTWAR, 24, (0.1753, 0.1841, 0.1791, -0.0183, 0.3580, 0.3028)),
}


def excess_returns(name: str) -> pd.DataFrame:
    """Months x assets, as the paper uses them."""
    file, first, assets, _ = TABLE[name]
    lines = [line.split() for line in (FOLDER / file).read_text().splitlines() if line.strip()[:1] not in ("", "%")]
    months = [line for line in lines if int(line[0]) // 100 >= first]
    dates = pd.PeriodIndex([f"{line[0][:4]}-{line[0][4:6]}" for line in months], freq="M")
    values = np.array([line[2:] for line in months], dtype=np.float64)
    assert values.shape[1] == assets
    return pd.DataFrame(values, index=dates, columns=[f"asset {number + 1}" for number in range(assets)])


def strategy(name: str, assets: int) -> allocate.PortfolioAllocator:
    return {
        "1/N": allocate.get("equal_weight"),
        "mv": allocate.get("mean_variance"),
        "bs": allocate.get("bayes_stein"),
        "min": allocate.get("min_variance", long_only=False),
        "min-c": allocate.get("min_variance"),
        "g-min-c": allocate.get("min_variance", lower=1 / (2 * assets)),
    }[name]


@pytest.mark.shared
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the authors' data are not here")
@pytest.mark.parametrize("row", STRATEGIES)
@pytest.mark.parametrize("column", TABLE)
def test_out_of_sample_sharpe_ratios_are_the_published_ones(column: str, row: str) -> None:
    returns = excess_returns(column)
    result = walk_forward(returns, strategy(row, returns.shape[1]), window=120, step=1, purge=0, periods_per_year=1)
    assert len(result.gross_returns) == len(returns) - 120
    published = TABLE[column][3][STRATEGIES.index(row)]
    assert round(result.metrics["sharpe_ratio"], 4) == published
    assert round(result.gross_returns.mean() / result.gross_returns.std(), 4) == published
