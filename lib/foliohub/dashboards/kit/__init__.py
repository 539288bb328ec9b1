"""The kit every dashboard is built from: page, sections, figures with their run, live controls, states.

A dashboard's notebook imports first, calls :func:`wait` and reads data only below it: the dashboards service keeps
kernels ready up to that call, so whatever is read above it would be stale.
"""

from __future__ import annotations

from foliohub.dashboards.kit.controls import Choice, Slider, Switch, choice, slider, switch
from foliohub.dashboards.kit.figures import figure
from foliohub.dashboards.kit.grid import badge, facts, grid, link, run_cell
from foliohub.dashboards.kit.live import live
from foliohub.dashboards.kit.pieces import Html, Piece, columns, command, downloads, prose, run_link, section, stack
from foliohub.dashboards.kit.request import Request, in_service, wait
from foliohub.dashboards.kit.sources import Sources, sources
from foliohub.dashboards.kit.states import empty, failure, page, part
from foliohub.reporting.fragments import KeyFigure, notice
from foliohub.reporting.fragments import key_figures as cards
from foliohub.reporting.tables import table

__all__ = [
    "Choice",
    "Html",
    "KeyFigure",
    "Piece",
    "Request",
    "Slider",
    "Sources",
    "Switch",
    "badge",
    "cards",
    "choice",
    "columns",
    "command",
    "downloads",
    "empty",
    "facts",
    "failure",
    "figure",
    "grid",
    "in_service",
    "link",
    "live",
    "notice",
    "page",
    "part",
    "prose",
    "run_cell",
    "run_link",
    "section",
    "slider",
    "sources",
    "stack",
    "switch",
    "table",
    "wait",
]
