"""A stretch of history made ready to be lived through many times: features and growth of every possible decision.

The clock is that of :mod:`foliohub.backtest`. A decision at the close of row *D* is traded at the close of
``D + purge`` and earns the returns of rows ``D + 1 + purge`` to ``D + every + purge``, after which the next decision's
trade takes place; the next decision itself falls on row ``D + every``, when only some of these returns are seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.allocate.reinforcement.observation import describe
from foliohub.costs import CostModel
from foliohub.errors import ContractError, InputError
from foliohub.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """What each decision sees and earns, by position: decision *i* falls on row ``lookback - 1 + i`` of the returns.

    Parameters
    ----------
    features : ndarray (n_decisions, n_tickers, n_features)
        Known at the close of the decision.
    earned : ndarray (n_decisions, n_tickers)
        Growth ``Π(1 + r)`` from the decision's trade to the next one's.
    seen : ndarray (n_decisions, n_tickers)
        The part of it that is known at the close of the next decision.
    sessions : Index (n_decisions,)
        Labels of the rows decided at.
    last_session : label
        Row of the last return of all.
    every : int
        Rows from one decision to the next.
    purge : int
        Rows from a decision to its trade.
    lookback : int
        Rows a decision looks back.
    rate : float
        Cost per unit of value traded.
    """

    features: FloatArray
    earned: FloatArray
    seen: FloatArray
    sessions: pd.Index
    last_session: object
    every: int
    purge: int
    lookback: int
    rate: float

    @classmethod
    def of(
        cls,
        returns: pd.DataFrame,
        *,
        lookback: int = 126,
        every: int = 5,
        purge: int = 1,
        costs: CostModel | None = None,
    ) -> Market:
        """Prepare returns.

        Parameters
        ----------
        returns : DataFrame (n_dates, n_tickers)
            Simple returns per period, none missing.
        lookback, every, purge
            See the class.
        costs : CostModel, optional
            None for nothing.

        Raises
        ------
        ContractError
            Where a return is missing, infinite, or a loss of everything.
        InputError
            Where a number is out of range or the rows hold no decision.
        """
        values = np.ascontiguousarray(returns.to_numpy(dtype=np.float64))
        fault = ~np.isfinite(values) | (values <= -1)
        if fault.any():
            row, column = np.argwhere(fault)[0]
            raise ContractError(
                f"The return of {returns.columns[column]} at {returns.index[row]} is {values[row, column]}.",
                remedy="Train on tickers and dates without gaps and without a total loss.",
            )
        if every < 1 or purge < 0:
            raise InputError(f"every is {every}, purge {purge}.", remedy="Give 1 or more, and 0 or more.")
        count = len(values) - lookback - purge
        if count < 1 or not values.shape[1]:
            raise InputError(
                f"{values.shape[0]} returns of {values.shape[1]} tickers hold no decision that looks back {lookback}.",
                remedy=f"Give at least {lookback + purge + 1} rows, or look back less far.",
            )
        features = describe(values[: lookback - 1 + count], lookback)
        first = np.arange(count) + lookback + purge
        return cls(
            features=features,
            earned=_growth(values, first, every),
            seen=_growth(values, first, every - purge),
            sessions=returns.index[lookback - 1 : lookback - 1 + count],
            last_session=returns.index[-1],
            every=every,
            purge=purge,
            lookback=lookback,
            rate=0.0 if costs is None else costs.rate,
        )

    @property
    def n_decisions(self) -> int:
        """Rows that can be decided at."""
        return len(self.features)

    @property
    def n_tickers(self) -> int:
        """Tickers held or not."""
        return int(self.features.shape[1])


def _growth(returns: FloatArray, first: npt.NDArray[np.intp], count: int) -> FloatArray:
    """``Π(1 + r)`` over `count` rows from each `first` on; rows past the end earn nothing."""
    growth = np.ones((len(first), returns.shape[1]))
    for step in range(count):
        rows = first + step
        there = rows < len(returns)
        growth[there] *= 1.0 + returns[rows[there]]
    return growth
