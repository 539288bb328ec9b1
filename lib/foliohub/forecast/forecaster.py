"""What all forecasters share: checked input, one frame of forecasts out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
import pandas as pd

from foliohub.calendars import DEFAULT_CALENDAR, next_sessions
from foliohub.errors import InputError
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Distribution, Intervals
from foliohub.frames import FORECAST_COLUMNS, check_forecasts


@dataclass(eq=False, kw_only=True)
class ReturnForecaster(ABC):
    """Base of the forecasters: a dataclass whose fields are its parameters, `fit` and `predict`.

    Parameters
    ----------
    name : str
        The model's name in every frame; give your own to compare one model under several parameters.
    window : int or None
        Sessions to learn from; None for all.
    calendar : str
        The exchange whose sessions are counted ahead.
    intervals : Intervals
        How intervals are made.

    Attributes
    ----------
    cutoff_ : Timestamp
        After `fit`: the last session whose close the model has seen.
    tickers_ : Index (n_tickers,)
        After `fit`: the columns of the returns.
    """

    name: str
    window: int | None = None
    calendar: str = DEFAULT_CALENDAR
    intervals: Intervals = field(default_factory=Intervals)

    def fit(self, returns: pd.DataFrame, features: pd.DataFrame | None = None) -> Self:
        """Learn from everything up to the last row of `returns`, which becomes the cutoff.

        Parameters
        ----------
        returns : DataFrame (n_dates, n_tickers)
            Simple returns per session; NaN only before a ticker's first.
        features : DataFrame (n_dates * n_tickers, n_features), optional
            Index (date, ticker), known at the close of their date; rows after the cutoff are not looked at. Models that
            need none ignore it.

        Raises
        ------
        ContractError
            Where a frame breaks its contract.
        InputError
            Where an argument or parameter is wrong.
        ModelError
            Naming the ticker that cannot be forecast.
        """
        history = History.check(returns, self.window)
        self._learn(history, features)
        self.cutoff_ = history.cutoff
        self.tickers_ = history.tickers
        return self

    def predict(self, horizons: Sequence[int]) -> pd.DataFrame:
        """Forecast the cumulative simple return from the cutoff's close to the close `horizon` sessions later.

        Parameters
        ----------
        horizons : sequence of int
            Sessions ahead, each >= 1, none twice.

        Returns
        -------
        DataFrame
            :data:`~foliohub.frames.FORECAST_COLUMNS`, by horizon, then in the order of the tickers.

        Raises
        ------
        InputError
            Where the model is not fitted or a horizon is no sensible number.
        ModelError
            Where the history is too short for a horizon.
        """
        if not hasattr(self, "cutoff_"):
            raise InputError(f"{self.name} is not fitted.", remedy="Call fit first.")
        check_horizons(horizons)
        dates = next_sessions(self.cutoff_, max(horizons), self.calendar)
        made = [self._forecast(horizon) for horizon in horizons]
        forecasts = {
            "cutoff": self.cutoff_,
            "date": np.repeat(dates[np.asarray(horizons) - 1], len(self.tickers_)),
            "ticker": np.tile(self.tickers_, len(horizons)),
            "model": self.name,
            "horizon": np.repeat(horizons, len(self.tickers_)),
            **{name: np.concatenate([getattr(one, name) for one in made]) for name in Distribution.__slots__},
        }
        return check_forecasts(pd.DataFrame(forecasts, columns=list(FORECAST_COLUMNS)))

    @abstractmethod
    def _learn(self, history: History, features: pd.DataFrame | None) -> None:
        """Fit to a checked history."""

    @abstractmethod
    def _forecast(self, horizon: int) -> Distribution:
        """The distribution of simple returns over `horizon`, for every ticker."""

    @classmethod
    def check_names(cls, parameters: dict[str, Any]) -> None:
        """Refuse parameters this forecaster does not have."""
        known = [parameter.name for parameter in fields(cls)]
        for name in parameters:
            if name not in known:
                raise InputError(f"{cls.__name__} has no parameter {name!r}.", remedy=f"It has {', '.join(known)}.")


def check_horizons(horizons: Sequence[int]) -> Sequence[int]:
    """Sessions ahead: whole numbers from 1, none twice, at least one.

    Raises
    ------
    InputError
        Naming the first that is none.
    """
    if not len(horizons):
        raise InputError("There is no horizon.", remedy="Give at least one, as [1, 5, 21].")
    for horizon in horizons:
        if isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
            raise InputError(f"The horizon {horizon!r} is no number of sessions.", remedy="Give whole numbers from 1.")
    if len(set(horizons)) < len(horizons):
        raise InputError(f"The horizons {list(horizons)} hold one twice.", remedy="Give each once.")
    return horizons
