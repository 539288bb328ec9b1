"""What a process does once, before pages are asked of it: import and compute all that no request can change.

Never data: whatever a run, a person or a vendor can change is read after the request.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil

import foliohub.dashboards

_log = logging.getLogger(__name__)

MODULES = (
    "arcticdb",
    "clarabel",
    "cronsim",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.serialization",
    "foliohub.allocate",
    "foliohub.backtest",
    "foliohub.calendars",
    "foliohub.clean",
    "foliohub.costs",
    "foliohub.data.sample",
    "foliohub.data.store",
    "foliohub.data.strict_yaml",
    "foliohub.data.universe",
    "foliohub.ledger",
    "foliohub.metrics",
    "foliohub.orders",
    "foliohub.quotes",
    "foliohub.reporting",
    "foliohub.runs.opening",
    "foliohub.runs.parameters",
    "foliohub.runs.published",
    "foliohub.runs.records",
    "foliohub.runs.spec",
    "foliohub.schedule",
    "graphlib",
    "nbformat",
    "numpy",
    "pandas",
    "pandas.core.methods.to_dict",
    "pandas.io.formats.csvs",
    "plotly.graph_objects",
    "plotly.graph_objs.scatter._error_x",
    "plotly.graph_objs.scatter._marker",
    "plotly.graph_objs.scatter.marker._line",
    "plotly.io",
    "plotly.subplots",
    "scipy.optimize",
    "scipy.stats",
    "websockets.sync.client",
    "yaml",
)


def warm() -> None:
    """Import what dashboards import, and compute what they all compute."""
    dashboards = [f"foliohub.dashboards.{module.name}" for module in pkgutil.iter_modules(foliohub.dashboards.__path__)]
    for name in (*MODULES, *dashboards):
        try:
            importlib.import_module(name)
        except ImportError as error:  # left to the page that needs it, which can say so
            _log.warning("Could not import %s ahead of time: %s", name, error)
    _figures()
    _calendars()
    _notebooks()


def _notebooks() -> None:
    """Check a notebook: the checker compiles the format's schema, once."""
    import nbformat

    nbformat.validate({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _calendars() -> None:
    from foliohub import calendars
    from foliohub.data.sample import SampleSource
    from foliohub.data.universe import load_universe, universe_names

    for name in sorted({load_universe(universe).calendar for universe in universe_names()}):
        calendars.sessions("2022-01-03", "2022-01-31", name)
    SampleSource().last_session()


def _figures() -> None:
    """Draw a figure of each kind of trace: plotly loads and compiles much when it draws the first."""
    import numpy as np
    import pandas as pd

    from foliohub import reporting
    from foliohub.dashboards import kit

    days = pd.bdate_range("2020-01-01", periods=300)
    wave = np.sin(np.arange(300)) / 100
    returns = pd.DataFrame({"equal_weight": wave, "index": -wave}, index=days)
    origin = reporting.Provenance("2021-02-23", "warm-up")
    for drawn in (
        reporting.wealth_chart(returns, provenance=origin),
        reporting.drawdown_chart(returns, provenance=origin),
        reporting.monthly_returns_heatmap(returns["equal_weight"], provenance=origin),
        reporting.weights_bar(pd.Series({"A": 0.6, "B": 0.4}), provenance=origin),
        reporting.return_distribution(returns, provenance=origin),
    ):
        kit.figure(drawn, provenance=origin)
    kit.table(returns.head(), formats={"equal_weight": "percent"})
