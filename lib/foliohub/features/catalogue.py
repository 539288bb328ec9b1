"""The catalogue of features: each a name, a meaning with its unit, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.features.market import cross_sectional_rank, rolling_beta
from foliohub.features.returns import (
    ewma_volatility,
    garman_klass_volatility,
    parkinson_volatility,
    realised_volatility,
    simple_returns,
)
from foliohub.features.signals import distance_from_mean, drawdown_from_high, momentum, relative_strength_index
from foliohub.features.volume import dollar_volume_score, relative_volume
from foliohub.types import PricePanel


@dataclass(frozen=True)
class Given:
    """What features are computed from.

    Parameters
    ----------
    panel : PricePanel
        Fields as traded.
    prices : DataFrame (n_dates, n_tickers)
        Adjusted closes.
    returns : DataFrame (n_dates, n_tickers)
        Their simple returns per session.
    market : Series (n_dates,)
        The market's simple returns per session.
    """

    panel: PricePanel
    prices: pd.DataFrame
    returns: pd.DataFrame
    market: pd.Series

    def everywhere(self, series: pd.Series) -> pd.DataFrame:
        """One value per day, for every ticker with a price that day."""
        copies = np.broadcast_to(series.to_numpy()[:, None], self.prices.shape)
        return pd.DataFrame(copies, index=self.prices.index, columns=self.prices.columns).where(self.prices.notna())


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the panel of features.

    Parameters
    ----------
    name : str
        Of the column.
    meaning : str
        In words, with its unit.
    compute : callable
        From what is given to a frame (n_dates, n_tickers), causally.
    needs : tuple of str
        Fields of the panel besides the adjusted close.
    """

    name: str
    meaning: str
    compute: Callable[[Given], pd.DataFrame]
    needs: tuple[str, ...] = ()


def _market_month(given: Given) -> pd.DataFrame:
    return given.everywhere((1 + given.market).rolling(21).apply(np.prod, raw=True) - 1)


def _market_volatility(given: Given) -> pd.DataFrame:
    return given.everywhere(ewma_volatility(given.market.to_frame("market"))["market"])


def _parkinson(given: Given) -> pd.DataFrame:
    return parkinson_volatility(given.panel["high"], given.panel["low"], window=21)


def _garman_klass(given: Given) -> pd.DataFrame:
    panel = given.panel
    return garman_klass_volatility(panel["open"], panel["high"], panel["low"], panel["close"], window=21)


_RANGE = ("high", "low")
_BAR = ("open", "high", "low", "close")

FEATURES = (
    Feature("return_1", "simple return today", lambda g: simple_returns(g.prices, 1)),
    Feature("return_5", "simple return, a week", lambda g: simple_returns(g.prices, 5)),
    Feature("return_21", "simple return, a month", lambda g: simple_returns(g.prices, 21)),
    Feature("return_63", "simple return, a quarter", lambda g: simple_returns(g.prices, 63)),
    Feature("return_252", "simple return, a year", lambda g: simple_returns(g.prices, 252)),
    Feature("momentum_12_1", "simple return, twelve months less the last", lambda g: momentum(g.prices)),
    Feature("volatility_ewma", "RiskMetrics volatility per session", lambda g: ewma_volatility(g.returns)),
    Feature("volatility_21", "volatility per session, a month", lambda g: realised_volatility(g.returns, 21)),
    Feature("volatility_63", "volatility per session, a quarter", lambda g: realised_volatility(g.returns, 63)),
    Feature("volatility_parkinson", "volatility per session from high and low, a month", _parkinson, _RANGE),
    Feature("volatility_garman_klass", "volatility of the trading day from its bar, a month", _garman_klass, _BAR),
    Feature("rsi_14", "Wilder's relative strength index, 0 to 100", lambda g: relative_strength_index(g.prices)),
    Feature("drawdown_252", "distance to the year's highest close, <= 0", lambda g: drawdown_from_high(g.prices)),
    Feature("distance_mean_50", "price over its mean of 50, less 1", lambda g: distance_from_mean(g.prices, 50)),
    Feature("distance_mean_200", "price over its mean of 200, less 1", lambda g: distance_from_mean(g.prices, 200)),
    Feature(
        "relative_volume",
        "shares traded over their median of a quarter",
        lambda g: relative_volume(g.panel["volume"], g.panel.get("split")),
        ("volume",),
    ),
    Feature(
        "dollar_volume_score",
        "standard score of the log of the value traded, a quarter",
        lambda g: dollar_volume_score(g.panel["close"], g.panel["volume"]),
        ("close", "volume"),
    ),
    Feature("market_return_1", "the market's simple return today", lambda g: g.everywhere(g.market)),
    Feature("market_return_21", "the market's simple return, a month", _market_month),
    Feature("market_volatility", "the market's RiskMetrics volatility per session", _market_volatility),
    Feature("beta_252", "slope on the market's returns, a year", lambda g: rolling_beta(g.returns, g.market)),
    Feature("rank_return_5", "rank of return_5, 0-1", lambda g: cross_sectional_rank(simple_returns(g.prices, 5))),
    Feature("rank_return_21", "rank of return_21, 0-1", lambda g: cross_sectional_rank(simple_returns(g.prices, 21))),
    Feature("rank_momentum_12_1", "rank of momentum_12_1, 0-1", lambda g: cross_sectional_rank(momentum(g.prices))),
    Feature(
        "rank_volatility_63",
        "rank of volatility_63, 0-1",
        lambda g: cross_sectional_rank(realised_volatility(g.returns, 63)),
    ),
)
"""Every feature, in the order of the panel's columns."""
