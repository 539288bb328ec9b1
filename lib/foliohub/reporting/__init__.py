"""What a portfolio manager sees: figures, tables, key figures and reports, made from the frames of other stages.

Every figure is a pure function of frames and a :class:`Provenance`; every table has a ``_repr_html_``. Empty input
gives an empty state that says what to do. Nothing here reads a store, the environment or a clock.
"""

from __future__ import annotations

from foliohub.reporting.contributions import contribution_bars
from foliohub.reporting.distribution import monthly_returns_heatmap, return_distribution
from foliohub.reporting.ensembles import ensemble_weights_chart, lead_over_no_change
from foliohub.reporting.fans import forecast_fan, forecast_fans
from foliohub.reporting.forecasts import forecast_intervals, forecast_table
from foliohub.reporting.fragments import Fragment, KeyFigure, key_figures, notice
from foliohub.reporting.frontier import efficient_frontier
from foliohub.reporting.html import export_report
from foliohub.reporting.learning_curves import learning_curves
from foliohub.reporting.moves import session_moves
from foliohub.reporting.orders import orders_table, trade_bars
from foliohub.reporting.palette import colour, display_name
from foliohub.reporting.performance import drawdown_chart, rolling_sharpe_chart, wealth_chart
from foliohub.reporting.prices import index_comparison, price_panel
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.quality import coverage_heatmap, quality_table, quality_timeline
from foliohub.reporting.risk import risk_contribution_bars
from foliohub.reporting.score_history import score_history_chart
from foliohub.reporting.scores import interval_calibration, skill_bars
from foliohub.reporting.search_trials import search_trials
from foliohub.reporting.sharpe_ratios import sharpe_ratio_intervals
from foliohub.reporting.standings import leaderboard, metrics_table
from foliohub.reporting.tables import table
from foliohub.reporting.theme import dark
from foliohub.reporting.trading import turnover_and_costs_chart
from foliohub.reporting.transforms import transform_histograms
from foliohub.reporting.value_at_risk import value_at_risk_chart
from foliohub.reporting.verdicts import model_card_table, verdict_table
from foliohub.reporting.weights import weights_bar, weights_comparison
from foliohub.reporting.weights_history import weights_over_time

__all__ = [
    "Fragment",
    "KeyFigure",
    "Provenance",
    "colour",
    "contribution_bars",
    "coverage_heatmap",
    "dark",
    "display_name",
    "drawdown_chart",
    "efficient_frontier",
    "ensemble_weights_chart",
    "export_report",
    "forecast_fan",
    "forecast_fans",
    "forecast_intervals",
    "forecast_table",
    "index_comparison",
    "interval_calibration",
    "key_figures",
    "lead_over_no_change",
    "leaderboard",
    "learning_curves",
    "metrics_table",
    "model_card_table",
    "monthly_returns_heatmap",
    "notice",
    "orders_table",
    "price_panel",
    "quality_table",
    "quality_timeline",
    "return_distribution",
    "risk_contribution_bars",
    "rolling_sharpe_chart",
    "score_history_chart",
    "search_trials",
    "session_moves",
    "sharpe_ratio_intervals",
    "skill_bars",
    "table",
    "trade_bars",
    "transform_histograms",
    "turnover_and_costs_chart",
    "value_at_risk_chart",
    "verdict_table",
    "wealth_chart",
    "weights_bar",
    "weights_comparison",
    "weights_over_time",
]
