"""Panels as Grafana takes them: what is asked, in which unit, from when on it is worrying, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["timeseries", "stat", "table", "bargauge"]
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Parameters
    ----------
    title, meaning : str
        A few words; one or two sentences for whoever does not know the figure.
    queries : sequence of (str, str)
        PromQL, and how its series are called: ``{{label}}`` stands for a label's value.
    unit : str
        Grafana's name: "s", "bytes", "percentunit", "short", "reqps", "dateTimeFromNow", ...
    kind : str
    warn, bad : float, optional
        From where on it is yellow, and red; where `bad` is below `warn`, lower is worse.
    width, height : int
        Of the 24 columns; in rows of 30 pixels.
    """

    title: str
    meaning: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: Kind = "timeseries"
    warn: float | None = None
    bad: float | None = None
    width: int = 8
    height: int = 8


@dataclass(frozen=True, slots=True)
class Page:
    """One page of panels.

    Parameters
    ----------
    name, title, meaning : str
        File name without its ending; what people see.
    rows : sequence of (str, sequence of Panel)
        Headings and what stands below them.
    constants : sequence of (str, str, str)
        Numbers that whoever looks may change: name, label, default.
    since : str
        How far back it shows by default.
    """

    name: str
    title: str
    meaning: str
    rows: Sequence[tuple[str, Sequence[Panel]]]
    constants: Sequence[tuple[str, str, str]] = ()
    since: str = "now-24h"

    def content(self) -> dict[str, Any]:
        """The page, as Grafana's provisioning reads it."""
        panels: list[dict[str, Any]] = []
        y = 0
        for heading, row in self.rows:
            panels.append(_heading(len(panels) + 1, heading, y))
            x, y, height = 0, y + 1, 0
            for panel in row:
                if x + panel.width > _WIDTH:
                    x, y, height = 0, y + height, 0
                panels.append(_panel(len(panels) + 1, panel, x, y))
                x, height = x + panel.width, max(height, panel.height)
            y += height
        source = {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus", "refresh": 1}
        constants = [
            {"name": name, "label": label, "type": "textbox", "query": default, "current": {"value": default}}
            for name, label, default in self.constants
        ]
        return {
            "uid": f"foliohub-{self.name}",
            "title": f"Foliohub: {self.title}",
            "description": self.meaning,
            "tags": ["foliohub"],
            "timezone": "utc",
            "schemaVersion": 39,
            "version": 1,
            "refresh": "30s",
            "time": {"from": self.since, "to": "now"},
            "templating": {"list": [source, *constants]},
            "links": [{"type": "dashboards", "title": "Foliohub", "tags": ["foliohub"], "keepTime": True}],
            "panels": panels,
        }


def _heading(number: int, title: str, y: int) -> dict[str, Any]:
    place = {"x": 0, "y": y, "w": _WIDTH, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def _panel(number: int, panel: Panel, x: int, y: int) -> dict[str, Any]:
    targets = [
        {
            "refId": chr(ord("A") + index),
            "expr": query,
            "legendFormat": legend,
            "datasource": _SOURCE,
            "instant": panel.kind != "timeseries",
            "range": panel.kind == "timeseries",
            "format": "table" if panel.kind == "table" else "time_series",
        }
        for index, (query, legend) in enumerate(panel.queries)
    ]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": _thresholds(panel)}
    if panel.kind == "timeseries":
        lines = "line" if panel.warn is not None or panel.bad is not None else "off"
        defaults["custom"] = {"fillOpacity": 8, "showPoints": "never", "thresholdsStyle": {"mode": lines}}
    else:
        defaults["color"] = {"mode": "thresholds"}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": _SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(panel.kind),
    }


def _thresholds(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    warn, bad = panel.warn, panel.bad
    if warn is not None and bad is not None and bad < warn:  # lower is worse
        steps = [{"color": "red", "value": None}, {"color": "yellow", "value": bad}, {"color": "green", "value": warn}]
    else:
        steps += [{"color": "yellow", "value": warn}] if warn is not None else []
        steps += [{"color": "red", "value": bad}] if bad is not None else []
    return {"mode": "absolute", "steps": steps}


def _options(kind: Kind) -> dict[str, Any]:
    if kind == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    if kind == "table":
        return {"showHeader": True, "cellHeight": "sm"}
    return {"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "colorMode": "background"}


def p95(histogram: str, by: str = "") -> str:
    """The query of a histogram's 95th percentile over five minutes, by a label if there is one.

    Examples
    --------
    >>> p95("foliohub_api_request_seconds")
    'histogram_quantile(0.95, sum by (le) (rate(foliohub_api_request_seconds_bucket[5m])))'
    """
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile(0.95, sum by ({labels}) (rate({histogram}_bucket[5m])))"


__all__ = ["Page", "Panel", "p95"]
