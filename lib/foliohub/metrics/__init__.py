"""Measures of returns, drawdowns, trading and forecasts, and tests of them: pure functions on Series and arrays.

Returns are simple, decimal and per period; a metric without meaning (no variance, no drawdown, too few periods) is NaN
and warns nobody; a gap in the data is an error.
"""

from foliohub.metrics.accuracy import (
    bias,
    crps_normal,
    hit_rate,
    interval_coverage,
    interval_score,
    interval_width,
    mean_absolute_error,
    mean_absolute_scaled_error,
    pinball_loss,
    rank_information_coefficient,
    root_mean_squared_error,
    skill_score,
    symmetric_percentage_error,
)
from foliohub.metrics.bootstrap import (
    ConfidenceInterval,
    optimal_block_length,
    sharpe_confidence_interval,
    stationary_bootstrap,
)
from foliohub.metrics.capacity import impact_capacity, participation_capacity
from foliohub.metrics.confidence_set import model_confidence_set
from foliohub.metrics.deflation import (
    SharpeMoments,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
)
from foliohub.metrics.drawdown import calmar_ratio, drawdown_episodes, drawdowns, max_drawdown, ulcer_index
from foliohub.metrics.exceedances import LikelihoodRatio, christoffersen_test, kupiec_test
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
from foliohub.metrics.predictive import Predictive, crps_quantiles, crps_sample, predictive
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
from foliohub.metrics.sharpe_tests import jobson_korkie_test, ledoit_wolf_sharpe_test
from foliohub.metrics.significance import Significance, diebold_mariano_test, long_run_variance, paired_series
from foliohub.metrics.trading import cost_drag, effective_positions, gross_exposure, net_exposure, turnover
from foliohub.metrics.uniformity import Uniformity, pit_histogram, uniformity_test

__all__ = [
    "ConfidenceInterval",
    "LikelihoodRatio",
    "Predictive",
    "SharpeMoments",
    "Significance",
    "Uniformity",
    "active_return",
    "alpha",
    "annual_return",
    "annual_volatility",
    "beta",
    "bias",
    "calmar_ratio",
    "christoffersen_test",
    "conditional_value_at_risk",
    "correlation",
    "cost_drag",
    "crps_normal",
    "crps_quantiles",
    "crps_sample",
    "deflated_sharpe_ratio",
    "diebold_mariano_test",
    "down_capture",
    "downside_deviation",
    "drawdown_episodes",
    "drawdowns",
    "effective_positions",
    "expected_maximum_sharpe",
    "gross_exposure",
    "hit_rate",
    "impact_capacity",
    "information_ratio",
    "interval_coverage",
    "interval_score",
    "interval_width",
    "jobson_korkie_test",
    "kupiec_test",
    "ledoit_wolf_sharpe_test",
    "long_run_variance",
    "max_drawdown",
    "mean_absolute_error",
    "mean_absolute_scaled_error",
    "minimum_track_record_length",
    "model_confidence_set",
    "net_exposure",
    "optimal_block_length",
    "paired_series",
    "participation_capacity",
    "pinball_loss",
    "pit_histogram",
    "predictive",
    "probabilistic_sharpe_ratio",
    "rank_information_coefficient",
    "rolling_sharpe_ratio",
    "root_mean_squared_error",
    "sharpe_confidence_interval",
    "sharpe_ratio",
    "skill_score",
    "sortino_ratio",
    "stationary_bootstrap",
    "symmetric_percentage_error",
    "total_return",
    "tracking_error",
    "turnover",
    "ulcer_index",
    "uniformity_test",
    "up_capture",
    "value_at_risk",
    "wealth",
    "win_rate",
]
