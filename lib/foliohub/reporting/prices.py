"""Prices as a manager looks at them: every ticker beside the others, and all of them against the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import (
    empty_figure,
    finish,
    grid_figure,
    iso,
    light,
    new_figure,
)
from foliohub.reporting.formats import percent
from foliohub.reporting.labels import end_labels, label_margin, panel_headings
from foliohub.reporting.palette import categories, colour, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.sampling import POINTS, thin
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import date_ticks, log_ticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No prices are stored for this universe and date. Ingest them first: foliohub run daily-ingest."
_DAYS_PER_YEAR = 365.25
_NAMED = 3
"""Best and worst tickers that are named in the comparison."""
_PANEL = 120
_BACKGROUND = "#D5DAE1"
_INDEX = "index"


def price_panel(
    prices: pd.DataFrame,
    *,
    provenance: Provenance,
    benchmark: pd.Series | None = None,
    columns: int = 5,
    title: str = "Every ticker since its start",
    remark: str = "",
) -> go.Figure:
    """Small multiples: one panel per ticker, all on the same axes.

    Parameters
    ----------
    prices : DataFrame (n_dates, n_tickers)
        Adjusted closes; each is rebased to 100 at its first price.
    provenance : Provenance
        The line under the title.
    benchmark : Series (n_dates,), optional
        The index, drawn in grey in each panel from the ticker's first date on.
    columns : int
        Panels in a row.
    title : str
        Replaces the title.
    remark : str
        A sentence more in the note, as on what the index leaves out.

    Notes
    -----
    Sampled weekly, monthly or quarterly for long histories (see :mod:`foliohub.reporting.sampling`).
    """
    prices = prices.dropna(axis=1, how="all")
    if prices.empty:
        return empty_figure(title, _NOTHING, provenance)
    everything = prices if benchmark is None else prices.assign(**{"": benchmark.reindex(prices.index)})
    # With a benchmark each panel holds two lines.
    sampled, step = thin(everything, points=POINTS // (1 if benchmark is None else 2))
    tickers = list(prices.columns)
    columns = min(columns, len(tickers))
    rows = -(-len(tickers) // columns)
    figure = grid_figure(
        rows,
        columns,
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.018,
        vertical_spacing=min(0.25, 34 / (rows * _PANEL)),
    )
    values, headings = [pd.Series([100.0])], {}
    for position, ticker in enumerate(tickers):
        place = {"row": position // columns + 1, "col": position % columns + 1}
        line, growth = sampled[ticker].dropna() / prices[ticker].dropna().iloc[0] * 100, ""
        index = pd.Series(dtype=float)
        if not line.empty:
            growth = f"  <span style='color:{LIGHT.muted}'>{_yearly(line)}</span>"
            index = everything.get("", index).loc[line.index[0] :].dropna()
        if not index.empty:
            index = index[index.index.isin(line.index)] / index.iloc[0] * 100
            _line(figure, index, "", {"color": LIGHT.axis, "width": 1}, **place)
        _line(figure, line, plain(ticker), {"color": LIGHT.accent, "width": 1.4}, **place)
        headings[place["row"], place["col"]] = f"<b>{plain(ticker)}</b>{growth}"
        values += [line, index]
    panel_headings(figure, headings)
    ends = np.log10([pd.concat(values).min(), pd.concat(values).max()])
    _log_axis(figure, float(ends[0]) - 0.05, float(ends[1]) + 0.05, few=True)
    figure.update_xaxes(showgrid=True, tickangle=0, **date_ticks(sampled.index, 3))
    figure.update_yaxes(title_text="Start = 100 (log scale)", row=(rows + 1) // 2, col=1)
    figure.update_xaxes(title_text="Date", row=rows, col=(columns + 1) // 2)
    grey = " Grey: the index over the same time." if benchmark is not None else ""
    note = f"Adjusted closes, {step} values. Beside each ticker: return a year.{grey} {remark}"
    return finish(figure, title=title, note=note, provenance=provenance, height=rows * _PANEL, heading=22)


def index_comparison(
    prices: pd.DataFrame,
    *,
    provenance: Provenance,
    benchmark: pd.Series | None = None,
    highlight: Sequence[str] | None = None,
    title: str = "The universe against the index",
    remark: str = "",
) -> go.Figure:
    """All tickers rebased to 100 in one plot, the best, the worst and the index named.

    Parameters
    ----------
    prices : DataFrame (n_dates, n_tickers)
        Adjusted closes, rebased at their first price.
    provenance : Provenance
        The line under the title.
    benchmark : Series (n_dates,), optional
        The index.
    highlight : sequence of str, optional
        Tickers to name; None names the three with the highest and the three with the lowest end.
    title : str
        Replaces the title.
    remark : str
        A sentence more in the note, as on what the index leaves out.
    """
    prices = prices.dropna(axis=1, how="all")
    if prices.empty:
        return empty_figure(title, _NOTHING, provenance)
    rebased = prices / prices.bfill().iloc[0] * 100
    named = _most_telling(rebased) if highlight is None else [name for name in prices.columns if name in set(highlight)]
    hues = dict(zip(named, categories(len(named)), strict=True))
    if benchmark is not None and not (index := benchmark.reindex(rebased.index).dropna()).empty:
        rebased = rebased.assign(**{_INDEX: index / index.iloc[0] * 100})
        named.append(_INDEX)
        hues[_INDEX] = colour(_INDEX)
    sampled, step = thin(rebased)
    figure = new_figure()
    for name in [*(ticker for ticker in sampled.columns if ticker not in named), *named]:
        style: dict[str, Any] = {"color": hues.get(name, _BACKGROUND), "width": 1.7 if name in named else 0.8}
        style |= {"dash": "dot", "width": 2.4} if name == _INDEX else {}
        _line(figure, sampled[name].dropna(), _label(name), style)
    low, high = float(np.log10(np.nanmin(sampled))), float(np.log10(np.nanmax(sampled)))
    low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)
    _log_axis(figure, low, high)
    figure.update_yaxes(title_text="Start = 100 (log scale)")
    figure.update_xaxes(title_text="Date")
    last = sampled[named].ffill().iloc[-1]
    labels = [f"{_label(name)}  {last[name]:,.0f}" for name in named]
    heights = [(np.log10(last[name]) - low) / (high - low) for name in named]
    end_labels(figure, labels, [hues[name] for name in named], heights, plot_height=420)
    which = ""
    if highlight is None and len(prices.columns) > 2 * _NAMED:
        which = f"Named: the {_NAMED} highest and the {_NAMED} lowest at the end."
    note = f"Adjusted closes, {step} values; each ticker starts at 100. {which} {remark}"
    return finish(figure, title=title, note=note, provenance=provenance, height=420, right=label_margin(labels))


def _most_telling(rebased: pd.DataFrame) -> list[Any]:
    ends = rebased.ffill().iloc[-1].sort_values(ascending=False, kind="stable")
    return list(ends.index) if len(ends) <= 2 * _NAMED else [*ends.index[:_NAMED], *ends.index[-_NAMED:]]


def _label(name: object) -> str:
    return "Index" if name == _INDEX else plain(name)


def _line(figure: go.Figure, line: pd.Series, name: str, style: dict[str, Any], **place: Any) -> None:
    figure.add_scatter(
        x=iso(line.index),
        y=light(line),
        mode="lines",
        name=name,
        line=style,
        hovertemplate="%{x|%Y-%m-%d}  %{y:,.0f}<extra>" + name + "</extra>" if name else None,
        hoverinfo=None if name else "skip",
        **place,
    )


def _log_axis(figure: go.Figure, low: float, high: float, *, few: bool = False) -> None:
    ticks = log_ticks(10**low, 10**high, few=few)
    texts = [f"{tick:,.0f}" if tick >= 1 else f"{tick:g}" for tick in ticks]
    figure.update_yaxes(type="log", range=[low, high], tickvals=ticks, ticktext=texts)


def _yearly(line: pd.Series) -> str:
    years = (line.index[-1] - line.index[0]).days / _DAYS_PER_YEAR
    growth = float(line.iloc[-1] / line.iloc[0])
    # Below a year an annual rate would exaggerate: the plain return is shown.
    return percent(growth - 1 if years < 1 else growth ** (1 / years) - 1, signed=True)
