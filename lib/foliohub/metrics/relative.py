"""A portfolio against its benchmark.

Both series are simple returns over the same periods; differing dates are an error, never aligned silently. Where a
risk-free return is subtracted it is the one per period. Ratios without a denominator are NaN.
"""

from __future__ import annotations

import numpy as np

from foliohub.metrics.series import Returns, RiskFree, annualisation, excess_values, paired_values, ratio, spread
from foliohub.types import FloatArray


def active_return(returns: Returns, benchmark: Returns, periods_per_year: float | None = None) -> float:
    """Mean difference to the benchmark times the periods per year, decimal (arithmetic)."""
    active = _active(returns, benchmark)
    return float(active.mean()) * annualisation(returns, periods_per_year) if len(active) else float("nan")


def tracking_error(returns: Returns, benchmark: Returns, periods_per_year: float | None = None) -> float:
    """Standard deviation (ddof = 1) of the difference to the benchmark, annualised, decimal."""
    return spread(_active(returns, benchmark)) * float(np.sqrt(annualisation(returns, periods_per_year)))


def information_ratio(returns: Returns, benchmark: Returns, periods_per_year: float | None = None) -> float:
    """Active return over tracking error; NaN where the two series differ by a constant.

    References
    ----------
    .. [1] Goodwin, T. H. (1998). The Information Ratio. Financial Analysts Journal 54(4), 34-43.

    Examples
    --------
    >>> information_ratio(np.array([0.02, 0.01]), np.array([0.01, 0.02]), periods_per_year=12)
    0.0
    """
    active = _active(returns, benchmark)
    scale = float(np.sqrt(annualisation(returns, periods_per_year)))
    return ratio(float(active.mean()), spread(active)) * scale if len(active) else float("nan")


def beta(returns: Returns, benchmark: Returns, risk_free: RiskFree = 0.0) -> float:
    """Slope of excess returns on the benchmark's; NaN where the benchmark does not move.

    Examples
    --------
    >>> market = np.array([0.01, -0.02, 0.03])
    >>> beta(0.002 + 1.5 * market, market)
    1.5
    """
    mine, market = _excess(returns, benchmark, risk_free)
    if spread(market) > 0:
        centred = market - market.mean()
        return float(centred @ (mine - mine.mean()) / (centred @ centred))
    return float("nan")


def alpha(
    returns: Returns, benchmark: Returns, risk_free: RiskFree = 0.0, periods_per_year: float | None = None
) -> float:
    """Intercept of the regression behind :func:`beta`, times the periods per year, decimal.

    References
    ----------
    .. [1] Jensen, M. C. (1968). The Performance of Mutual Funds in the Period 1945-1964. Journal of Finance 23(2),
       389-416.
    """
    mine, market = _excess(returns, benchmark, risk_free)
    if len(mine) < 2:
        return float("nan")
    intercept = mine.mean() - beta(mine, market) * market.mean()
    return float(intercept) * annualisation(returns, periods_per_year)


def correlation(returns: Returns, benchmark: Returns) -> float:
    """Pearson's correlation, from -1 to 1; NaN where either series does not move."""
    mine, market = paired_values(returns, benchmark, "benchmark")
    if spread(mine) > 0 and spread(market) > 0:
        return float(np.clip(np.corrcoef(mine, market)[0, 1], -1.0, 1.0))
    return float("nan")


def up_capture(returns: Returns, benchmark: Returns) -> float:
    """Mean compounded return over the benchmark's, in the periods in which the benchmark rises.

    1.0 means: all of the benchmark's rises. NaN where it never rises.

    References
    ----------
    .. [1] Morningstar (2011). Upside and Downside Capture Ratios: Methodology.

    Examples
    --------
    >>> up_capture(np.array([0.02, -0.01]), np.array([0.04, -0.02]))
    0.5
    """
    mine, market = paired_values(returns, benchmark, "benchmark")
    return _capture(mine, market, market > 0)


def down_capture(returns: Returns, benchmark: Returns) -> float:
    """As :func:`up_capture` in the periods in which the benchmark falls: less than 1.0 means smaller losses."""
    mine, market = paired_values(returns, benchmark, "benchmark")
    return _capture(mine, market, market < 0)


def _capture(mine: FloatArray, market: FloatArray, chosen: np.ndarray) -> float:
    if not chosen.any():
        return float("nan")
    return _geometric_mean(mine[chosen]) / _geometric_mean(market[chosen])


def _geometric_mean(values: FloatArray) -> float:
    return float(np.prod(np.maximum(1.0 + values, 0.0)) ** (1.0 / len(values)) - 1.0)


def _active(returns: Returns, benchmark: Returns) -> FloatArray:
    mine, market = paired_values(returns, benchmark, "benchmark")
    return mine - market


def _excess(returns: Returns, benchmark: Returns, risk_free: RiskFree) -> tuple[FloatArray, FloatArray]:
    paired_values(returns, benchmark, "benchmark")
    return excess_values(returns, risk_free), excess_values(benchmark, risk_free, "benchmark")
