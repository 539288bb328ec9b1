"""Whether a value at risk is exceeded as often as it says, and no more often after a day on which it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foliohub.errors import InputError
from foliohub.metrics.performance import check_level


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """What a likelihood-ratio test says; both NaN where there is nothing to test.

    Parameters
    ----------
    statistic : float
        Twice the gain in log-likelihood of the free model over the one tested; chi-squared with one degree of freedom.
    p_value : float
        Probability of so large a statistic where the model tested is right.
    """

    statistic: float
    p_value: float


def kupiec_test(exceeded: npt.ArrayLike, level: float) -> LikelihoodRatio:
    """Test whether losses exceed a value at risk in ``1 - level`` of the periods: unconditional coverage.

    Parameters
    ----------
    exceeded : array-like of bool (n_periods,)
        Whether the loss was larger than the value at risk told before.
    level : float
        Of the value at risk, as 0.99.

    Raises
    ------
    InputError
        Where a level or an argument is none.

    References
    ----------
    .. [1] Kupiec, P. H. (1995). Techniques for verifying the accuracy of risk measurement models. Journal of
       Derivatives 3(2), 73-84.

    Examples
    --------
    >>> kupiec_test([True] * 20 + [False] * 232, 0.95).statistic
    3.9126
    """
    check_level(level)
    hits = _booleans(exceeded)
    many = int(hits.sum())
    free = _log_likelihood(many, len(hits))
    return _test(free - _log_likelihood(many, len(hits), 1 - level), known=len(hits) > 0)


def christoffersen_test(exceeded: npt.ArrayLike) -> LikelihoodRatio:
    """Test whether an exceedance is as likely after a period with one as after a period without: independence.

    Parameters
    ----------
    exceeded : array-like of bool (n_periods,)
        In time order.

    Notes
    -----
    NaN where one of the two kinds of period has none after it: nothing is told apart then. How *often* the value at
    risk is exceeded does not matter here, see :func:`kupiec_test`.

    References
    ----------
    .. [1] Christoffersen, P. F. (1998). Evaluating interval forecasts. International Economic Review 39(4), 841-862.

    Examples
    --------
    >>> round(christoffersen_test([True, True, False, False, True, True, False, False, False]).p_value, 2)
    0.46
    """
    hits = _booleans(exceeded)
    before, after = hits[:-1], hits[1:]
    free, sizes = 0.0, []
    for state in (False, True):
        following = after[before == state]
        free += _log_likelihood(int(following.sum()), len(following))
        sizes.append(len(following))
    return _test(free - _log_likelihood(int(after.sum()), len(after)), known=min(sizes) > 0)


def _booleans(exceeded: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    hits = np.asarray(exceeded)
    if hits.ndim != 1 or hits.dtype != np.bool_:
        raise InputError(
            f"exceeded has the shape {hits.shape} and holds {hits.dtype}.", remedy="Give one bool per period."
        )
    return hits


def _log_likelihood(many: int, periods: int, probability: float | None = None) -> float:
    """Of so many exceedances within the periods, each of the probability given, or else of the one that fits best."""
    from scipy.special import xlog1py, xlogy

    if probability is None:
        probability = many / max(periods, 1)
    return float(xlogy(many, probability) + xlog1py(periods - many, -probability))


def _test(gain: float, *, known: bool) -> LikelihoodRatio:
    from scipy.special import chdtrc

    if not known:
        return LikelihoodRatio(float("nan"), float("nan"))
    statistic = max(2 * gain, 0.0)  # rounding alone can leave less
    return LikelihoodRatio(statistic, float(chdtrc(1, statistic)))
