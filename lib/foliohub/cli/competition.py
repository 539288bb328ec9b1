"""The scorer held against a published competition."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def score_competition(
    folder: Annotated[Path, typer.Argument(help="With M3C/*.csv and M3Forecast/*.csv: the sheets of the workbooks.")],
) -> None:
    """Score the methods of the M3 competition by sMAPE and MASE, from its published forecasts and outcomes."""
    from rich.table import Table

    from foliohub.cli.console import console
    from foliohub.data.m3_competition import read_m3
    from foliohub.metrics.competition import score_competition as score

    series, forecasts = read_m3(folder)
    scores = score(series, forecasts)
    periods = [str(period) for period in scores.index.unique(level="period") if period != "all"]
    table = Table(box=None, header_style="bold", title=f"{len(series):,} series, {len(forecasts)} methods")
    table.add_column("method")
    for heading in ("series", "sMAPE", "MASE", *(f"sMAPE {period}" for period in periods)):
        table.add_column(heading, justify="right")
    board = scores.loc["all"].join(scores["smape"].unstack("period")[periods])
    for method, row in board.iterrows():
        own = [f"{row[period]:.2f}".replace("nan", "–") for period in periods]
        table.add_row(str(method), f"{int(row['series']):,}", f"{row['smape']:.2f}", f"{row['mase']:.3f}", *own)
    console.print(table)
