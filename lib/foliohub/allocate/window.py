"""What an allocator is given, checked: a window of returns and what is known besides at its last row."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import ContractError, InputError, ModelError
from foliohub.types import FloatArray

_STILL = 1e-10
"""A range of returns below this fraction of the largest one is rounding, not movement."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Returns an allocator learns from, and what is known besides at their last row.

    Parameters
    ----------
    returns : ndarray (n_dates, n_tickers)
        Simple returns per period, finite.
    tickers : tuple of length n_tickers
        Column labels; "x0", "x1", … where the returns came without.
    span : str
        First and last row, for messages.
    previous_weights : ndarray (n_tickers,) or None
        Weights held now; None where nothing is held.
    expected_returns : ndarray (n_tickers,) or None
        Forecast simple returns per period.
    last_row : label
        Of the last row of the returns: the date decided at, where they have dates; a number where they have none.
    """

    returns: FloatArray
    tickers: tuple[Hashable, ...]
    span: str
    previous_weights: FloatArray | None
    expected_returns: FloatArray | None
    last_row: Hashable = None

    @classmethod
    def check(
        cls,
        X: pd.DataFrame | npt.ArrayLike,
        previous_weights: pd.Series | npt.ArrayLike | None = None,
        expected_returns: pd.Series | npt.ArrayLike | None = None,
    ) -> Window:
        """Check what `fit` was given.

        Raises
        ------
        InputError
            Where a shape, a label or a number of the arguments does not fit.
        ContractError
            Where a return is missing or infinite; names its ticker and date.
        """
        labels: tuple[Hashable, ...] | None = None
        rows: pd.Index | None = None
        if isinstance(X, pd.DataFrame):
            labels, rows = tuple(X.columns), X.index
            if not X.columns.is_unique:
                twice = X.columns[X.columns.duplicated()][0]
                raise InputError(f"The returns hold {twice} more than once.", remedy="Keep one column per ticker.")
        returns = _numbers(X, "returns")
        if returns.ndim != 2 or 0 in returns.shape:
            raise InputError(
                f"The returns have the shape {returns.shape}.", remedy="Pass at least one date and one ticker."
            )
        tickers = labels if labels is not None else tuple(f"x{column}" for column in range(returns.shape[1]))
        rows = pd.RangeIndex(len(returns)) if rows is None else rows
        holes = ~np.isfinite(returns)
        if holes.any():
            row, column = np.argwhere(holes)[0]
            ticker, count = tickers[column], int(holes[:, column].sum())
            raise ContractError(
                f"The return of {ticker} at {_day(rows[row])} is {returns[row, column]}, "
                f"and {count} of its {len(returns)} returns in the window are not finite.",
                remedy=f"Leave {ticker} out, or take a window in which it has a return at every date.",
            )
        return cls(
            returns=returns,
            tickers=tickers,
            span=f"{_day(rows[0])} to {_day(rows[-1])}",
            previous_weights=_aligned(previous_weights, tickers, "previous_weights"),
            expected_returns=_aligned(expected_returns, tickers, "expected_returns"),
            last_row=rows[-1],
        )

    @property
    def n_dates(self) -> int:
        """Rows of the returns."""
        return len(self.returns)

    @property
    def n_tickers(self) -> int:
        """Columns of the returns."""
        return len(self.tickers)

    def require_rows(self, least: int, reason: str) -> None:
        """Refuse a window of fewer than `least` rows."""
        if self.n_dates < least:
            raise ModelError(
                f"The window {self.span} has {self.n_dates} rows for {self.n_tickers} tickers; {reason}.",
                remedy=f"Take a window of at least {least}.",
            )

    def require_movement(self) -> None:
        """Refuse a ticker whose return is the same at every date: its risk cannot be estimated."""
        self.require_rows(2, "a volatility needs at least 2")
        highest, lowest = self.returns.max(axis=0), self.returns.min(axis=0)
        still = highest - lowest <= _STILL * np.maximum(highest, -lowest)
        if still.any():
            ticker = self.tickers[int(np.argmax(still))]
            raise ModelError(
                f"The return of {ticker} is {self.returns[0, np.argmax(still)]:g} at every date from {self.span}: "
                f"its covariance with the rest is zero and the covariance matrix is singular "
                f"(rank {int((~still).sum())} of {self.n_tickers} at most).",
                remedy=f"Leave {ticker} out, or look for a stale price.",
            )


def _numbers(values: object, what: str) -> FloatArray:
    try:
        table: Any = values.to_numpy() if isinstance(values, pd.DataFrame | pd.Series) else values
        return np.asarray(table, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"The {what} are not all numbers: {error}.") from error


def _aligned(values: pd.Series | npt.ArrayLike | None, tickers: tuple[Hashable, ...], what: str) -> FloatArray | None:
    """Values in the order of the tickers, by label where they have labels."""
    if values is None:
        return None
    if isinstance(values, pd.Series):
        absent = [ticker for ticker in tickers if ticker not in values.index]
        if absent or not values.index.is_unique:
            fault = f"nothing for {absent[0]}" if absent else "a ticker more than once"
            raise InputError(f"{what} holds {fault}.", remedy="Give one number for each ticker of the returns.")
        values = values.reindex(pd.Index(tickers, tupleize_cols=False))
    numbers = _numbers(values, what)
    if numbers.shape != (len(tickers),):
        raise InputError(
            f"{what} has the shape {numbers.shape}, the returns have {len(tickers)} tickers.",
            remedy="Give one number for each column of the returns.",
        )
    if not np.isfinite(numbers).all():
        where = int(np.argmin(np.isfinite(numbers)))
        raise InputError(f"{what} holds {numbers[where]} for {tickers[where]}.", remedy="Give finite numbers.")
    return numbers


def _day(label: Hashable) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else str(label)
