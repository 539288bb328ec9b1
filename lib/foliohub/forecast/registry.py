"""Forecasters by name.

To add one, write a subclass of :class:`~foliohub.forecast.forecaster.ReturnForecaster` in a file of its own and list it
here: whatever fits batches of series at once, sequences in a network or averages of other forecasters. What is slow to
import it imports inside its methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from foliohub.errors import InputError
from foliohub.forecast.arima import ArimaForecaster
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.garch import GarchForecaster
from foliohub.forecast.gradient import GradientBoostingForecaster
from foliohub.forecast.gradient_quantiles import QuantileBoostingForecaster
from foliohub.forecast.har import HarForecaster
from foliohub.forecast.lstm import LstmForecaster
from foliohub.forecast.naive import EwmaForecaster, MeanForecaster, ZeroForecaster

FORECASTERS: Mapping[str, type[ReturnForecaster]] = MappingProxyType(
    {
        "zero": ZeroForecaster,
        "mean": MeanForecaster,
        "ewma": EwmaForecaster,
        "arima": ArimaForecaster,
        "gradient_boosting": GradientBoostingForecaster,
        "quantile_boosting": QuantileBoostingForecaster,
        "lstm": LstmForecaster,
        "garch": GarchForecaster,
        "har": HarForecaster,
    }
)


def names() -> tuple[str, ...]:
    """All forecasters' names, the simple ones first.

    Examples
    --------
    >>> names()
    ('zero', 'mean', 'ewma', 'arima', 'gradient_boosting', 'quantile_boosting', 'lstm', 'garch', 'har')
    """
    return tuple(FORECASTERS)


def get(forecaster: str, /, **parameters: Any) -> ReturnForecaster:
    """Make a forecaster by name.

    Parameters
    ----------
    forecaster : str
        One of :func:`names`.
    **parameters
        The forecaster's own; see its class.

    Raises
    ------
    InputError
        Where there is no forecaster of that name, or it has no such parameter.

    Examples
    --------
    >>> get("ewma", half_life=21, name="ewma_month").name
    'ewma_month'
    """
    if forecaster not in FORECASTERS:
        raise InputError(f"There is no forecaster {forecaster!r}.", remedy=f"Take one of {', '.join(FORECASTERS)}.")
    chosen = FORECASTERS[forecaster]
    chosen.check_names(parameters)
    return chosen(**parameters)
