"""Forecasters by name, and variants of them, each cheap enough to be fitted again and again."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from foliohub import forecast
from foliohub.calendars import sessions

_TINY = forecast.LstmParameters(length=6, warm_up=2, units=4, epochs=1)

SMALLER: dict[str, dict[str, Any]] = {
    "lstm": {"network": _TINY},
    "quantile_boosting": {"trees": 2, "smallest_leaf": 40},
}
"""What some are given that take long to train as they come: nothing promised depends on a network's size."""

VARIANTS = ("gradient_boosting, searching", "gradient_boosting, tuned", "lstm, trained")
"""Names with a second part, for :func:`ready`: the ways of forecasting that a parameter alone opens."""


def ready(name: str, **parameters: Any) -> forecast.ReturnForecaster:
    """A forecaster by name, or one of the variants, a small one where it can be."""
    name, _, variant = name.partition(", ")
    given = {**SMALLER.get(name, {}), **_variant(variant), **parameters}
    return forecast.get(name, **given)


def _variant(variant: str) -> dict[str, Any]:
    if variant == "searching":
        return {"search": forecast.HalvingSearch(candidates=2, folds=2), "trees": 2}
    if variant == "tuned":
        small = {"learning_rate": 0.02, "leaves": 2, "smallest_leaf": 20}
        found = forecast.BoostingSearch(pd.Timestamp("2007-01-03"), {1: small, 5: small}, 4)
        return {"tuned": forecast.TunedBoosting().adding(found)}
    return {"trained": _trained()} if variant == "trained" else {}


@cache
def _trained() -> forecast.TrainedLstm:
    """A tiny network, trained once for all tests of a process, on sessions before all that they forecast from."""
    generator = np.random.default_rng(2)
    days = sessions("2005-01-03", "2006-12-29")[:260].rename("date")
    returns = pd.DataFrame(generator.normal(0, 0.01, (260, 3)), index=days, columns=["AAA", "BBB", "CCC"])
    wide = {"return_1": returns, "return_5": returns.rolling(5).sum()}
    panel = pd.DataFrame({name: frame.stack(future_stack=True) for name, frame in wide.items()})
    return forecast.LstmForecaster.train(
        returns, panel.rename_axis(["date", "ticker"]), horizons=(1, 5, 10), seeds=(1,), network=_TINY
    )
