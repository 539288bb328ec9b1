"""Whether two forecasts differ by more than chance.

A test is two-sided and says how large the difference is, how uncertain, and how likely so much would be by chance. A
p-value is no reason to prefer a model: among many models tried, the best one's is too small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import InputError
from foliohub.types import FloatArray


@dataclass(frozen=True, slots=True)
class Significance:
    """What a two-sided test says about a difference.

    Parameters
    ----------
    estimate : float
        The difference, first argument minus second.
    standard_error : float
        Of `estimate`; 0 where the two never differ.
    statistic : float
        ``estimate / standard_error``, with the test's small-sample correction; NaN where the two never differ.
    p_value : float
        Probability of so large a statistic where there is no difference; NaN where the two never differ.
    """

    estimate: float
    standard_error: float
    statistic: float
    p_value: float


def long_run_variance(values: npt.ArrayLike, lags: int) -> float:
    """Variance of ``sqrt(n)`` times the mean of an autocorrelated series, by Newey and West's (Bartlett's) weights.

    Parameters
    ----------
    values : array-like (n,)
        In time order.
    lags : int
        Autocovariances taken in; 0 is the plain variance (ddof = 0).

    References
    ----------
    .. [1] Newey, W. K. and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity and
       autocorrelation consistent covariance matrix. Econometrica 55(3), 703-708.

    Examples
    --------
    >>> long_run_variance([1.0, -1.0, 1.0, -1.0], lags=1)
    0.25
    """
    x = np.asarray(values, dtype=np.float64)
    x = x - x.mean()
    n = len(x)
    kept = range(1, min(lags, n - 1) + 1)
    return float((x @ x + 2 * sum((1 - lag / (lags + 1)) * (x[lag:] @ x[:-lag]) for lag in kept)) / n)


def diebold_mariano_test(
    losses: npt.ArrayLike | pd.Series,
    benchmark_losses: npt.ArrayLike | pd.Series,
    horizon: int = 1,
    lags: int | None = None,
) -> Significance:
    """Test whether one model's forecasts lose as much as a benchmark's, by the mean difference of their losses.

    Parameters
    ----------
    losses, benchmark_losses : array-like (n,)
        One loss per forecast, as its squared error, in time order. Of a panel take each date's mean over tickers:
        tickers of one date are no independent evidence.
    horizon : int
        Rows of the arguments that a forecast reaches ahead. Forecasts over 21 sessions made every 21st overlap nowhere
        and have horizon 1 here.
    lags : int, optional
        Autocovariances of the loss difference taken in. By default ``2 * (horizon - 1)``: overlap makes
        ``horizon - 1`` of them differ from zero, and Bartlett's weights would take away a third of what it adds to the
        variance were they cut off there.

    Returns
    -------
    Significance
        Negative estimate and statistic: the model loses less than the benchmark.

    Raises
    ------
    InputError
        Where the two differ in length or hold too few or missing values.

    Notes
    -----
    Newey-West variance, the small-sample factor of [2]_, Student's t with n - 1 degrees of freedom. The test compares
    forecasts, not models: of nested models in an expanding window it is conservative ([3]_ instead).

    References
    ----------
    .. [1] Diebold, F. X. and Mariano, R. S. (1995). Comparing predictive accuracy. Journal of Business & Economic
       Statistics 13(3), 253-263.
    .. [2] Harvey, D., Leybourne, S. and Newbold, P. (1997). Testing the equality of prediction mean squared errors.
       International Journal of Forecasting 13(2), 281-291.
    .. [3] Clark, T. E. and West, K. D. (2007). Approximately normal tests for equal predictive accuracy in nested
       models. Journal of Econometrics 138(1), 291-311.

    Examples
    --------
    >>> test = diebold_mariano_test([1.0, 2.0, 1.5, 1.0, 2.0, 1.0], [1.2, 2.1, 1.9, 1.1, 2.6, 1.0])
    >>> round(test.statistic, 3), round(test.p_value, 3)
    (-2.539, 0.052)
    """
    from scipy.stats import t as student

    model, benchmark = paired_series(losses, benchmark_losses, at_least=max(horizon + 1, 3))
    if horizon < 1 or (lags is not None and lags < 0):
        raise InputError(
            f"horizon is {horizon}, lags {lags}.", remedy="Give a horizon of 1 or more, lags of 0 or more."
        )
    difference = model - benchmark
    n, h = len(difference), horizon
    variance = long_run_variance(difference, 2 * (h - 1) if lags is None else lags)
    correction = (n + 1 - 2 * h + h * (h - 1) / n) / n
    estimate = float(difference.mean())
    error = float(np.sqrt(variance / n))
    if error == 0:
        return Significance(estimate, 0.0, float("nan"), float("nan"))
    statistic = float(np.sqrt(correction) * estimate / error)
    return Significance(estimate, error, statistic, float(2 * student.sf(abs(statistic), df=n - 1)))


def paired_series(
    first: npt.ArrayLike | pd.Series, second: npt.ArrayLike | pd.Series, at_least: int
) -> tuple[FloatArray, FloatArray]:
    """Two series over the same periods as arrays (n,), checked: one index, one length, nothing missing.

    Raises
    ------
    InputError
        Saying what differs.
    """
    if isinstance(first, pd.Series) and isinstance(second, pd.Series) and not first.index.equals(second.index):
        raise InputError("The two series have different indexes.", remedy="Align them first.")
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise InputError(f"The two series have the shapes {x.shape} and {y.shape}.", remedy="Pair them one to one.")
    if len(x) < at_least:
        raise InputError(f"{len(x)} periods are too few to test on.", remedy=f"Give {at_least} or more.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("One of the two series holds a missing or infinite value.", remedy="Leave out such periods.")
    return x, y
