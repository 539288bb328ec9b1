"""Out-of-sample performance: wealth, drawdowns and rolling Sharpe ratios, net of costs, against 1/N and the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.calendars import periods_per_year
from foliohub.reporting.canvas import empty_figure, finish, iso, light, new_figure
from foliohub.reporting.formats import fixed
from foliohub.reporting.labels import end_labels, label_margin
from foliohub.reporting.palette import BENCHMARKS, colour, dash, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.sampling import thin
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import log_ticks, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

_NOTHING = "There is no out-of-sample history yet: a backtest needs more sessions than its window."


def wealth_chart(
    returns: pd.DataFrame,
    *,
    provenance: Provenance,
    benchmark: str = "index",
    title: str = "Growth of 1, net of costs",
    remark: str = "",
) -> go.Figure:
    """Compounded wealth of each strategy on a logarithmic axis.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_strategies)
        Simple returns per period net of costs. NaN before a strategy starts.
    provenance : Provenance
        The line under the title.
    benchmark : str
        Column that is the index: dotted and grey.
    title : str
        Replaces the title.
    remark : str
        A sentence more in the note, as on what the index leaves out.

    Notes
    -----
    Long histories are sampled weekly, monthly or quarterly (see :mod:`foliohub.reporting.sampling`).
    """
    returns = _present(returns)
    if returns.empty:
        return empty_figure(title, _NOTHING, provenance)
    wealth, step = thin(_wealth(returns))
    # A logarithm has no place for wealth that is gone: such a line ends.
    wealth = wealth.where(wealth > 0)
    low, high = padded(float(np.log10(np.nanmin(wealth))), float(np.log10(np.nanmax(wealth))), 0.04)
    ticks = log_ticks(10**low, 10**high)
    figure = new_figure()
    _draw(figure, wealth, benchmark, "%{y:,.2f}")
    last = wealth.ffill().iloc[-1]
    values = [fixed(value, 1 if value >= 10 else 2) for value in last]
    right = _name(figure, benchmark, values, (np.log10(last) - low) / (high - low), 420)
    figure.update_yaxes(type="log", range=[low, high], tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    figure.update_yaxes(title_text="Value of 1 invested (log scale)")
    figure.update_xaxes(title_text="Date")
    note = f"After trading costs; {step} values. On the right: value at the end. {remark}"
    return finish(figure, title=title, note=note, provenance=provenance, height=420, right=right)


def drawdown_chart(
    returns: pd.DataFrame,
    *,
    provenance: Provenance,
    benchmark: str = "index",
    title: str = "Drawdown",
    remark: str = "",
) -> go.Figure:
    """Loss since the last high, the deepest one named.

    Parameters
    ----------
    returns, provenance, benchmark, title, remark
        As for :func:`wealth_chart`.

    Notes
    -----
    Long histories are sampled at each period's deepest point, so that no trough is lost.
    """
    returns = _present(returns)
    if returns.empty:
        return empty_figure(title, _NOTHING, provenance)
    wealth = _wealth(returns)
    full = (wealth / wealth.cummax() - 1) * 100
    drawdown, step = thin(full, how="min")
    figure = new_figure()
    _draw(figure, drawdown, benchmark, "%{y:.1f}%", fill=drawdown.shape[1] <= 2)
    low, high = min(float(np.nanmin(full)) * 1.05, -1.0), 0.5
    last = full.ffill().iloc[-1]
    pairs = zip(last, full.min(), strict=True)
    values = [f"{fixed(now, 0, unit='%')}, max {fixed(deepest, 0, unit='%')}" for now, deepest in pairs]
    right = _name(figure, benchmark, values, (last - low) / (high - low), 340)
    figure.update_yaxes(range=[low, high], ticksuffix="%", title_text="Loss since the last high (%)")
    figure.update_xaxes(title_text="Date")
    sampled = "" if step == "daily" else ", the deepest of each"
    note = f"After trading costs; {step} values{sampled}. On the right: latest and maximum drawdown. {remark}"
    return finish(figure, title=title, note=note, provenance=provenance, height=340, right=right)


def rolling_sharpe_chart(
    returns: pd.DataFrame,
    *,
    provenance: Provenance,
    benchmark: str = "index",
    window: int | None = None,
    title: str | None = None,
    remark: str = "",
) -> go.Figure:
    """Sharpe ratio over a moving window.

    Parameters
    ----------
    returns, provenance, benchmark, title, remark
        As for :func:`wealth_chart`. Hand in excess returns for Sharpe ratios over the riskless rate.
    window : int, optional
        Periods in the window; None for one year.

    Notes
    -----
    ``mean / std(ddof=1) * sqrt(periods per year)`` of the window's returns; nothing is drawn until a window is full.
    """
    returns = _present(returns)
    title = title or ("Rolling one-year Sharpe ratio" if window is None else "Rolling Sharpe ratio")
    if len(returns) < 3:
        return empty_figure(title, _NOTHING, provenance)
    periods = periods_per_year(returns.index)
    window = periods if window is None else window
    deviation = returns.rolling(window).std()
    rolling = returns.rolling(window).mean() / deviation.where(deviation > 0) * np.sqrt(periods)
    rolling = rolling.dropna(how="all").dropna(axis=1, how="all")
    if rolling.empty:
        return empty_figure(title, f"{len(returns)} periods do not fill a window of {window} yet.", provenance)
    sampled, step = thin(rolling)
    figure = new_figure()
    _draw(figure, sampled, benchmark, "%{y:.2f}")
    figure.add_hline(y=0, line={"color": LIGHT.ink, "width": 1}, layer="below")
    low, high = padded(float(np.nanmin(sampled)), float(np.nanmax(sampled)))
    last = sampled.ffill().iloc[-1]
    right = _name(figure, benchmark, [fixed(value) for value in last], (last - low) / (high - low), 340)
    figure.update_yaxes(range=[low, high], title_text="Sharpe ratio (annualised)")
    figure.update_xaxes(title_text="Date")
    note = f"Windows of {window} periods, after trading costs; {step} values. On the right: latest. {remark}"
    return finish(figure, title=title, note=note, provenance=provenance, height=340, right=right)


def _present(returns: pd.DataFrame) -> pd.DataFrame:
    return returns.dropna(axis=1, how="all").dropna(how="all")


def _wealth(returns: pd.DataFrame) -> pd.DataFrame:
    """Growth of one unit: 1.0 before the first return, then compounded; NaN before a column starts."""
    step = returns.index[1] - returns.index[0] if len(returns) > 1 else pd.Timedelta(days=1)
    start = pd.DataFrame(np.where(returns.iloc[[0]].notna(), 1.0, np.nan), [returns.index[0] - step], returns.columns)
    return pd.concat([start, (1 + returns).cumprod()])


def _known(name: object, benchmark: str) -> str:
    return "index" if name == benchmark or name in BENCHMARKS else str(name)


def _draw(figure: go.Figure, frame: pd.DataFrame, benchmark: str, number: str, *, fill: bool = False) -> None:
    """One line per column; the index first, so that strategies lie above it."""
    for name in sorted(frame.columns, key=lambda column: _known(column, benchmark) != "index"):
        line, known, text = frame[name].dropna(), _known(name, benchmark), plain(display_name(str(name)))
        figure.add_scatter(
            x=iso(line.index),
            y=light(line),
            mode="lines",
            name=text,
            line={"color": colour(known), "width": 1.8, "dash": dash(known)},
            fill="tozeroy" if fill and known != "index" else None,
            hovertemplate="%{x|%Y-%m-%d}  " + number + f"<extra>{text}</extra>",
        )


def _name(figure: go.Figure, benchmark: str, values: Sequence[str], heights: pd.Series, plot_height: int) -> int:
    """Name each line at its end (`heights` by name); return the margin that the names need."""
    labels = [f"{plain(display_name(str(name)))}  {value}" for name, value in zip(heights.index, values, strict=True)]
    hues = [colour(_known(name, benchmark)) for name in heights.index]
    end_labels(figure, labels, hues, list(heights), plot_height=plot_height)
    return label_margin(labels)
