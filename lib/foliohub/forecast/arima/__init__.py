"""ARIMA for every series at once: compiled, exact, with standard errors, forecasts and a fast walk-forward.

Light to import: what needs the compiler imports it when called.
"""

from foliohub.forecast.arima.batch import ArimaBatch, fit_arima
from foliohub.forecast.arima.forecaster import ArimaForecaster
from foliohub.forecast.arima.orders import UP_TO_FIVE, ArimaOrder
from foliohub.forecast.arima.process import ArimaProcess

__all__ = ["UP_TO_FIVE", "ArimaBatch", "ArimaForecaster", "ArimaOrder", "ArimaProcess", "fit_arima"]
