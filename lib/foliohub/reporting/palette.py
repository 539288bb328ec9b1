"""One colour and one display name per model and allocator, wherever they appear.

The colours of a family (models, allocators) were chosen among the palettes of Okabe and Ito [1]_ and Tol [2]_ so that
the closest two stay further apart, for normal, protan and deutan sight, than the closest two of Okabe and Ito's own;
a test computes it. Figures never rely on colour alone: lines and rows carry their names.

References
----------
.. [1] Okabe, M. and Ito, K. (2008). Color Universal Design: how to make figures and presentations that are friendly
   to colorblind people.
.. [2] Tol, P. (2021). Colour schemes. SRON technical note SRON/EPS/TN/09-002, issue 3.2.
"""

from __future__ import annotations

import colorsys
import hashlib
import html
from collections.abc import Sequence

MODEL_COLOURS = {
    "zero": "#8A919C",
    "mean": "#33BBEE",
    "ewma": "#00446B",
    "arima": "#228833",
    "gradient_boosting": "#F28E2B",
    "quantile_boosting": "#6B0F1A",
    "lstm": "#AA4499",
    "garch": "#3CC8B4",
    "har": "#3C8CDC",
    "ensemble_equal": "#6E4B2A",
    "ensemble_inverse_loss": "#8C00B4",
    "ensemble_online": "#6400F0",
}
ALLOCATOR_COLOURS = {
    "equal_weight": "#E69F00",
    "inverse_volatility": "#56B4E9",
    "min_variance": "#0072B2",
    "mean_variance": "#B33C00",
    "bayes_stein": "#AA3377",
    "risk_parity": "#44AA99",
    "hierarchical_risk_parity": "#332288",
    "min_cvar": "#661100",
    "max_sharpe": "#9C755F",
    "reinforcement": "#B8860B",
    "walk_forward_agents": "#8855FF",
    "index": "#3A3F47",
}
DIVERGING = ((0.0, "#C4560F"), (0.25, "#EDB78F"), (0.5, "#FFFFFF"), (0.75, "#9CC6E5"), (1.0, "#1A6CA4"))
"""Colour scale from losses (orange) over the paper to gains (blue)."""
SEQUENTIAL = ((0.0, "#FFFFFF"), (0.5, "#9CC6E5"), (1.0, "#1A6CA4"))
"""Colour scale from the paper to blue."""
BENCHMARKS = ("index", "benchmark", "SP500", "S&P 500")
"""Names that are drawn as the index: dark grey, dotted."""

CATEGORIES = (
    "#0072B2",
    "#E69F00",
    "#44AA99",
    "#B33C00",
    "#56B4E9",
    "#AA3377",
    "#9C755F",
    "#332288",
    "#B8860B",
    "#661100",
)
"""Colours of things that have no colour of their own (tickers, rules), in order of use."""

_DISPLAY_NAMES = {
    "zero": "No change",
    "mean": "Historical mean",
    "ewma": "EWMA",
    "arima": "ARIMA",
    "lstm": "LSTM",
    "garch": "GARCH",
    "har": "HAR",
    "ensemble_equal": "Ensemble, equal weights",
    "ensemble_inverse_loss": "Ensemble by past loss",
    "ensemble_online": "Ensemble, online",
    "equal_weight": "Equal weight (1/N)",
    "min_variance": "Minimum variance",
    "mean_variance": "Mean–variance",
    "bayes_stein": "Bayes–Stein",
    "min_cvar": "Minimum CVaR",
    "max_sharpe": "Maximum Sharpe",
    "reinforcement": "Reinforcement learning",
    "walk_forward_agents": "Walk-forward agents",
    "historical": "Historical simulation",
    "filtered": "Filtered by GARCH",
    "larger": "Larger of the two",
    "SP500": "S&P 500",
}


def display_name(name: str) -> str:
    """The name a manager reads.

    Examples
    --------
    >>> display_name("min_variance"), display_name("my_own_model")
    ('Minimum variance', 'My own model')
    """
    if name in _DISPLAY_NAMES:
        return _DISPLAY_NAMES[name]
    if "_" in name or name.islower():
        words = name.replace("_", " ").strip()
        return words[:1].upper() + words[1:]
    return name


def colour(name: str) -> str:
    """The colour (#RRGGBB) that always means this model, allocator or index.

    Notes
    -----
    A name of nobody's takes a hue from its hash: the same on every machine and in every figure.

    Examples
    --------
    >>> colour("min_variance"), colour("SP500") == colour("index"), colour("mine") == colour("mine")
    ('#0072B2', True, True)
    """
    if name in BENCHMARKS:
        return ALLOCATOR_COLOURS["index"]
    known = ALLOCATOR_COLOURS.get(name) or MODEL_COLOURS.get(name)
    if known:
        return known
    digest = hashlib.sha256(name.encode()).digest()
    red, green, blue = colorsys.hls_to_rgb(
        int.from_bytes(digest[:2], "big") / 65536, 0.28 + 0.12 * digest[2] / 255, 0.40 + 0.25 * digest[3] / 255
    )
    return f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"


def dash(name: str) -> str:
    """Line style: dotted for an index, solid for all else."""
    return "dot" if name in BENCHMARKS else "solid"


def translucent(hex_colour: str, alpha: float) -> str:
    """A colour with opacity, for bands and fills.

    Examples
    --------
    >>> translucent("#0072B2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(hex_colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def plain(text: object) -> str:
    """Text from data, safe inside plotly's markup (which reads ``<b>``, ``<a>`` and entities)."""
    return html.escape(str(text), quote=False)


def categories(count: int) -> Sequence[str]:
    """`count` colours for things without one of their own; repeats after ten."""
    return [CATEGORIES[i % len(CATEGORIES)] for i in range(count)]
