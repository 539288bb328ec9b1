"""Forecasts of returns with intervals: one Protocol, models by name.

>>> get("arima").name
'arima'
"""

from foliohub.forecast.arima import ArimaForecaster
from foliohub.forecast.conformal import calibrate
from foliohub.forecast.conformal_factors import FACTOR_COLUMNS, conformal_factors
from foliohub.forecast.ensemble import combine
from foliohub.forecast.ensemble_weights import WEIGHT_COLUMNS, ensemble_weights
from foliohub.forecast.filtered_simulation import filtered_value_at_risk, walk_filtered_value_at_risk
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.garch import GarchForecaster
from foliohub.forecast.gradient import GradientBoostingForecaster
from foliohub.forecast.gradient_quantiles import QuantileBoostingForecaster
from foliohub.forecast.gradient_search import HalvingSearch
from foliohub.forecast.gradient_tuned import BoostingSearch, TunedBoosting
from foliohub.forecast.gradient_worth import search_summary, search_verdict
from foliohub.forecast.har import HarForecaster
from foliohub.forecast.intervals import Intervals
from foliohub.forecast.known_outcomes import HISTORY_COLUMNS, check_history
from foliohub.forecast.lstm import LstmForecaster
from foliohub.forecast.lstm_network import LstmParameters
from foliohub.forecast.lstm_trained import TrainedLstm
from foliohub.forecast.naive import EwmaForecaster, MeanForecaster, ZeroForecaster
from foliohub.forecast.registry import get, names
from foliohub.forecast.volatility import conditional_covariance, interval_volatility

__all__ = [
    "FACTOR_COLUMNS",
    "HISTORY_COLUMNS",
    "WEIGHT_COLUMNS",
    "ArimaForecaster",
    "BoostingSearch",
    "EwmaForecaster",
    "GarchForecaster",
    "GradientBoostingForecaster",
    "HalvingSearch",
    "HarForecaster",
    "Intervals",
    "LstmForecaster",
    "LstmParameters",
    "MeanForecaster",
    "QuantileBoostingForecaster",
    "ReturnForecaster",
    "TrainedLstm",
    "TunedBoosting",
    "ZeroForecaster",
    "calibrate",
    "check_history",
    "combine",
    "conditional_covariance",
    "conformal_factors",
    "ensemble_weights",
    "filtered_value_at_risk",
    "get",
    "interval_volatility",
    "names",
    "search_summary",
    "search_verdict",
    "walk_filtered_value_at_risk",
]
