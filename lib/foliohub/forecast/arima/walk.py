"""Walk through many cutoffs in one pass: estimates go on from the day before, orders are chosen anew now and then."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from foliohub.calendars import next_sessions
from foliohub.errors import InputError
from foliohub.forecast.arima.batch import over_threads
from foliohub.forecast.arima.fitting import fit_series
from foliohub.forecast.arima.process import ArimaProcess, Filtered
from foliohub.forecast.forecaster import check_horizons
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Distribution
from foliohub.frames import FORECAST_COLUMNS, check_forecasts
from foliohub.types import DateLike

if TYPE_CHECKING:
    from foliohub.forecast.arima.forecaster import ArimaForecaster

_EVALUATIONS = 40  # of the likelihood a day, at most
_AT_A_TIME = 64  # cutoffs whose innovations are held in memory together


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Where to forecast from.

    Parameters
    ----------
    positions : tuple of int
        Rows of the returns, increasing.
    window : int or None
        Rows up to each of them to fit on; None for all.
    """

    positions: tuple[int, ...]
    window: int | None

    @classmethod
    def find(cls, returns: pd.DataFrame, cutoffs: Sequence[DateLike] | pd.DatetimeIndex, window: int | None) -> Self:
        """Look the dates up.

        Raises
        ------
        InputError
            Where one is no session of the returns, or they are not in order.
        """
        stamps = pd.DatetimeIndex([pd.Timestamp(cutoff) for cutoff in cutoffs])
        positions = returns.index.get_indexer(stamps)
        if not len(stamps) or (positions < 0).any():
            missing = f"{stamps[positions < 0][0]:%Y-%m-%d} is no session of the returns" if len(stamps) else "is none"
            raise InputError(f"The cutoff {missing}.", remedy="Give sessions of the returns.")
        if (np.diff(positions) <= 0).any():
            raise InputError("The cutoffs are not in order.", remedy="Sort them, each once.")
        return cls(tuple(int(position) for position in positions), window)

    def rows(self, position: int) -> slice:
        """Rows to fit on at the cutoff in row `position`."""
        return slice(0 if self.window is None else max(0, position + 1 - self.window), position + 1)


def walk(model: ArimaForecaster, returns: pd.DataFrame, cutoffs: Cutoffs, horizons: Sequence[int]) -> pd.DataFrame:
    """Forecast from all cutoffs: see :meth:`~foliohub.forecast.arima.ArimaForecaster.walk`."""
    longest = max(check_horizons(horizons))
    latest: list[ArimaProcess | None] = [None] * returns.shape[1]
    chosen_at: int | None = None
    made = []
    for first in range(0, len(cutoffs.positions), _AT_A_TIME):
        positions = cutoffs.positions[first : first + _AT_A_TIME]
        histories = [History.check(returns.iloc[cutoffs.rows(position)], model.window) for position in positions]
        choosing = []
        for position in positions:
            due = chosen_at is None or position - chosen_at >= model.reselect
            chosen_at = position if due else chosen_at
            choosing.append(due)

        def chain(
            column: int, histories: list[History] = histories, choosing: list[bool] = choosing
        ) -> list[tuple[ArimaProcess, Filtered]]:
            seen = []
            for history, due in zip(histories, choosing, strict=True):
                process = _fitted(model, history, column, None if due else latest[column])
                latest[column] = process
                seen.append((process, process.see(history.log_returns[:, column], longest)))
            return seen

        chains = over_threads(chain, range(returns.shape[1]), model.threads)
        for place, history in enumerate(histories):
            here = copy.copy(model)
            here.settle(history, *zip(*(seen[place] for seen in chains), strict=True))
            made += [here.distribution(horizon) for horizon in horizons]
    days = returns.index[list(cutoffs.positions)]
    ahead = [next_sessions(day, longest, model.calendar)[np.asarray(horizons) - 1] for day in days]
    width = len(horizons) * returns.shape[1]
    forecasts = {
        "cutoff": np.repeat(days, width),
        "date": np.repeat(np.concatenate(ahead), returns.shape[1]),
        "ticker": np.tile(returns.columns, len(made)),
        "model": model.name,
        "horizon": np.tile(np.repeat(horizons, returns.shape[1]), len(days)),
        **{name: np.concatenate([getattr(one, name) for one in made]) for name in Distribution.__slots__},
    }
    return check_forecasts(pd.DataFrame(forecasts, columns=list(FORECAST_COLUMNS)))


def _fitted(model: ArimaForecaster, history: History, column: int, before: ArimaProcess | None) -> ArimaProcess:
    """Go on from the process of the cutoff before, or choose an order where there is none or it leads nowhere."""
    values = history.log_returns[:, column]
    if before is not None:
        # Near the edge of its region an estimate creeps on for ever; it was at rest when its order was chosen, and
        # a day later so many evaluations leave nothing worth another one.
        again = fit_series(values, [before.order], warm=before, steps=_EVALUATIONS).processes[0]
        if np.isfinite(again.aicc):
            return again
    fit = model.choose(values)
    if fit.chosen is None:
        raise model.refuse(history.tickers[column], history.cutoff)
    return fit.best
