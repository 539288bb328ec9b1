"""Forecasters by name, each cheap enough to be fitted again and again."""

from __future__ import annotations

from typing import Any

from foliohub import forecast

SMALLER: dict[str, dict[str, Any]] = {
    "lstm": {"network": forecast.LstmParameters(length=6, warm_up=2, units=4, epochs=1)},
}
"""What some are given that take long to train as they come: nothing promised depends on a network's size."""


def ready(name: str, **parameters: Any) -> forecast.ReturnForecaster:
    """A forecaster by name, a small one where it can be."""
    return forecast.get(name, **{**SMALLER.get(name, {}), **parameters})
