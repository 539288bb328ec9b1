"""How likely a Sharpe ratio is real: given its length and shape, and given how many were tried before it.

A short, skewed record scatters widely, and the best of many scatters upwards: the number of trials is part of the
answer. It has to be recorded while searching; nobody can tell it afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from foliohub.errors import InputError
from foliohub.metrics.series import Returns, RiskFree, annualisation, excess_values
from foliohub.types import FloatArray

_EULER_MASCHERONI = float(np.euler_gamma)


@dataclass(frozen=True, slots=True)
class SharpeMoments:
    """What the distribution of an estimated Sharpe ratio depends on.

    Parameters
    ----------
    sharpe : float
        *Per period*, not annualised.
    skewness : float
        Of the returns; 0 for a normal distribution.
    kurtosis : float
        Of the returns; 3 for a normal distribution.
    n : int
        Periods.

    References
    ----------
    .. [1] Mertens, E. (2002). Comments on variance of the IID estimator in Lo (2002). University of Basel.
    """

    sharpe: float
    skewness: float
    kurtosis: float
    n: int

    @classmethod
    def of(cls, returns: Returns, risk_free: RiskFree = 0.0) -> SharpeMoments:
        """Estimate from returns per period; NaN where they do not vary."""
        excess = excess_values(returns, risk_free)
        deviation = float(excess.std()) if len(excess) > 2 and np.ptp(excess) > 0 else float("nan")
        scores: FloatArray = (excess - excess.mean()) / deviation if len(excess) else excess
        sharpe = float(excess.mean() / excess.std(ddof=1)) if deviation == deviation else float("nan")  # noqa: PLR0124
        return cls(sharpe, float((scores**3).mean()), float((scores**4).mean()), len(excess))

    @property
    def variance(self) -> float:
        """Variance of the estimate, times n - 1."""
        return 1 - self.skewness * self.sharpe + (self.kurtosis - 1) / 4 * self.sharpe**2

    def probability_above(self, sharpe: float) -> float:
        """Probability that the true Sharpe ratio per period is above `sharpe`.

        Examples
        --------
        The hedge fund of [1]_: 24 months, of normal returns and of those it had.

        >>> SharpeMoments(0.458, 0, 3, 24).probability_above(0)
        0.982
        >>> SharpeMoments(0.458, -2.448, 10.164, 24).probability_above(0)
        0.913

        References
        ----------
        .. [1] Bailey, D. H. and López de Prado, M. (2012). The Sharpe ratio efficient frontier. Journal of Risk 15(2),
           3-44.
        """
        if not self.variance > 0 or self.n < 3:
            return float("nan")
        return NormalDist().cdf((self.sharpe - sharpe) * (self.n - 1) ** 0.5 / self.variance**0.5)

    def periods_needed(self, sharpe: float = 0.0, level: float = 0.95) -> float:
        """Periods after which such a record would show with probability `level` that it is above `sharpe`.

        Infinite where it is not above; see :func:`minimum_track_record_length`.
        """
        if not 0.5 < level < 1:
            raise InputError(f"level is {level}.", remedy="Give a probability between 0.5 and 1, as 0.95.")
        if not self.sharpe > sharpe:
            return float("inf")
        return 1 + self.variance * (NormalDist().inv_cdf(level) / (self.sharpe - sharpe)) ** 2


def probabilistic_sharpe_ratio(
    returns: Returns, benchmark: float = 0.0, risk_free: RiskFree = 0.0, periods_per_year: float | None = None
) -> float:
    """Probability that the true Sharpe ratio is above `benchmark`, given length, skewness and kurtosis.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period.
    benchmark : float
        Sharpe ratio to beat, annualised as :func:`~foliohub.metrics.sharpe_ratio` gives it.
    risk_free, periods_per_year
        As for :func:`~foliohub.metrics.sharpe_ratio`.

    Returns
    -------
    float
        NaN for fewer than three periods or a constant series.

    Notes
    -----
    Periods count as independent; for autocorrelated returns see
    :func:`~foliohub.metrics.sharpe_confidence_interval`.

    References
    ----------
    .. [1] Bailey, D. H. and López de Prado, M. (2012). The Sharpe ratio efficient frontier. Journal of Risk 15(2),
       3-44.

    Examples
    --------
    >>> probabilistic_sharpe_ratio(np.array([0.02, -0.01, 0.03, 0.01, -0.02, 0.02]), periods_per_year=12)
    0.8064
    """
    per_period = benchmark / annualisation(returns, periods_per_year) ** 0.5
    return SharpeMoments.of(returns, risk_free).probability_above(per_period)


def minimum_track_record_length(
    returns: Returns,
    benchmark: float = 0.0,
    level: float = 0.95,
    risk_free: RiskFree = 0.0,
    periods_per_year: float | None = None,
) -> float:
    """Years of such returns that it takes to show with probability `level` that the Sharpe ratio is above `benchmark`.

    Parameters
    ----------
    returns, benchmark, risk_free, periods_per_year
        As for :func:`probabilistic_sharpe_ratio`.
    level : float
        As 0.95.

    Returns
    -------
    float
        Infinite where the ratio is not above the benchmark at all.

    References
    ----------
    .. [1] Bailey, D. H. and López de Prado, M. (2012). The Sharpe ratio efficient frontier. Journal of Risk 15(2),
       3-44.
    """
    periods = annualisation(returns, periods_per_year)
    return SharpeMoments.of(returns, risk_free).periods_needed(benchmark / periods**0.5, level) / periods


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    """Highest Sharpe ratio to expect among `trials` that are all worth nothing, in the unit of `variance`'s root.

    Parameters
    ----------
    trials : int
        Independent strategies tried.
    variance : float
        Of their estimated Sharpe ratios.

    References
    ----------
    .. [1] Bailey, D. H. and López de Prado, M. (2014). The deflated Sharpe ratio. Journal of Portfolio Management
       40(5), 94-107, equation 1.

    Examples
    --------
    >>> expected_maximum_sharpe(100, 0.5 / 250)  # their example, per day
    0.1132
    """
    if trials < 1 or not variance >= 0:
        raise InputError(f"{trials} trials of variance {variance}.", remedy="Give 1 trial or more, and no less than 0.")
    if trials == 1:
        return 0.0
    quantile = NormalDist().inv_cdf
    share = _EULER_MASCHERONI
    highest = (1 - share) * quantile(1 - 1 / trials) + share * quantile(1 - 1 / (trials * np.e))
    return float(variance**0.5 * highest)


def deflated_sharpe_ratio(
    returns: Returns,
    trial_sharpe_ratios: npt.ArrayLike,
    trials: int | None = None,
    risk_free: RiskFree = 0.0,
    periods_per_year: float | None = None,
) -> float:
    """Probability that the true Sharpe ratio is above what the best of so many worthless trials would show.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period of the strategy that was chosen.
    trial_sharpe_ratios : array-like (n_ratios,)
        Annualised Sharpe ratios of *everything* that was tried, its own among them: their variance counts.
    trials : int, optional
        Number of trials, where more were made than there are ratios of; never fewer.
    risk_free, periods_per_year
        As for :func:`~foliohub.metrics.sharpe_ratio`.

    Notes
    -----
    Trials that resemble each other are fewer independent ones: counting them all is the cautious choice.

    References
    ----------
    .. [1] Bailey, D. H. and López de Prado, M. (2014). The deflated Sharpe ratio: correcting for selection bias,
       backtest overfitting, and non-normality. Journal of Portfolio Management 40(5), 94-107.

    Examples
    --------
    >>> chosen = np.array([0.02, -0.01, 0.03, 0.01, -0.02, 0.02])
    >>> deflated_sharpe_ratio(chosen, [1.4, 0.2, 0.9], periods_per_year=12)
    0.714
    """
    ratios = np.asarray(trial_sharpe_ratios, dtype=np.float64)
    count = len(ratios) if trials is None else trials
    if ratios.ndim != 1 or not len(ratios) or not np.isfinite(ratios).all() or count < len(ratios):
        raise InputError(
            f"{count} trials with {ratios.size} Sharpe ratios.",
            remedy="Give the finite Sharpe ratio of every trial there is one of, and no smaller number of trials.",
        )
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    highest = expected_maximum_sharpe(count, variance)
    return probabilistic_sharpe_ratio(returns, highest, risk_free, periods_per_year)
