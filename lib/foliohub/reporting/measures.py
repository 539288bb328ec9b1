"""What each measure is called, how it is written, and which end of it is good."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from foliohub.reporting.tables import Best


@dataclass(frozen=True, slots=True)
class Measure:
    """How to show one measure.

    Parameters
    ----------
    label : str
        Its name, with the unit where the number does not carry it.
    format : str
        A name in :data:`foliohub.reporting.formats.FORMATS`.
    better : {"high", "low"} or None
        The good end; None where there is none.
    """

    label: str
    format: str
    better: Best | None = None


MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        # Return and risk of strategies.
        "total_return": Measure("Total return", "percent", "high"),
        "annual_return": Measure("Return a year", "percent", "high"),
        "annual_volatility": Measure("Volatility a year", "percent", "low"),
        "sharpe_ratio": Measure("Sharpe ratio", "number2", "high"),
        "p_value": Measure("p-value", "number2"),
        "sortino_ratio": Measure("Sortino ratio", "number2", "high"),
        "max_drawdown": Measure("Maximum drawdown", "percent", "high"),
        "calmar_ratio": Measure("Calmar ratio", "number2", "high"),
        "ulcer_index": Measure("Ulcer index", "percent", "low"),
        "value_at_risk": Measure("Value at risk (95%)", "percent2", "low"),
        "conditional_value_at_risk": Measure("Expected shortfall (95%)", "percent2", "low"),
        "downside_deviation": Measure("Downside deviation", "percent", "low"),
        "win_rate": Measure("Periods with a gain", "percent", "high"),
        "certainty_equivalent": Measure("Certainty equivalent a year", "percent", "high"),
        # Against an index.
        "active_return": Measure("Return over the index a year", "signed_percent", "high"),
        "tracking_error": Measure("Tracking error a year", "percent"),
        "information_ratio": Measure("Information ratio", "number2", "high"),
        "beta": Measure("Beta", "number2"),
        "alpha": Measure("Alpha a year", "signed_percent", "high"),
        "correlation": Measure("Correlation with the index", "number2"),
        "up_capture": Measure("Up capture", "percent0"),
        "down_capture": Measure("Down capture", "percent0", "low"),
        # Trading.
        "turnover": Measure("Turnover", "percent0", "low"),
        "annual_turnover": Measure("Turnover a year", "percent0", "low"),
        "annual_cost": Measure("Costs a year", "bps", "low"),
        "cost_drag": Measure("Return lost to costs a year", "bps", "low"),
        "effective_positions": Measure("Effective positions", "number1"),
        # Forecasts.
        "skill": Measure("Skill", "signed_percent2", "high"),
        "skill_error": Measure("Standard error", "percent2"),
        "mae": Measure("Mean abs. error", "percent2", "low"),
        "mean_absolute_error": Measure("Mean abs. error", "percent2", "low"),
        "rmse": Measure("RMSE", "percent2", "low"),
        "root_mean_squared_error": Measure("RMSE", "percent2", "low"),
        "mean_absolute_scaled_error": Measure("MASE", "number3", "low"),
        "bias": Measure("Bias", "signed_percent2"),
        "hit_rate": Measure("Hit rate", "percent", "high"),
        "rank_ic": Measure("Rank IC", "number3", "high"),
        "rank_information_coefficient": Measure("Rank IC", "number3", "high"),
        "pinball_loss": Measure("Pinball loss", "percent2", "low"),
        "pinball": Measure("Pinball loss", "percent2", "low"),
        "crps": Measure("CRPS", "percent2", "low"),
        "crps_skill": Measure("CRPS skill", "signed_percent2", "high"),
        "log_score": Measure("Log score", "number3", "high"),
        "pit_p_value": Measure("PIT p-value", "number3"),
        "mase": Measure("MASE", "number3", "low"),
        "coverage_80": Measure("Inside 80%", "percent"),
        "coverage_95": Measure("Inside 95%", "percent"),
        "coverage_80_own": Measure("Inside 80%, its own", "percent"),
        "coverage_95_own": Measure("Inside 95%, its own", "percent"),
        "crps_own": Measure("CRPS, its own", "percent2", "low"),
        "width_80": Measure("Width 80%", "percent"),
        "width_95": Measure("Width 95%", "percent"),
        "interval_score_80": Measure("Score 80%", "percent2", "low"),
        "interval_score_95": Measure("Score 95%", "percent2", "low"),
        "dm_statistic": Measure("DM statistic", "number2", "low"),
        "dm_p_value": Measure("DM p-value", "number3"),
        "crps_p_value": Measure("DM p-value, CRPS", "number3"),
        "mcs_p_value": Measure("MCS p-value", "number3"),
        "crps_mcs_p_value": Measure("MCS p-value, CRPS", "number3"),
        "observations": Measure("Forecasts scored", "integer"),
        "n_observations": Measure("Periods", "integer"),
        "periods_per_year": Measure("Periods a year", "integer"),
        "cutoffs": Measure("Dates scored", "integer"),
    }
)
"""Name in the code -> how to show it."""


def measure(name: str) -> Measure:
    """How to show a measure; one that nobody listed is written with three decimals under its own name.

    Examples
    --------
    >>> measure("sharpe_ratio").label, measure("my_ratio").label
    ('Sharpe ratio', 'My ratio')
    """
    words = name.replace("_", " ").strip()
    return MEASURES.get(name) or Measure(words[:1].upper() + words[1:], "number3")
