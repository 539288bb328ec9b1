"""Data with a time line: cut off at a date, or changed after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias, cast

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.types import FloatArray

Dated: TypeAlias = pd.DataFrame | pd.Series | Mapping[str, pd.DataFrame]
"""Data by date: the index holds dates, alone or as a level of a MultiIndex; or a panel of such frames."""

Perturbation: TypeAlias = Callable[[FloatArray, np.random.Generator], FloatArray]
"""From the values (n_rows, n_columns) after a date to other ones of the same shape."""


def scaled(values: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Every value times a random factor around one: an ordinary, other future."""
    return np.asarray(values * np.exp(rng.normal(0.0, 0.3, values.shape)))


def missing(values: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Half of the values gone."""
    return np.where(rng.random(values.shape) < 0.5, np.nan, values)


def permuted(values: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The same rows in another order: sums, means and extremes stay, the path does not."""
    return rng.permutation(values, axis=0)


def extreme(values: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Every value a thousand times larger or smaller: what looks far away shows too."""
    return np.asarray(values * np.where(rng.random(values.shape) < 0.5, 1e3, 1e-3))


PERTURBATIONS: Mapping[str, Perturbation] = MappingProxyType(
    {"scaled": scaled, "missing": missing, "permuted": permuted, "extreme": extreme}
)
"""Name -> perturbation: what is done to the future unless told otherwise."""


def dates_of(index: pd.Index) -> pd.DatetimeIndex | None:
    """The date of each row: a DatetimeIndex itself, the level "date", or the first level of dates; None for neither."""
    if isinstance(index, pd.DatetimeIndex):
        return index
    if isinstance(index, pd.MultiIndex):
        levels = ["date"] if "date" in index.names else range(index.nlevels)
        for level in levels:
            values = index.get_level_values(level)
            if isinstance(values, pd.DatetimeIndex):
                return values
    return None


def all_dates(data: Dated) -> pd.DatetimeIndex:
    """Sorted dates of all rows.

    Raises
    ------
    InputError
        A frame has no dates.
    """
    every = pd.DatetimeIndex([])
    for frame in _frames(data):
        dates = dates_of(frame.index)
        if dates is None:
            raise InputError(
                f"The data have the index {frame.index.names} without dates.",
                remedy="Give frames indexed by date, or by (date, ticker).",
            )
        every = every.union(dates.unique())
    return every


def truncate(data: Dated, cutoff: pd.Timestamp) -> Dated:
    """What was there at `cutoff`: a copy without later rows."""
    return _each(data, lambda frame: frame[_dates(frame) <= cutoff].copy())


def perturb(data: Dated, cutoff: pd.Timestamp, perturbation: Perturbation, rng: np.random.Generator) -> Dated:
    """A copy whose numbers after `cutoff` are other ones."""

    def change(frame: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
        later = np.asarray(_dates(frame) > cutoff)
        if isinstance(frame, pd.Series):
            changed = frame.astype(np.float64)
            if later.any():
                changed[later] = perturbation(np.asarray(changed, dtype=np.float64)[later, None], rng)[:, 0]
            return changed
        numbers = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
        values = frame.loc[:, numbers].to_numpy(dtype=np.float64, copy=True)
        if later.any() and any(numbers):
            values[later] = perturbation(values[later], rng)
        other = pd.DataFrame(values, index=frame.index, columns=frame.columns[numbers])
        return other if all(numbers) else frame.assign(**{str(name): other[name] for name in other})

    return _each(data, change)


def with_gaps(data: Dated, cutoffs: pd.DatetimeIndex, rng: np.random.Generator) -> Dated:
    """A copy with missing values: here and there, and in every other column on the cutoffs.

    Filling a gap from the future only shows where there is one.
    """

    def puncture(frame: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
        gaps = rng.random(frame.shape) < 0.02
        at_cutoff = np.asarray(_dates(frame).isin(cutoffs))
        gaps[at_cutoff] |= rng.random(gaps[at_cutoff].shape) < 0.5
        return frame.mask(gaps)

    return _each(data, puncture)


def copied(data: Dated) -> Dated:
    """A copy, for functions that change what they are given."""
    return _each(data, lambda frame: frame.copy())


def _dates(frame: pd.DataFrame | pd.Series) -> pd.DatetimeIndex:
    return cast("pd.DatetimeIndex", dates_of(frame.index))


def _frames(data: Dated) -> list[pd.DataFrame | pd.Series]:
    return list(data.values()) if isinstance(data, Mapping) else [data]


def _each(data: Dated, change: Callable[[pd.DataFrame | pd.Series], pd.DataFrame | pd.Series]) -> Dated:
    if isinstance(data, Mapping):
        return {name: cast("pd.DataFrame", change(frame)) for name, frame in data.items()}
    return change(data)
