"""Who did best: the metrics of strategies side by side, and the leaderboard of the models."""

from __future__ import annotations

import pandas as pd

from foliohub.errors import InputError
from foliohub.reporting.formats import FORMATS
from foliohub.reporting.fragments import Fragment
from foliohub.reporting.measures import MEASURES, measure
from foliohub.reporting.palette import BENCHMARKS, colour, display_name
from foliohub.reporting.tables import Cell, empty_table, mood, render, table


def metrics_table(metrics: pd.DataFrame, *, caption: str = "") -> Fragment:
    """Measures down, strategies across, the best of each row emphasised.

    Parameters
    ----------
    metrics : DataFrame (n_measures, n_strategies) or its transpose
        Which way round is told by the names of measures (:data:`foliohub.reporting.measures.MEASURES`).
    caption : str
        Above the table.

    Notes
    -----
    The index is shown but not ranked: it pays no costs.

    Examples
    --------
    >>> metrics = pd.DataFrame({"equal_weight": [0.7], "min_variance": [0.9]}, index=["sharpe_ratio"])
    >>> "<td class='fh-number fh-best'>0.90</td>" in metrics_table(metrics).html
    True
    """
    if metrics.empty:
        return empty_table("No metrics yet: a backtest needs more sessions than its window.")
    down, across = (sum(str(name) in MEASURES for name in axis) for axis in (metrics.index, metrics.columns))
    wide = metrics if down >= across else metrics.T
    head = [Cell("")]
    head += [Cell(display_name(str(name)), ("fh-number",), colour(str(name))) for name in wide.columns]
    body = []
    for name, row in wide.iterrows():
        one, values = measure(str(name)), pd.to_numeric(row, errors="coerce")
        ranked = values[[column for column in wide.columns if column not in BENCHMARKS]].dropna()
        best = None
        if one.better and len(ranked) > 1:
            best = ranked.idxmax() if one.better == "high" else ranked.idxmin()
        cells = [Cell(one.label)]
        for column, value in values.items():
            text = FORMATS[one.format](float(value))
            cells.append(Cell(text, ("fh-number", *mood(text), *(("fh-best",) if column == best else ()))))
        body.append(cells)
    return render(head, body, caption=caption)


def leaderboard(scores: pd.DataFrame, *, sort_by: str | None = None, caption: str = "") -> Fragment:
    """Models in the order of their scores, the best of each column emphasised.

    Parameters
    ----------
    scores : DataFrame (n_models, n_measures)
        Index: model; columns: names of measures, as skill, mean_absolute_error, coverage_80.
    sort_by : str, optional
        Column to rank by; the first by default.
    caption : str
        Above the table.

    Raises
    ------
    InputError
        Where there is no such column.
    """
    if scores.empty:
        return empty_table("No forecast has been scored yet: scores appear once the sessions forecast have passed.")
    key = str(scores.columns[0]) if sort_by is None else sort_by
    if key not in scores.columns:
        raise InputError(f"There is no score {key!r} to rank by.", remedy=f"Take one of {', '.join(scores.columns)}.")
    ranked = scores.sort_values(key, ascending=measure(key).better == "low", kind="stable")
    shown = {str(name): measure(str(name)) for name in ranked.columns}
    models = [str(name) for name in ranked.index]
    return table(
        ranked,
        formats={name: one.format for name, one in shown.items()},
        best={name: one.better for name, one in shown.items() if one.better},
        labels={name: one.label for name, one in shown.items()} | {name: display_name(name) for name in models},
        colours={name: colour(name) for name in models},
        caption=caption,
        index_name="Model",
    )
