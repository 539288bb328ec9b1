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
        # performance
        "total_return": Measure("Total return", "percent", "high"),
        "annual_return": Measure("Return a year", "percent", "high"),
        "annualised_return": Measure("Return a year", "percent", "high"),
        "annualized_return": Measure("Return a year", "percent", "high"),
        "annual_volatility": Measure("Volatility a year", "percent", "low"),
        "annualised_volatility": Measure("Volatility a year", "percent", "low"),
        "annualized_volatility": Measure("Volatility a year", "percent", "low"),
        "volatility": Measure("Volatility a year", "percent", "low"),
        "downside_deviation": Measure("Downside deviation", "percent", "low"),
        "sharpe_ratio": Measure("Sharpe ratio", "number2", "high"),
        "sortino_ratio": Measure("Sortino ratio", "number2", "high"),
        "calmar_ratio": Measure("Calmar ratio", "number2", "high"),
        "certainty_equivalent": Measure("Certainty equivalent a year", "percent", "high"),
        "max_drawdown": Measure("Maximum drawdown", "percent", "high"),
        "average_drawdown": Measure("Average drawdown", "percent", "high"),
        "value_at_risk": Measure("Value at risk (95%)", "percent2", None),
        "conditional_value_at_risk": Measure("Expected shortfall (95%)", "percent2", None),
        "skewness": Measure("Skewness", "number2", "high"),
        "excess_kurtosis": Measure("Excess kurtosis", "number1", "low"),
        "kurtosis": Measure("Kurtosis", "number1", "low"),
        "best_month": Measure("Best month", "percent", "high"),
        "worst_month": Measure("Worst month", "percent", "high"),
        # against a benchmark
        "alpha": Measure("Alpha a year", "percent", "high"),
        "beta": Measure("Beta", "number2", None),
        "tracking_error": Measure("Tracking error a year", "percent", None),
        "information_ratio": Measure("Information ratio", "number2", "high"),
        # trading
        "turnover": Measure("Turnover a year", "percent0", "low"),
        "annual_turnover": Measure("Turnover a year", "percent0", "low"),
        "cost": Measure("Cost a year", "bps", "low"),
        "costs": Measure("Cost a year", "bps", "low"),
        "annual_cost": Measure("Cost a year", "bps", "low"),
        "effective_positions": Measure("Effective positions", "number1", None),
        # forecasts
        "mean_absolute_error": Measure("Mean abs. error", "percent2", "low"),
        "mae": Measure("Mean abs. error", "percent2", "low"),
        "root_mean_squared_error": Measure("RMSE", "percent2", "low"),
        "rmse": Measure("RMSE", "percent2", "low"),
        "mean_absolute_scaled_error": Measure("MASE", "number3", "low"),
        "bias": Measure("Bias", "percent2", None),
        "skill": Measure("Skill", "signed_percent2", "high"),
        "skill_score": Measure("Skill", "signed_percent2", "high"),
        "hit_rate": Measure("Hit rate", "percent", "high"),
        "rank_information_coefficient": Measure("Rank IC", "number3", "high"),
        "pinball_loss": Measure("Pinball loss", "percent2", "low"),
        "crps": Measure("CRPS", "percent2", "low"),
        "crps_normal": Measure("CRPS", "percent2", "low"),
        "interval_score": Measure("Interval score", "percent2", "low"),
        "coverage_80": Measure("Inside 80%", "percent", None),
        "coverage_95": Measure("Inside 95%", "percent", None),
        "width_80": Measure("Width 80%", "percent", None),
        "width_95": Measure("Width 95%", "percent", None),
        "interval_width": Measure("Interval width", "percent", None),
        "observations": Measure("Forecasts scored", "integer", None),
        "n": Measure("Forecasts scored", "integer", None),
        "count": Measure("Forecasts scored", "integer", None),
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
