"""Scores of whole predictive distributions, from the four bounds of two central intervals.

A forecast here states the quantiles 2.5, 10, 90 and 97.5 %. To score it as a distribution somebody has to say what lies
between and beyond them. We say: **three logistic pieces**. The log-odds of the distribution function is linear in the
return between 10 and 90 %, and linear on each side of them through the outer bound, so that::

    F(y) = 1 / (1 + exp(-z(y))),   z piecewise linear through the four bounds

It is the simplest distribution with these four quantiles and exponential tails, which are nearer to those of returns
than the normal's and let no single outcome rule a log score. Its CRPS has a closed form. The mean plays no part.

References
----------
.. [1] Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation. JASA 102(477),
   359-378, eq. 20 (CRPS), sec. 4.1 (logarithmic score).
.. [2] Dawid, A. P. (1984). Statistical theory: the prequential approach. JRSS A 147(2), 278-292 (PIT).
.. [3] Jordan, A., Krüger, F. and Lerch, S. (2019). Evaluating probabilistic forecasts with scoringRules. Journal of
   Statistical Software 90(12), app. A (CRPS of the logistic distribution, our check).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import InputError
from foliohub.types import FloatArray

LEVELS = (0.025, 0.1, 0.9, 0.975)
"""Probabilities below the bounds lo_95, lo_80, hi_80 and hi_95."""

_NARROWEST = 1e-9  # width of a piece: bounds that coincide are moved apart by so much


@dataclass(frozen=True, slots=True, eq=False)
class Predictive:
    """Distributions with three logistic pieces, one per forecast.

    Parameters
    ----------
    knots : ndarray (n, 2)
        The 10 % and the 90 % quantile.
    slopes : ndarray (n, 3)
        Log-odds per unit of return below, between and above the knots.
    """

    knots: FloatArray
    slopes: FloatArray

    @classmethod
    def through(cls, lo_95: npt.ArrayLike, lo_80: npt.ArrayLike, hi_80: npt.ArrayLike, hi_95: npt.ArrayLike) -> Self:
        """The distributions with these quantiles, each array-like (n,).

        Raises
        ------
        InputError
            Where bounds do not nest or are missing.

        Examples
        --------
        >>> Predictive.through([-0.04], [-0.02], [0.02], [0.04]).cdf(
        ...     [
        ...         0.0,
        ...     ]
        ... )
        array([0.5])
        """
        bounds = np.column_stack([np.asarray(one, dtype=np.float64) for one in (lo_95, lo_80, hi_80, hi_95)])
        if not np.isfinite(bounds).all() or (np.diff(bounds, axis=1) < 0).any():
            raise InputError("Some bounds are missing or do not nest.", remedy="Repair the forecasts first.")
        odds = np.log(np.array(LEVELS) / (1 - np.array(LEVELS)))
        widths = np.maximum(np.diff(bounds, axis=1), _NARROWEST)
        return cls(bounds[:, 1:3], np.diff(odds) / widths)

    def log_odds(self, values: npt.ArrayLike) -> FloatArray:
        """z(y) of each value (n,)."""
        y = np.asarray(values, dtype=np.float64)
        low, high = self.knots.T
        at_low = np.log(LEVELS[1] / (1 - LEVELS[1]))
        middle = at_low + self.slopes[:, 1] * (np.clip(y, low, high) - low)
        return np.asarray(
            middle + self.slopes[:, 0] * np.minimum(y - low, 0) + self.slopes[:, 2] * np.maximum(y - high, 0)
        )

    def cdf(self, values: npt.ArrayLike) -> FloatArray:
        """Probability below each value (n,): of outcomes, their probability integral transform (PIT)."""
        return _logistic(self.log_odds(values))

    def log_density(self, values: npt.ArrayLike) -> FloatArray:
        """Logarithm of the density at each value (n,): of outcomes, the log score; more is better."""
        y = np.asarray(values, dtype=np.float64)
        piece = (y >= self.knots[:, 0]).astype(int) + (y > self.knots[:, 1])
        slope = np.take_along_axis(self.slopes, piece[:, None], axis=1)[:, 0]
        z = np.abs(self.log_odds(y))
        return np.asarray(np.log(slope) - z - 2 * np.log1p(np.exp(-z)))

    def crps(self, values: npt.ArrayLike) -> FloatArray:
        """Continuous ranked probability score of each value (n,), in its unit; less is better.

        Notes
        -----
        The integral of ``F(x)**2`` below the outcome and ``(1 - F(x))**2`` above it, piece by piece: with ``z`` linear
        and ``F`` logistic, the integral of ``F**2`` over ``dz`` is ``log(1 + exp(z)) - F``.
        """
        z = self.log_odds(values)
        knots = np.log(np.array(LEVELS[1:3]) / (1 - np.array(LEVELS[1:3])))
        edges = [-np.inf, *knots, np.inf]
        total = np.zeros(len(z))
        for piece in range(3):
            low, high = edges[piece], edges[piece + 1]
            below = _primitive(np.clip(z, low, high)) - _primitive(np.full(len(z), low))
            above = _primitive(-np.clip(z, low, high)) - _primitive(np.full(len(z), -high))
            total += (below + above) / self.slopes[:, piece]
        return total


def crps_quantiles(actual: npt.ArrayLike, quantiles: npt.ArrayLike, levels: npt.ArrayLike) -> FloatArray:
    """CRPS approximated by the mean of twice the quantile losses; exact in the limit of many equally spaced levels.

    Parameters
    ----------
    actual : array-like (n,)
        Outcomes.
    quantiles : array-like (n, n_levels)
        Forecast quantiles.
    levels : array-like (n_levels,)
        Their probabilities.

    Returns
    -------
    ndarray (n,)

    References
    ----------
    .. [1] Laio, F. and Tamea, S. (2007). Verification tools for probabilistic forecasts of continuous hydrological
       variables. Hydrology and Earth System Sciences 11, 1267-1277, eq. 9.

    Examples
    --------
    >>> crps_quantiles([0.0], [[-1.0, 1.0]], [0.25, 0.75])
    array([0.5])
    """
    y, q, p = (np.asarray(one, dtype=np.float64) for one in (actual, quantiles, levels))
    if q.ndim != 2 or q.shape != (len(y), len(p)) or not ((p > 0) & (p < 1)).all():
        raise InputError(
            f"The quantiles have the shape {q.shape}, for {len(y)} outcomes and {p.size} levels.",
            remedy="Give one row per outcome, one column per level from 0 to 1.",
        )
    error = y[:, None] - q
    return np.asarray(2 * np.maximum(p * error, (p - 1) * error).mean(axis=1))


def crps_sample(actual: npt.ArrayLike, draws: npt.ArrayLike) -> FloatArray:
    """CRPS of samples from forecast distributions: mean distance to the outcome less half the mean distance of draws.

    Parameters
    ----------
    actual : array-like (n,)
        Outcomes.
    draws : array-like (n, n_draws)
        Draws from each forecast.

    Returns
    -------
    ndarray (n,)

    References
    ----------
    .. [1] Gneiting, T. and Raftery, A. E. (2007), as in the module, eq. 21.

    Examples
    --------
    >>> crps_sample([0.0], [[-1.0, 1.0]])
    array([0.5])
    """
    y, x = np.asarray(actual, dtype=np.float64), np.sort(np.asarray(draws, dtype=np.float64), axis=1)
    count = x.shape[1]
    # Sorted, the sum of all distances is a weighted sum: n log n instead of n squared.
    apart = 2 * (x * (2 * np.arange(1, count + 1) - count - 1)).sum(axis=1) / count**2
    return np.asarray(np.abs(x - y[:, None]).mean(axis=1) - apart / 2)


def predictive(rows: pd.DataFrame) -> Predictive:
    """The distributions of forecasts, from their columns lo_95, lo_80, hi_80 and hi_95."""
    return Predictive.through(rows["lo_95"], rows["lo_80"], rows["hi_80"], rows["hi_95"])


def _logistic(z: FloatArray) -> FloatArray:
    return np.exp(-np.logaddexp(0, -z))


def _primitive(z: FloatArray) -> FloatArray:
    """``log(1 + exp(z)) - F(z)``: 0 at minus infinity, whose difference to plus infinity is never asked for."""
    return np.logaddexp(0, z) - _logistic(z)
