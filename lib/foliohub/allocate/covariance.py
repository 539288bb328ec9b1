"""Estimators of the covariance, each under a name: ``covariance="sample" | "ewma" | "ledoit_wolf" | "oas"``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from foliohub.allocate.window import Window
from foliohub.errors import InputError, ModelError
from foliohub.types import FloatArray

CovarianceEstimator: TypeAlias = Callable[[FloatArray], FloatArray]
"""Returns (n_dates, n_tickers) -> covariance (n_tickers, n_tickers), per period."""

_SINGULAR = 1e-11
"""Smallest eigenvalue of a correlation matrix, relative to the largest, that still counts: beyond it, solving loses
more than five of float64's sixteen digits twice over and the weights are noise."""


def sample_covariance(returns: FloatArray) -> FloatArray:
    """Sample covariance with the divisor n_dates - 1.

    Examples
    --------
    >>> sample_covariance(np.array([[0.01, 0.02], [0.03, -0.02]]))
    array([[ 0.0002, -0.0004],
           [-0.0004,  0.0008]])
    """
    deviations = returns - returns.mean(axis=0)
    covariance: FloatArray = deviations.T @ deviations / (len(returns) - 1)
    return covariance


def ewma_covariance(returns: FloatArray, decay: float = 0.97) -> FloatArray:
    """Exponentially weighted covariance about zero; each older row counts `decay` times the next one.

    Parameters
    ----------
    returns : ndarray (n_dates, n_tickers)
        Simple returns per period, oldest first.
    decay : float
        RiskMetrics' 0.97 is meant for daily returns and a horizon of a month. Another one goes in as
        ``covariance=functools.partial(ewma_covariance, decay=0.94)``.

    Notes
    -----
    About 1/(1 - decay) rows carry the estimate: 33 for 0.97. For many more tickers than that, prefer shrinkage.

    References
    ----------
    J.P. Morgan and Reuters (1996). RiskMetrics technical document, 4th edition, chapter 5.
    """
    if not 0 < decay < 1:
        raise InputError(f"decay is {decay}.", remedy="Give a number between 0 and 1, such as 0.97.")
    ages = np.arange(len(returns))[::-1]
    shares = decay**ages
    covariance: FloatArray = (returns * (shares / shares.sum())[:, None]).T @ returns
    return covariance


def ledoit_wolf_covariance(returns: FloatArray) -> FloatArray:
    """Sample covariance shrunk to a multiple of the identity by Ledoit and Wolf's estimate of the best intensity.

    Regular for any number of tickers, also beyond the number of dates.

    References
    ----------
    Ledoit, O. and Wolf, M. (2004). A well-conditioned estimator for large-dimensional covariance matrices. Journal of
    Multivariate Analysis 88(2), 365-411.
    """
    from sklearn.covariance import ledoit_wolf

    covariance: FloatArray = ledoit_wolf(returns)[0]
    return covariance


def oas_covariance(returns: FloatArray) -> FloatArray:
    """Sample covariance shrunk to a multiple of the identity, the intensity being the oracle approximation for normals.

    Regular for any number of tickers; shrinks more reliably than Ledoit and Wolf's where dates are few.

    References
    ----------
    Chen, Y., Wiesel, A., Eldar, Y. C. and Hero, A. O. (2010). Shrinkage algorithms for MMSE covariance estimation. IEEE
    Transactions on Signal Processing 58(10), 5016-5029.
    """
    from sklearn.covariance import oas

    covariance: FloatArray = oas(returns)[0]
    return covariance


COVARIANCES: Mapping[str, CovarianceEstimator] = MappingProxyType(
    {
        "sample": sample_covariance,
        "ewma": ewma_covariance,
        "ledoit_wolf": ledoit_wolf_covariance,
        "oas": oas_covariance,
    }
)
"""The estimators by name."""


def estimate_covariance(
    window: Window, method: str | CovarianceEstimator, *, may_be_singular: bool = False
) -> FloatArray:
    """Estimate the covariance (n_tickers, n_tickers) of a window.

    Parameters
    ----------
    window : Window
        Checked returns.
    method : str or callable
        A name of :data:`COVARIANCES`, or a function from returns to a covariance.
    may_be_singular : bool
        Whether the allocator can do with a singular one, because it never inverts it.

    Raises
    ------
    InputError
        Where there is no estimator of that name.
    ModelError
        Where a ticker does not move or the covariance is singular: its rank, the reason where it is known, the remedy.
    """
    if isinstance(method, str) and method not in COVARIANCES:
        raise InputError(f"There is no covariance {method!r}.", remedy=f"Take one of {', '.join(COVARIANCES)}.")
    if not isinstance(method, str) and not callable(method):
        raise InputError(f"covariance is {method!r}.", remedy=f"Take one of {', '.join(COVARIANCES)}, or a function.")
    window.require_movement()
    estimator = COVARIANCES[method] if isinstance(method, str) else method
    covariance = np.asarray(estimator(window.returns), dtype=np.float64)
    n = window.n_tickers
    if covariance.shape != (n, n) or not np.isfinite(covariance).all():
        raise ModelError(f"The covariance of {n} tickers came as {covariance.shape}, or not finite.")
    if not (np.diag(covariance) > 0).all():
        raise ModelError(f"The variance of {window.tickers[int(np.argmin(np.diag(covariance)))]} is not positive.")
    if not may_be_singular:
        _require_regular(covariance, window, method)
    return covariance


def _require_regular(covariance: FloatArray, window: Window, method: str | CovarianceEstimator) -> None:
    # Judged on correlations, so that an asset's scale plays no part.
    deviations = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviations, deviations)
    eigenvalues = np.linalg.eigvalsh(correlation)
    rank = int((eigenvalues > _SINGULAR * eigenvalues[-1]).sum())
    if rank == window.n_tickers:
        return
    kind = method if isinstance(method, str) else getattr(method, "__name__", "given")
    raise ModelError(
        f"The {kind} covariance of {window.n_tickers} tickers from {window.n_dates} returns ({window.span}) is "
        f"singular: its rank is {rank}. {_cause(correlation, window)}",
        remedy='Use covariance="ledoit_wolf" or "oas", a longer window, or fewer tickers.',
    )


def _cause(correlation: FloatArray, window: Window) -> str:
    if window.n_dates <= window.n_tickers:
        return f"{window.n_tickers} tickers need more than {window.n_tickers} returns."
    twin = np.argwhere(np.triu(np.abs(correlation) > 1 - 1e-10, k=1))
    if len(twin):
        one, other = (window.tickers[position] for position in twin[0])
        return f"{one} and {other} move as one."
    return f"{_dependent(correlation, window.tickers)} is a combination of the others."


def _dependent(correlation: FloatArray, tickers: tuple[Hashable, ...]) -> Hashable:
    # The ticker that weighs most in the combination that does not move.
    return tickers[int(np.argmax(np.abs(np.linalg.eigh(correlation)[1][:, 0])))]
