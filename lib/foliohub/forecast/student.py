"""Student's distribution with a location and a scale, and mixtures of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foliohub.types import FloatArray

_HEAVIEST, _LIGHTEST = 2.5, 50.0  # degrees of freedom: below 2 there is no variance, above it is as good as normal
_STEPS = 40  # halvings of a bracket: to a millionth of a millionth of it


@dataclass(frozen=True, slots=True)
class Tails:
    """Scale and degrees of freedom of a Student distribution around zero.

    Parameters
    ----------
    scale : float
    degrees_of_freedom : float
    """

    scale: float
    degrees_of_freedom: float


def fit_tails(values: FloatArray) -> Tails:
    """Fit scale and degrees of freedom around zero by maximum likelihood.

    The scale solves its equation for given degrees of freedom by the iterations of [1]_; these are searched for between
    2.5 and 50.

    References
    ----------
    .. [1] Lange, K. L., Little, R. J. A. and Taylor, J. M. G. (1989). Robust statistical modeling using the t
       distribution. Journal of the American Statistical Association 84(408), 881-896.

    Examples
    --------
    >>> tails = fit_tails(2 * np.random.default_rng(0).standard_t(4, 20_000))
    >>> round(tails.scale, 1), round(tails.degrees_of_freedom)
    (2.0, 4)
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    squares = values**2
    squares = squares[squares > 0]

    def scale_of(nu: float) -> float:
        variance, moved = float(np.mean(squares)), np.inf
        while moved > 1e-7:
            renewed = float(np.mean(squares * (nu + 1) / (nu + squares / variance)))
            variance, moved = renewed, abs(renewed / variance - 1)
        return float(np.sqrt(variance))

    def loss(log_nu: float) -> float:
        nu = float(np.exp(log_nu))
        scale = scale_of(nu)
        constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi) - np.log(scale)
        return float((nu + 1) / 2 * np.mean(np.log1p(squares / (nu * scale**2))) - constant)

    found = minimize_scalar(loss, bounds=(np.log(_HEAVIEST), np.log(_LIGHTEST)), method="bounded")
    nu = float(np.exp(found.x))
    return Tails(scale_of(nu), nu)


def log_density(values: FloatArray, scale: FloatArray | float, degrees_of_freedom: FloatArray | float) -> FloatArray:
    """Logarithm of the density around zero; arguments broadcast.

    Examples
    --------
    >>> float(np.round(np.exp(log_density(np.array(0.0), 1.0, 1.0)), 4))  # 1 / pi: Cauchy's
    0.3183
    """
    from scipy.special import gammaln

    nu = degrees_of_freedom
    constant = gammaln((np.asarray(nu) + 1) / 2) - gammaln(np.asarray(nu) / 2) - 0.5 * np.log(nu * np.pi)
    return np.asarray(constant - np.log(scale) - (nu + 1) / 2 * np.log1p((values / scale) ** 2 / nu))


def mixture_quantiles(
    probabilities: tuple[float, ...], locations: FloatArray, scales: FloatArray, degrees_of_freedom: FloatArray
) -> FloatArray:
    """Quantiles of equally weighted mixtures of Student distributions, by halving brackets.

    Parameters
    ----------
    probabilities : tuple of float (n_quantiles,)
    locations, scales, degrees_of_freedom : ndarray (n_parts, ...)
        Of the parts; broadcast against each other.

    Returns
    -------
    ndarray (n_quantiles, ...)
        Never falling in the probability.

    Examples
    --------
    >>> one = np.ones((2, 1))
    >>> mixture_quantiles((0.25, 0.75), np.array([[-1.0], [1.0]]), one * 1e-3, one * 30).round(2)
    array([[-1.],
           [ 1.]])
    """
    from scipy.special import stdtr, stdtrit

    locations, scales, nu = np.broadcast_arrays(locations, scales, degrees_of_freedom)
    found = []
    for probability in probabilities:
        parts = locations + scales * stdtrit(nu, probability)
        low, high = parts.min(axis=0), parts.max(axis=0)
        for _ in range(_STEPS if len(parts) > 1 else 0):
            middle = (low + high) / 2
            below = stdtr(nu, (middle - locations) / scales).mean(axis=0) < probability
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        found.append((low + high) / 2)
    return np.asarray(np.maximum.accumulate(found, axis=0))
