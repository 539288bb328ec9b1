"""The look of everything a manager sees: typography, neutrals, and plotly's templates in light and dark."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from foliohub.reporting.palette import CATEGORIES, translucent

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = "Inter, 'Segoe UI', -apple-system, 'Helvetica Neue', Arial, 'Liberation Sans', system-ui, sans-serif"
"""What a reader's machine has; nothing is embedded. Figures leave room for the widest of them."""


@dataclass(frozen=True, slots=True)
class Neutrals:
    """Everything that is not data: text, lines and surfaces, and the two colours of direction."""

    ink: str
    muted: str
    axis: str
    grid: str
    faint: str
    paper: str
    accent: str
    positive: str
    negative: str


LIGHT = Neutrals(
    ink="#1C2430",
    muted="#5F6B7A",
    axis="#AEB6C1",
    grid="#E6E9EE",
    faint="#F2F4F7",
    paper="#FFFFFF",
    accent="#1F5F99",
    positive="#1B6FA8",
    negative="#B9420B",
)
DARK = Neutrals(
    ink="#E8ECF2",
    muted="#9AA6B6",
    axis="#566172",
    grid="#2B3441",
    faint="#1E2631",
    paper="#141A22",
    accent="#6FB1E8",
    positive="#63B3E6",
    negative="#F08A4B",
)

_DARK_DATA = {
    "#3A3F47": "#D3D9E2",
    "#00446B": "#4C9CD3",
    "#6E4B2A": "#BC9066",
    "#332288": "#9486E8",
    "#661100": "#D06A52",
    "#0072B2": "#3F9FDB",
    "#B33C00": "#E5703A",
    "#AA3377": "#D465A5",
    "#AA4499": "#CF77C1",
    "#228833": "#4FB561",
    "#EDB78F": "#6E3716",
    "#9CC6E5": "#1D4867",
    "#D5DAE1": "#3A4554",
    "#C3CAD4": "#4A5667",
    "#ECEFF3": "#232C38",
}
"""Dark colours of data, tints of colour scales and background greys, as the dark theme has them."""


def template(name: str = "foliohub") -> str:
    """Make sure that plotly knows the templates "foliohub" and "foliohub_dark"; return the one asked for.

    Notes
    -----
    Where plotly would write its 5 MB JavaScript into every notebook (its default in a kernel), the default becomes the
    MIME bundle that JupyterLab, Voilà and :func:`~foliohub.reporting.export_report` draw themselves. Any other choice
    of a renderer is left alone.
    """
    import plotly.io as pio

    if name not in pio.templates:
        pio.templates["foliohub"] = _template(LIGHT)
        pio.templates["foliohub_dark"] = _template(DARK)
        if pio.renderers.default == "plotly_mimetype+notebook":
            pio.renderers.default = "plotly_mimetype"
    return name


def dark(figure: go.Figure) -> go.Figure:
    """The same figure on the dark theme: neutrals swapped, dark data colours lifted, nothing else changed."""
    import plotly.graph_objects as go

    return go.Figure(darken(figure.to_plotly_json()), skip_invalid=True)


def swaps() -> dict[str, str]:
    """The dark theme's colour for each of the light theme's, for pages that swap them in the browser.

    Examples
    --------
    >>> swaps()["#FFFFFF"], swaps()["rgba(255,255,255,"]
    ('#141A22', 'rgba(20,26,34,')
    """
    return dict(_SWAPS)


def darken(specification: Any) -> Any:
    """Swap the light theme's colours for the dark theme's in a figure's JSON (dicts, lists, texts; the rest as is)."""
    if isinstance(specification, dict):
        return {key: darken(value) for key, value in specification.items()}
    if isinstance(specification, list | tuple):
        return [darken(value) for value in specification]
    return _COLOUR.sub(_swap, specification) if isinstance(specification, str) else specification


_SWAPS: dict[str, str] = {
    light.upper(): deep for light, deep in zip(asdict(LIGHT).values(), asdict(DARK).values(), strict=True)
}
_SWAPS |= _DARK_DATA
_SWAPS |= {translucent(light, 0)[:-2]: translucent(deep, 0)[:-2] for light, deep in _SWAPS.items()}
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\b|rgba\(\d+,\d+,\d+,")


def _swap(match: re.Match[str]) -> str:
    found = str(match.group())
    return _SWAPS.get(found.upper() if found.startswith("#") else found, found)


def _template(neutrals: Neutrals) -> go.layout.Template:
    import plotly.graph_objects as go

    axis = {
        "gridcolor": neutrals.grid,
        "linecolor": neutrals.axis,
        "zerolinecolor": neutrals.axis,
        "zeroline": False,
        "tickfont": {"size": 12, "color": neutrals.muted},
        "title": {"font": {"size": 12, "color": neutrals.muted}, "standoff": 10},
        "automargin": True,
        "ticklabelstandoff": 4,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": neutrals.ink},
            "title": {
                "font": {"size": 18, "color": neutrals.ink, "weight": 650},
                "subtitle": {"font": {"size": 12.5, "color": neutrals.muted}},
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 10, "l": 0},
            },
            "paper_bgcolor": neutrals.paper,
            "plot_bgcolor": neutrals.paper,
            "colorway": list(CATEGORIES),
            "xaxis": {
                **axis,
                "showgrid": False,
                "showline": True,
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": neutrals.axis,
            },
            "yaxis": {**axis, "showgrid": True, "showline": False, "ticks": ""},
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.0,
                "yanchor": "bottom",
                "font": {"size": 12},
            },
            "hoverlabel": {
                "font": {"family": FONT, "size": 12},
                "bgcolor": neutrals.paper,
                "bordercolor": neutrals.axis,
            },
            "annotationdefaults": {"font": {"size": 12, "color": neutrals.ink}, "showarrow": False},
            "bargap": 0.25,
            "separators": ".,",
        }
    )
