"""Measures of returns, drawdowns, trading and forecasts: pure functions on Series and arrays.

Returns are simple, decimal and per period; a metric without meaning (no variance, no drawdown, too few periods) is NaN
and warns nobody; a gap in the data is an error.
"""

from foliohub.metrics.drawdown import calmar_ratio, drawdown_episodes, drawdowns, max_drawdown, ulcer_index
from foliohub.metrics.performance import (
    annual_return,
    annual_volatility,
    conditional_value_at_risk,
    downside_deviation,
    rolling_sharpe_ratio,
    sharpe_ratio,
    sortino_ratio,
    total_return,
    value_at_risk,
    wealth,
    win_rate,
)
from foliohub.metrics.relative import (
    active_return,
    alpha,
    beta,
    correlation,
    down_capture,
    information_ratio,
    tracking_error,
    up_capture,
)
from foliohub.metrics.trading import cost_drag, effective_positions, gross_exposure, net_exposure, turnover

__all__ = [
    "active_return",
    "alpha",
    "annual_return",
    "annual_volatility",
    "beta",
    "calmar_ratio",
    "conditional_value_at_risk",
    "correlation",
    "cost_drag",
    "down_capture",
    "downside_deviation",
    "drawdown_episodes",
    "drawdowns",
    "effective_positions",
    "gross_exposure",
    "information_ratio",
    "max_drawdown",
    "net_exposure",
    "rolling_sharpe_ratio",
    "sharpe_ratio",
    "sortino_ratio",
    "total_return",
    "tracking_error",
    "turnover",
    "ulcer_index",
    "up_capture",
    "value_at_risk",
    "wealth",
    "win_rate",
]
