"""How uncertain a forecast is: the spread of returns now, over a horizon, and the shape of their distribution.

All forecasters share this. It rests on three facts of daily returns: volatility clusters, so the spread is an
exponentially weighted one; it comes back, so over a longer horizon the spread is drawn toward the long-run one; tails
are heavier than normal, and less so the longer the horizon, so the quantiles are those that standardised returns over
just this horizon had in the past, over all tickers.

With ``S`` the exponentially weighted and ``L`` the long-run variance of a session's log return known at the cutoff, the
variance `k` sessions ahead is ``L + (S - L) * persistence**(k - 1)``, as in a GARCH(1, 1).

References
----------
.. [1] J.P. Morgan (1996). RiskMetrics Technical Document, 4th ed., ch. 5 (exponential weights).
.. [2] Bollerslev, T. (1986). Generalized autoregressive conditional heteroskedasticity. Journal of Econometrics 31(3),
   307-327; Hull, J. C. (2018). Options, Futures, and Other Derivatives, 10th ed., eq. 23.13 (term structure).
.. [3] Barone-Adesi, G., Giannopoulos, K. and Vosper, L. (1999). VaR without correlations for portfolios of derivative
   securities. Journal of Futures Markets 19(5), 583-602 (quantiles of standardised returns).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from foliohub.errors import InputError, ModelError
from foliohub.types import FloatArray

TAILS = (0.025, 0.1, 0.9, 0.975)
"""Probabilities below the bounds lo_95, lo_80, hi_80, hi_95."""

_WARM_UP = 46  # sessions, two half-lives of the default, before an exponentially weighted variance is trusted
_QUIET = 0.01  # of its long-run variance: a ticker moving less is not traded, and its next move says nothing of tails
_WINDOWS = 4  # non-overlapping windows of a horizon there must be in the history


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """How to make intervals.

    Parameters
    ----------
    half_life : float or None
        Sessions after which a squared return counts half in the current variance; 23 is RiskMetrics' monthly decay of
        0.97. None: a constant variance.
    persistence : float
        Share of the distance to the long-run variance that is left a session later, from 0 to 1 (never comes back).
    shape : {"empirical", "normal"}
        Where quantiles come from: past standardised returns over the same horizon, or the normal distribution.
    """

    half_life: float | None = 23.0
    persistence: float = 0.97
    shape: Literal["empirical", "normal"] = "empirical"

    def __post_init__(self) -> None:
        if self.half_life is not None and not self.half_life > 0:
            raise InputError(f"half_life is {self.half_life}.", remedy="Give sessions above 0, or None.")
        if not 0 <= self.persistence <= 1:
            raise InputError(f"persistence is {self.persistence}.", remedy="Give a share from 0 to 1.")
        if self.shape not in ("empirical", "normal"):
            raise InputError(f"shape is {self.shape!r}.", remedy="Take 'empirical' or 'normal'.")

    def learn(self, innovations: FloatArray) -> Spread:
        """Learn the spread from log returns less their expectation, (n_dates, n_tickers), NaN before the first."""
        seen = ~np.isnan(innovations)
        squares = np.where(seen, innovations, 0.0) ** 2
        known = np.cumsum(seen, axis=0)
        with np.errstate(invalid="ignore"):  # NaN before a ticker's first
            long_run = np.cumsum(squares, axis=0) / known
            if self.half_life is None:
                current = long_run = np.broadcast_to(long_run[-1], long_run.shape)
            else:
                from scipy.signal import lfilter

                forget = [1.0, -(0.5 ** (1 / self.half_life))]
                current = lfilter([1.0], forget, squares, axis=0) / lfilter([1.0], forget, 1.0 * seen, axis=0)
        trusted = (known >= _WARM_UP) & (current > _QUIET * long_run[-1])
        return Spread(innovations, current, long_run, trusted, self)


@dataclass(frozen=True, slots=True)
class Shape:
    """The distribution of standardised log returns over one horizon.

    Parameters
    ----------
    quantiles : ndarray (4,)
        At :data:`TAILS`.
    variance : float
        1 where the spread is neither too wide nor too narrow.
    """

    quantiles: FloatArray
    variance: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances of log returns as known at the close of each session.

    Parameters
    ----------
    innovations : ndarray (n_dates, n_tickers)
        Log returns less their expectation; NaN before a ticker's first.
    current, long_run : ndarray (n_dates, n_tickers)
        Exponentially weighted variance, and the mean of all squares so far.
    trusted : ndarray of bool (n_dates, n_tickers)
        Where there was enough history for `current`, and the ticker moved at all.
    intervals : Intervals
        The parameters.
    """

    innovations: FloatArray
    current: FloatArray
    long_run: FloatArray
    trusted: np.ndarray
    intervals: Intervals

    def variance(self, horizon: int, responses: FloatArray | None = None) -> FloatArray:
        """Variance at the cutoff of the log return over `horizon` sessions.

        Parameters
        ----------
        horizon : int
            Sessions ahead.
        responses : ndarray (horizon, n_tickers), optional
            What an innovation `k` sessions after the cutoff, k = 1, ..., horizon, adds to the sum up to the horizon;
            1 for returns without memory.

        Returns
        -------
        ndarray (n_tickers,)
        """
        decay = self.intervals.persistence ** np.arange(horizon)[:, None]
        path = self.long_run[-1] + (self.current[-1] - self.long_run[-1]) * decay
        return np.asarray((path if responses is None else path * responses**2).sum(axis=0))

    def variances(self, horizon: int) -> FloatArray:
        """As :meth:`variance` for returns without memory, at every session (n_dates, n_tickers)."""
        decay = float(np.sum(self.intervals.persistence ** np.arange(horizon)))
        return np.asarray(horizon * self.long_run + (self.current - self.long_run) * decay)

    def standardised(self, horizon: int) -> FloatArray:
        """Log returns over `horizon` sessions in units of the spread before them.

        Returns
        -------
        ndarray (n_dates - horizon, n_tickers)
            Row `t` covers the sessions ``t + 1`` to ``t + horizon``; NaN where the spread is not to be trusted yet.
        """
        sums = np.nancumsum(self.innovations, axis=0)
        ahead = sums[horizon:] - sums[:-horizon]
        variances = self.variances(horizon)[:-horizon]
        return ahead / np.sqrt(np.where(self.trusted[:-horizon], variances, np.nan))

    def shape(self, horizon: int) -> Shape:
        """The distribution to draw an interval from.

        Raises
        ------
        ModelError
            Where the history is too short for the horizon.
        """
        standardised = self.standardised(horizon)
        known = ~np.isnan(standardised)
        if known.any(axis=1).sum() < _WINDOWS * horizon:
            raise ModelError(
                f"{len(self.innovations)} sessions of history are too few for a forecast over {horizon}.",
                remedy=f"Give {_WARM_UP + (_WINDOWS + 1) * horizon} or more, or a shorter horizon.",
            )
        if self.intervals.shape == "normal":
            from scipy.special import ndtri

            return Shape(ndtri(TAILS), 1.0)
        pooled = standardised[known]
        variance = float(np.mean(pooled**2))
        return Shape(np.quantile(pooled, TAILS, overwrite_input=True), variance)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Forecasts of simple returns over one horizon, each array (n_tickers,)."""

    mean: FloatArray
    lo_80: FloatArray
    hi_80: FloatArray
    lo_95: FloatArray
    hi_95: FloatArray


def around(mean: FloatArray, variance: FloatArray, shape: Shape) -> Distribution:
    """Intervals of a simple return around its forecast mean.

    Quantiles of the log return map to those of the simple return one to one. Its centre lies half the variance below
    ``log(1 + mean)``, where the mean of a lognormal return is `mean`. Should `mean` lie outside a bound, as it can for
    a spread of hundreds of percent, the bound gives way: intervals always nest around the mean.

    Parameters
    ----------
    mean : ndarray (n_tickers,)
        Forecast simple return, above -1.
    variance : ndarray (n_tickers,)
        Of the log return.
    shape : Shape
        Distribution of the standardised log return.

    Returns
    -------
    Distribution

    References
    ----------
    .. [1] Aitchison, J. and Brown, J. A. C. (1957). The Lognormal Distribution. Cambridge, ch. 2.

    Examples
    --------
    >>> day = around(np.array([0.001]), np.array([0.0004]), Shape(np.array([-1.96, -1.28, 1.28, 1.96]), 1.0))
    >>> day.lo_95.round(4), day.hi_95.round(4)
    (array([-0.0377]), array([0.0408]))
    """
    centre = np.log1p(mean) - variance * shape.variance / 2
    bounds = np.expm1(centre + np.sqrt(variance) * shape.quantiles[:, None])
    return Distribution(
        mean=mean,
        lo_80=np.minimum(bounds[1], mean),
        hi_80=np.maximum(bounds[2], mean),
        lo_95=np.minimum(bounds[0], mean),
        hi_95=np.maximum(bounds[3], mean),
    )


def mean_simple_return(mean_log: FloatArray, variance: FloatArray, shape: Shape) -> FloatArray:
    """Mean of a simple return whose logarithm has this mean and (long-run) variance."""
    return np.asarray(np.expm1(mean_log + variance * shape.variance / 2))
