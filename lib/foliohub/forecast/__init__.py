"""Forecasts of returns with intervals: one Protocol, models by name.

>>> get("arima").name
'arima'
"""

from foliohub.forecast.arima import ArimaForecaster
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.gradient import GradientBoostingForecaster
from foliohub.forecast.intervals import Intervals
from foliohub.forecast.naive import EwmaForecaster, MeanForecaster, ZeroForecaster
from foliohub.forecast.registry import get, names

__all__ = [
    "ArimaForecaster",
    "EwmaForecaster",
    "GradientBoostingForecaster",
    "Intervals",
    "MeanForecaster",
    "ReturnForecaster",
    "ZeroForecaster",
    "get",
    "names",
]
