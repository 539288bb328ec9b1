"""Foliohub: prices in, forecasts, weights and orders out, and a passport for every number.

Importing it costs next to nothing: every stage and name below is loaded on first use.

>>> import foliohub
>>> allocator = foliohub.allocate.get("min_variance")
>>> foliohub.CostModel(half_spread_bps=5).rate
0.0005

============= =====================================================================
stage         what it does
============= =====================================================================
`data`        fetches prices from vendors and stores them; universes of tickers
`clean`       turns raw prices into clean ones and reports everything it touched
`features`    computes what is known of each ticker at each close
`forecast`    predicts returns with intervals
`allocate`    turns returns and forecasts into weights
`backtest`    walks allocators and forecasters forward through history
`orders`      turns weights into whole-share orders
`ledger`      keeps proposals, who decided on them, fills and what is held
`reporting`   draws and tabulates the results
`runs`        executes notebooks, and records what they read and wrote
============= =====================================================================

Shared by them: `calendars`, `config`, `costs`, `errors`, `frames`, `metrics`, `proofs` and `types`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foliohub import (
        allocate,
        backtest,
        calendars,
        clean,
        config,
        costs,
        data,
        errors,
        features,
        forecast,
        frames,
        ledger,
        metrics,
        orders,
        proofs,
        reporting,
        runs,
        types,
    )
    from foliohub.backtest import BacktestResult, walk_forward
    from foliohub.clean import clean_prices
    from foliohub.clusters import cluster
    from foliohub.costs import CostModel
    from foliohub.data.store import Store
    from foliohub.data.universe import Universe, load_universe
    from foliohub.errors import FoliohubError, FoliohubWarning
    from foliohub.features import build_features
    from foliohub.orders import rebalance
    from foliohub.runs.workspace import workspace

__version__ = "0.1.0"

_HOME = {
    "BacktestResult": "foliohub.backtest",
    "CostModel": "foliohub.costs",
    "FoliohubError": "foliohub.errors",
    "FoliohubWarning": "foliohub.errors",
    "Store": "foliohub.data.store",
    "Universe": "foliohub.data.universe",
    "build_features": "foliohub.features",
    "clean_prices": "foliohub.clean",
    "cluster": "foliohub.clusters",
    "load_universe": "foliohub.data.universe",
    "rebalance": "foliohub.orders",
    "walk_forward": "foliohub.backtest",
    "workspace": "foliohub.runs.workspace",
}

__all__ = [
    "BacktestResult",
    "CostModel",
    "FoliohubError",
    "FoliohubWarning",
    "Store",
    "Universe",
    "__version__",
    "allocate",
    "backtest",
    "build_features",
    "calendars",
    "clean",
    "clean_prices",
    "cluster",
    "config",
    "costs",
    "data",
    "errors",
    "features",
    "forecast",
    "frames",
    "ledger",
    "load_universe",
    "metrics",
    "orders",
    "proofs",
    "rebalance",
    "reporting",
    "runs",
    "types",
    "walk_forward",
    "workspace",
]


if not TYPE_CHECKING:  # a type checker that saw it would let every misspelt name pass

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'foliohub' has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name) if name in _HOME else import_module(f"foliohub.{name}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
