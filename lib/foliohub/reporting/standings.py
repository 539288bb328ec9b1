"""Who did best: the metrics of strategies side by side, and the leaderboard of the models."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from foliohub.errors import InputError
from foliohub.reporting.formats import FORMATS, counted
from foliohub.reporting.fragments import Fragment
from foliohub.reporting.measures import MEASURES, measure
from foliohub.reporting.palette import BENCHMARKS, colour, display_name
from foliohub.reporting.tables import Cell, empty_table, mood, render

_NO_METRICS = "No metrics yet: a backtest needs more sessions than its window."
_NO_SCORES = "No forecast has been scored yet: scores appear once the sessions forecast have passed."
_NOT_SHOWN = frozenset({"periods_per_year", "n_observations"})
"""Rows of a comparison that describe the data and not the strategies."""
_BOARD = (
    "skill",
    "skill_error",
    "mae",
    "rmse",
    "hit_rate",
    "rank_ic",
    "coverage_80",
    "coverage_95",
    "dm_p_value",
    "observations",
)
"""Columns of a leaderboard, as many as fit a page."""


def metrics_table(metrics: pd.DataFrame, *, rows: Sequence[str] | None = None, caption: str = "") -> Fragment:
    """Measures down, strategies across, the best of each row emphasised.

    Parameters
    ----------
    metrics : DataFrame (n_strategies, n_measures) or its transpose
        As :func:`foliohub.backtest.compare` makes it; which way round is told by the names of measures
        (:data:`foliohub.reporting.measures.MEASURES`).
    rows : sequence of str, optional
        Measures to show, in this order; by default all that say something about the strategies.
    caption : str
        Above the table.

    Notes
    -----
    The index is shown but not ranked: nobody could hold it for nothing.

    Examples
    --------
    >>> metrics = pd.DataFrame({"equal_weight": [0.7], "min_variance": [0.9]}, index=["sharpe_ratio"])
    >>> "<td class='fh-number fh-best'>0.90</td>" in metrics_table(metrics).html
    True
    """
    if metrics.empty:
        return empty_table(_NO_METRICS)
    down, across = (sum(str(name) in MEASURES for name in axis) for axis in (metrics.index, metrics.columns))
    wide = metrics if down >= across else metrics.T
    wanted = [name for name in wide.index if str(name) not in _NOT_SHOWN] if rows is None else list(rows)
    head = [Cell("")]
    head += [Cell(display_name(str(name)), ("fh-number",), colour(str(name))) for name in wide.columns]
    body = []
    for name in wanted:
        if name not in wide.index:
            raise InputError(f"There is no measure {name!r}.", remedy=f"Take some of {list(wide.index)}.")
        values = pd.Series(wide.loc[name], dtype=float)
        best = _best(values[[column for column in wide.columns if column not in BENCHMARKS]], str(name))
        cells = [_cell(value, str(name), best=column == best) for column, value in values.items()]
        body.append([Cell(measure(str(name)).label), *cells])
    return render(head, body, caption=caption)


def leaderboard(
    scores: pd.DataFrame,
    *,
    horizon: int | None = None,
    columns: Sequence[str] | None = None,
    sort_by: str | None = None,
    caption: str = "",
) -> Fragment:
    """Models in the order of their scores, the best of each column emphasised, one group per horizon.

    Parameters
    ----------
    scores : DataFrame (n_models, n_measures)
        Index model, or (horizon, model) as :func:`foliohub.backtest.leaderboard` makes it; columns: names of measures.
    horizon : int, optional
        Sessions ahead to show; None for all.
    columns : sequence of str, optional
        Measures to show; by default all, or of more than ten those that a manager needs.
    sort_by : str, optional
        Column to rank by; by default the first shown.
    caption : str
        Above the table.

    Raises
    ------
    InputError
        Where there is no such horizon or column.
    """
    if scores.empty:
        return empty_table(_NO_SCORES)
    known = [name for name in _BOARD if name in scores.columns]
    others = [name for name in scores.columns if name not in known]
    shown = list(columns or known + (others if len(scores.columns) <= len(_BOARD) else []))
    key = shown[0] if sort_by is None else sort_by
    for name in (*shown, key):
        if name not in scores.columns:
            raise InputError(f"There is no score {name!r}.", remedy=f"Take some of {list(scores.columns)}.")
    head = [Cell("Model"), *(Cell(measure(name).label, ("fh-number",)) for name in shown)]
    body: list[list[Cell]] = []
    groups = _groups(scores, horizon)
    for ahead, group in groups.items():
        if len(groups) > 1:
            body.append([Cell(f"{counted(ahead, 'session')} ahead")])
        ranked = group.sort_values(key, ascending=measure(key).better == "low", kind="stable")
        best = [_best(ranked[name].astype(float), name) for name in shown]
        for model, row in ranked.iterrows():
            values = pd.Series(row[shown], dtype=float)
            cells = [_cell(values[name], name, best=model == one) for name, one in zip(shown, best, strict=True)]
            body.append([Cell(display_name(str(model)), (), colour(str(model))), *cells])
    return render(head, body, caption=caption)


def _groups(scores: pd.DataFrame, horizon: int | None) -> dict[int, pd.DataFrame]:
    """Scores by model for each horizon; one group where there are no horizons."""
    if not isinstance(scores.index, pd.MultiIndex):
        return {0: scores}
    there = [int(value) for value in scores.index.unique(level=0)]
    if horizon is not None and horizon not in there:
        raise InputError(f"No scores for {counted(horizon, 'session')} ahead.", remedy=f"There are {there}.")
    return {ahead: pd.DataFrame(scores.xs(ahead, level=0)) for ahead in there if horizon in {None, ahead}}


def _best(values: pd.Series, name: str) -> object:
    """Label of the best value; None where there is no contest."""
    better, known = measure(name).better, values.dropna()
    if better is None or len(known) < 2:
        return None
    return known.idxmax() if better == "high" else known.idxmin()


def _cell(value: float, name: str, *, best: bool) -> Cell:
    text = FORMATS[measure(name).format](float(value))
    return Cell(text, ("fh-number", *mood(text), *(("fh-best",) if best else ())))
