"""Forecasts as fans of prices behind their history: one ticker large, or all of them small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub.reporting.canvas import (
    empty_figure,
    finish,
    grid_figure,
    iso,
    light,
    new_figure,
)
from foliohub.reporting.forecasts import NOTHING, latest, preferred_model
from foliohub.reporting.formats import counted, percent
from foliohub.reporting.labels import end_labels, label_margin, panel_headings
from foliohub.reporting.palette import colour, display_name, plain, translucent
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import date_ticks, padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_BANDS = (("lo_95", "hi_95", 0.16), ("lo_80", "hi_80", 0.30))
_BOUNDS = ["lo_95", "lo_80", "mean", "hi_80", "hi_95"]
_ENDS = {"hi_95": "95% high", "hi_80": "80% high", "mean": "Mean", "lo_80": "80% low", "lo_95": "95% low"}
_PANEL = 138


def forecast_fan(
    prices: pd.DataFrame,
    forecasts: pd.DataFrame,
    ticker: str,
    *,
    provenance: Provenance,
    model: str | None = None,
    history: int = 126,
    currency: str = "USD",
    title: str | None = None,
) -> go.Figure:
    """The latest forecast of one ticker as a fan of prices behind its history.

    Parameters
    ----------
    prices : DataFrame (n_dates, n_tickers)
        Adjusted closes. Where they go on after the cutoff, the outcome is drawn into the fan, dotted.
    forecasts : DataFrame
        A frame of forecasts (:func:`foliohub.frames.check_forecasts`); the newest cutoff is drawn.
    ticker : str
        Whose forecast.
    provenance : Provenance
        The line under the title.
    model : str, optional
        Whose forecast; None for the first that is not naive.
    history : int
        Sessions before the cutoff.
    currency : str
        Of the prices, on the axis.
    title : str, optional
        Replaces the title.

    Notes
    -----
    Forecasts are made for the horizons marked by dots; straight lines join them.
    """
    everything = latest(forecasts)
    title = title or f"{ticker}: forecast and intervals"
    if everything.empty:
        return empty_figure(title, NOTHING, provenance)
    model = model or preferred_model(everything)
    rows = everything[(everything["ticker"] == ticker) & (everything["model"] == model)]
    if rows.empty or not _known(prices, rows["cutoff"].iloc[0], ticker):
        return empty_figure(title, _absent(everything, ticker, model), provenance)
    figure = new_figure()
    traces, fan, line = _fan(prices[ticker], rows, model, history)
    figure.add_traces(traces)
    low, high = padded(*_extent(fan, line))
    figure.update_yaxes(range=[low, high], title_text=f"Adjusted close ({plain(currency)})", tickformat=",.4~g")
    figure.update_xaxes(title_text="Date", range=_span(fan, line))
    end, start = fan.iloc[-1], fan["mean"].iloc[0]
    labels = [f"{word}  {end[key]:,.2f}  ({percent(end[key] / start - 1, signed=True)})" for key, word in _ENDS.items()]
    inks = [colour(model) if key == "mean" else LIGHT.muted for key in _ENDS]
    end_labels(figure, labels, inks, [(end[key] - low) / (high - low) for key in _ENDS], plot_height=340)
    horizons = ", ".join(str(horizon) for horizon in sorted(rows["horizon"]))
    note = (
        f"{display_name(model)}. Bands: 80% and 95% intervals. Forecast for {horizons} sessions after "
        f"{rows['cutoff'].iloc[0]:%Y-%m-%d}; lines join the dots."
    )
    return finish(figure, title=title, note=note, provenance=provenance, height=340, right=label_margin(labels))


def forecast_fans(
    prices: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    provenance: Provenance,
    model: str | None = None,
    tickers: Sequence[str] | None = None,
    history: int = 63,
    columns: int = 4,
    currency: str = "USD",
    title: str = "Forecasts and intervals of every ticker",
) -> go.Figure:
    """The latest forecasts of one model for many tickers, a small fan each, ordered by expected return.

    Parameters
    ----------
    prices, forecasts, provenance, model, history, currency, title
        As for :func:`forecast_fan`.
    tickers : sequence of str, optional
        Which; None for all.
    columns : int
        Panels in a row.
    """
    everything = latest(forecasts)
    if everything.empty:
        return empty_figure(title, NOTHING, provenance)
    model = model or preferred_model(everything)
    rows = everything[everything["model"] == model]
    last = rows[rows["horizon"] == rows["horizon"].max()].set_index("ticker")
    last = last.sort_values("mean", ascending=False, kind="stable")
    wanted = set(last.index if tickers is None else tickers)
    shown = [ticker for ticker in last.index if ticker in wanted and _known(prices, last.at[ticker, "cutoff"], ticker)]
    if not shown:
        return empty_figure(title, _absent(everything, ", ".join(tickers or ["any ticker"]), model), provenance)
    columns = min(columns, len(shown))
    depth = -(-len(shown) // columns)
    spacing = min(0.25, 38 / (depth * _PANEL))
    figure = grid_figure(depth, columns, shared_xaxes="all", horizontal_spacing=0.045, vertical_spacing=spacing)
    starts, headings, traces = [], {}, []
    axes: dict[str, dict[str, Any]] = {}
    for position, ticker in enumerate(shown):
        row, column = position // columns + 1, position % columns + 1
        one = rows[rows["ticker"] == ticker]
        number = "" if position == 0 else str(position + 1)
        drawn, fan, line = _fan(prices[ticker], one, model, history, xaxis=f"x{number}", yaxis=f"y{number}")
        traces += drawn
        starts.append(line.index[0])
        axes[f"xaxis{number}"] = {"range": _span(fan, line)}
        axes[f"yaxis{number}"] = {"range": padded(*_extent(fan, line)), "nticks": 4, "tickformat": ",.4~g"}
        # Without decimals: panels are narrow, and an interval of ten points has no tenths.
        low, high = (percent(last.at[ticker, end], 0, signed=True) for end in ("lo_80", "hi_80"))
        heading = f"<b>{plain(ticker)}</b>  {percent(last.at[ticker, 'mean'], signed=True)}"
        headings[row, column] = f"{heading}  <span style='color:{LIGHT.muted}'>{low} … {high}</span>"
    # All at once: added one by one, each would have plotly check all those before it again.
    figure.add_traces(traces)
    figure.update_layout(axes)
    figure.update_yaxes(title_text=f"Adjusted close ({plain(currency)})", row=(depth + 1) // 2, col=1)
    panel_headings(figure, headings)
    span = pd.DatetimeIndex([min(starts), rows["date"].max()])
    figure.update_xaxes(tickangle=0, **date_ticks(span, 3))
    figure.update_xaxes(title_text="Date", row=depth, col=(columns + 1) // 2)
    ahead = counted(int(rows["horizon"].max()), "session")
    note = (
        f"{display_name(model)}, {ahead} after {rows['cutoff'].iloc[0]:%Y-%m-%d}. Beside each ticker: mean return and "
        "its 80% interval; bands are 80% and 95%."
    )
    return finish(figure, title=title, note=note, provenance=provenance, height=depth * _PANEL, heading=22)


def _fan(
    prices: pd.Series, rows: pd.DataFrame, model: str, history: int, **axes: str
) -> tuple[list[dict[str, Any]], pd.DataFrame, pd.Series]:
    """History, bands and mean of one ticker as traces; the fan in price terms, from the cutoff on; and the line."""
    rows = rows.sort_values("horizon")
    cutoff = rows["cutoff"].iloc[0]
    known = prices.dropna()
    line = known.loc[:cutoff].iloc[-history:]
    outcome = known.loc[cutoff : rows["date"].iloc[-1]]
    base = float(line.iloc[-1])
    fan = base * (1 + rows.set_index("date")[_BOUNDS])
    fan = pd.concat([pd.DataFrame(base, index=[cutoff], columns=fan.columns), fan])
    hue, days = colour(model), iso(fan.index)
    traces: list[dict[str, Any]] = [
        {
            "x": [*days, *reversed(days)],
            "y": light([*fan[upper], *fan[lower][::-1]]),
            "mode": "lines",
            "fill": "toself",
            "fillcolor": translucent(hue, alpha),
            "line": {"width": 0},
            "hoverinfo": "skip",
        }
        for lower, upper, alpha in _BANDS
    ]
    dated = "%{x|%Y-%m-%d}  %{y:,.2f}"
    traces += [
        {
            "x": iso(path.index),
            "y": light(path),
            "mode": "lines",
            "line": {"color": LIGHT.ink, "width": 1.4, "dash": dash},
            "hovertemplate": f"{dated}<extra>{word}</extra>",
        }
        for path, word, dash in ((line, "Close", "solid"), (outcome, "Outcome", "dot"))
        if len(path) > 1
    ]
    traces.append(
        {
            "x": days,
            "y": light(fan["mean"]),
            "mode": "lines+markers",
            "line": {"color": hue, "width": 2},
            "marker": {"size": [0, *[5] * (len(days) - 1)], "color": hue, "line": {"width": 0}},
            "hovertemplate": f"{dated}<extra>{plain(display_name(model))}</extra>",
            "cliponaxis": False,
        }
    )
    return [{"type": "scatter", **trace, **axes} for trace in traces], fan, pd.concat([line, outcome])


def _span(fan: pd.DataFrame, line: pd.Series) -> list[str]:
    """From the first close drawn to the last day forecast."""
    return [iso(line.index)[0], iso(fan.index)[-1]]


def _extent(fan: pd.DataFrame, line: pd.Series) -> tuple[float, float]:
    return min(float(fan["lo_95"].min()), float(line.min())), max(float(fan["hi_95"].max()), float(line.max()))


def _known(prices: pd.DataFrame, cutoff: pd.Timestamp, ticker: str) -> bool:
    """Whether there is a price to start the fan from."""
    return ticker in prices and bool(prices[ticker].loc[:cutoff].notna().any())


def _absent(forecasts: pd.DataFrame, ticker: str, model: str) -> str:
    models = ", ".join(sorted(forecasts["model"].unique()))
    tickers = ", ".join(sorted(str(name) for name in forecasts["ticker"].unique())[:30])
    return f"No forecast of {ticker} by {model}, or no prices for it. Models: {models}. Tickers: {tickers}."
