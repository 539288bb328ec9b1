"""From panels to what a recurrent network reads: scaled features, cut into overlapping sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from foliohub.errors import ModelError
from foliohub.forecast.intervals import Spread
from foliohub.types import FloatArray

_FURTHEST = 5.0
"""Standard deviations beyond which a feature says no more."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Where each feature lies and how far it spreads, in the training window and nowhere else.

    Parameters
    ----------
    names : tuple of str (n_features,)
    centre, scale : tuple of float (n_features,)
        Mean and standard deviation; 0 and 1 of a feature that had no value or never moved.
    """

    names: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def learn(cls, values: FloatArray, names: tuple[str, ...]) -> Self:
        """Take the statistics of training rows (..., n_features); NaN is left out.

        Examples
        --------
        >>> Scaling.learn(np.array([[1.0], [3.0], [np.nan]]), ("return_1",))
        Scaling(names=('return_1',), centre=(2.0,), scale=(1.0,))
        """
        rows = values.reshape(-1, values.shape[-1])
        told = ~np.isnan(rows)
        count = np.maximum(told.sum(axis=0), 1)
        centre = np.where(told, rows, 0.0).sum(axis=0) / count
        scale = np.sqrt((np.where(told, rows - centre, 0.0) ** 2).sum(axis=0) / count)
        return cls(names, tuple(centre.tolist()), tuple(np.where(scale > 0, scale, 1.0).tolist()))

    def apply(self, values: FloatArray) -> np.ndarray:
        """Scaled features, float32, at most five standard deviations from the mean; an unknown one lies at the mean."""
        scaled = (values - np.array(self.centre)) / np.array(self.scale)
        return np.asarray(np.nan_to_num(np.clip(scaled, -_FURTHEST, _FURTHEST)), dtype=np.float32)

    def columns(self, given: list[str]) -> list[str]:
        """The features to take of those given, in the order trained on.

        Raises
        ------
        ModelError
            Naming one that is not given.
        """
        missing = [name for name in self.names if name not in given]
        if missing:
            raise ModelError(
                f"The network was trained on the feature {missing[0]!r}, which is not given.",
                remedy="Build the same features as for its training, or train it anew.",
            )
        return list(self.names)

    def to_json(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"names": list(self.names), "centre": list(self.centre), "scale": list(self.scale)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read :meth:`to_json` back."""
        return cls(*(tuple(document[name]) for name in ("names", "centre", "scale")))


def standardised_returns(spread: Spread) -> FloatArray:
    """Each session's log return in units of the spread at its close (n_dates, n_tickers); NaN where not to be trusted.

    The features hold returns of many sizes; the targets are in units of the spread, and this is what they follow on.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread.trusted, spread.innovations / np.sqrt(spread.current), np.nan)


def last_sequences(panel: np.ndarray, ends: np.ndarray, length: int) -> np.ndarray:
    """For each end and ticker the rows up to it.

    Parameters
    ----------
    panel : ndarray (n_dates, n_tickers, n)
    ends : ndarray of int (n_ends,)
        Rows of the panel a sequence ends at.
    length : int
        Rows of a sequence; where there are not so many before an end, the first are zero.

    Returns
    -------
    ndarray (n_ends * n_tickers, length, n)
        By end, then by ticker.

    Examples
    --------
    >>> last_sequences(np.array([[[1.0]], [[2.0]], [[3.0]]]), np.array([0, 2]), length=2)[..., 0]
    array([[0., 1.],
           [2., 3.]])
    """
    early = np.zeros((length - 1, *panel.shape[1:]), dtype=panel.dtype)
    rows = ends[:, None] + np.arange(length)
    cut = np.concatenate([early, panel])[rows]
    return np.ascontiguousarray(cut.transpose(0, 2, 1, 3).reshape(-1, length, panel.shape[2]))


@dataclass(frozen=True, slots=True)
class Sequences:
    """What a network is taught with.

    Parameters
    ----------
    inputs : ndarray of float32 (n, length, n_features)
    tickers : ndarray of int32 (n,)
        Numbers of the tickers, from 1.
    targets : ndarray of float32 (n, length, n_horizons)
        NaN where unknown, in the warm-up, or outside the window taught.
    """

    inputs: np.ndarray
    tickers: np.ndarray
    targets: np.ndarray

    @classmethod
    def cut(cls, inputs: np.ndarray, targets: np.ndarray, *, last: int, length: int, warm_up: int) -> Self:
        """Cut panels into sequences, each known target standing in exactly one of them.

        Sequences overlap by the warm-up: a network that has read too little of one is asked for nothing.

        Parameters
        ----------
        inputs : ndarray (n_dates, n_tickers, n_features)
        targets : ndarray (n_dates, n_tickers, n_horizons)
        last : int
            Row the last sequence ends at.
        length, warm_up : int
            Rows of a sequence, and of these at its start not to be scored.
        """
        ends = np.arange(last, -1, -(length - warm_up))[::-1]
        wanted = last_sequences(targets, ends, length)
        wanted[:, :warm_up] = np.nan
        # The zeros before the first row are no targets either.
        wanted[np.repeat(ends[:, None] + np.arange(length) < length - 1, inputs.shape[1], axis=0)] = np.nan
        numbers = np.tile(np.arange(1, inputs.shape[1] + 1, dtype=np.int32), len(ends))
        told = (~np.isnan(wanted)).any(axis=(1, 2))
        return cls(last_sequences(inputs, ends, length)[told], numbers[told], wanted[told].astype(np.float32))
