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
from foliohub.forecast.history import MINIMUM_SESSIONS, History
from foliohub.forecast.intervals import Distribution
from foliohub.frames import FORECAST_COLUMNS, check_forecasts, check_returns
from foliohub.types import DateLike, FloatArray

if TYPE_CHECKING:
    from foliohub.forecast.arima.forecaster import ArimaForecaster

_EVALUATIONS = 8  # of the likelihood a day, at most
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


@dataclass(frozen=True, slots=True)
class Windows:
    """The histories of all cutoffs, looked through once.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Up to the last cutoff.
    cutoffs : Cutoffs
    window : int or None
        Rows a model fits on of those it is given; None for all.
    values, logs : ndarray (n_dates, n_tickers)
        Simple and log returns.
    missing, lost, moves : ndarray (n_dates + 1,), (n_dates + 1,), (n_dates + 1, n_tickers)
        How many rows before each lack a return or hold a total loss, or differ from the row before them.
    """

    returns: pd.DataFrame
    cutoffs: Cutoffs
    window: int | None
    values: FloatArray
    logs: FloatArray
    missing: np.ndarray
    lost: np.ndarray
    moves: np.ndarray

    @classmethod
    def check(cls, returns: pd.DataFrame, cutoffs: Cutoffs, window: int | None) -> Self:
        """Look through returns up to the last cutoff.

        Raises
        ------
        FoliohubError
            Of :meth:`~foliohub.forecast.history.History.check`, at the first cutoff or for what is no returns' frame.
        """
        check_returns(returns)
        History.check(returns.iloc[cutoffs.rows(cutoffs.positions[0])], window)
        values = np.array(returns.to_numpy(), order="C")
        missing, lost = np.isnan(values).any(axis=1), (values == -1).any(axis=1)
        moves = np.diff(values, axis=0, prepend=values[:1]) != 0
        with np.errstate(divide="ignore"):  # of a total loss, which no history takes
            logs = np.log1p(values)
        return cls(returns, cutoffs, window, values, logs, *(_before(one) for one in (missing, lost, moves)))

    def at(self, position: int) -> History:
        """What is known at the cutoff in row `position`, as :meth:`~foliohub.forecast.history.History.check` says."""
        rows = self.cutoffs.rows(position)
        first = rows.start if self.window is None else max(rows.start, rows.stop - self.window)
        clean = (
            rows.stop - first >= MINIMUM_SESSIONS
            and self.missing[rows.stop] == self.missing[first]
            and self.lost[rows.stop] == self.lost[first]
            and (self.moves[rows.stop] > self.moves[first + 1]).all()
        )
        if not clean:  # late starters, and what is to be refused with the reason
            return History.check(self.returns.iloc[rows], self.window)
        here = slice(first, rows.stop)
        dates = pd.DatetimeIndex(self.returns.index[here])
        return History(dates, self.returns.columns, self.values[here], self.logs[here])


def walk(model: ArimaForecaster, returns: pd.DataFrame, cutoffs: Cutoffs, horizons: Sequence[int]) -> pd.DataFrame:
    """Forecast from all cutoffs: see :meth:`~foliohub.forecast.arima.ArimaForecaster.walk`."""
    longest = max(check_horizons(horizons))
    known = Windows.check(returns.iloc[: cutoffs.positions[-1] + 1], cutoffs, model.window)
    latest: list[ArimaProcess | None] = [None] * returns.shape[1]
    chosen_at: int | None = None
    made = []
    for first in range(0, len(cutoffs.positions), _AT_A_TIME):
        positions = cutoffs.positions[first : first + _AT_A_TIME]
        histories = [known.at(position) for position in positions]
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

        def settled(
            place: int,
            histories: list[History] = histories,
            chains: list[list[tuple[ArimaProcess, Filtered]]] = chains,
        ) -> list[Distribution]:
            here = copy.copy(model)
            here.settle(histories[place], *zip(*(seen[place] for seen in chains), strict=True))
            return [here.distribution(horizon) for horizon in horizons]

        for distributions in over_threads(settled, range(len(histories)), model.threads):
            made += distributions
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


def _before(happens: np.ndarray) -> np.ndarray:
    """How often something happened in the rows before each, and before the end."""
    return np.concatenate([np.zeros_like(happens[:1], dtype=np.int64), np.cumsum(happens, axis=0)])


def _fitted(model: ArimaForecaster, history: History, column: int, before: ArimaProcess | None) -> ArimaProcess:
    """Go on from the process of the cutoff before, or choose an order where there is none or it leads nowhere."""
    values = history.log_returns[:, column]
    if before is not None:
        # Near the edge of its region an estimate creeps on for ever; it was at rest when its order was chosen, and
        # what so many evaluations leave undone a day later, the next day's go on with.
        again = fit_series(values, [before.order], warm=before, steps=_EVALUATIONS).processes[0]
        if np.isfinite(again.aicc):
            return again
    fit = model.choose(values)
    if fit.chosen is None:
        raise model.refuse(history.tickers[column], history.cutoff)
    return fit.best
