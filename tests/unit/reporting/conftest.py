"""Realistic input for the reporting tests: real prices, and simple forecasts, weights and a backtest made from them."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.frames import FORECAST_COLUMNS
from foliohub.reporting import Provenance

_Z80, _Z95 = 1.2816, 1.9600


def _dataset(name: str) -> pd.DataFrame:
    folder = Path(importlib.util.find_spec("skfolio").origin).parent / "datasets" / "data"
    return pd.read_csv(folder / f"{name}.csv.gz", index_col=0, parse_dates=True).astype(float)


@lru_cache(maxsize=1)
def sample_prices() -> pd.DataFrame:
    return _dataset("sp500_dataset")


@lru_cache(maxsize=1)
def sample_index() -> pd.Series:
    return _dataset("sp500_index").iloc[:, 0].rename("SP500")


@lru_cache(maxsize=1)
def simple_forecasts() -> pd.DataFrame:
    """Normal intervals around simple means, for the last session."""
    returns = sample_prices().pct_change().iloc[-504:]
    cutoff = returns.index[-1]
    days = pd.bdate_range(cutoff, periods=40)[1:]
    means = {
        "zero": returns.mean() * 0,
        "mean": returns.mean(),
        "ewma": returns.ewm(span=60).mean().iloc[-1],
        "arima": -0.1 * returns.iloc[-1] / 5,
        "gradient_boosting": returns.iloc[-21:].mean() * 0.4,
    }
    rows = []
    for model, mean in means.items():
        for horizon in (1, 5, 21):
            spread = returns.iloc[-126:].std() * np.sqrt(horizon)
            for ticker in returns:
                centre, width = mean[ticker] * horizon, spread[ticker]
                bounds = [centre - _Z80 * width, centre + _Z80 * width, centre - _Z95 * width, centre + _Z95 * width]
                rows.append([cutoff, days[horizon - 1], ticker, model, horizon, centre, *bounds])
    return pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))


def simple_weights(window: pd.DataFrame, allocator: str) -> pd.Series:
    covariance = np.cov(window.to_numpy(), rowvar=False) + np.eye(window.shape[1]) * 1e-6
    deviation = np.sqrt(np.diag(covariance))
    ones = np.ones(len(deviation))
    raw = {
        "equal_weight": lambda: ones,
        "inverse_volatility": lambda: 1 / deviation,
        "min_variance": lambda: np.clip(np.linalg.solve(covariance, ones), 0, None),
        "risk_parity": lambda: 1 / (covariance @ (1 / deviation)),
        "hierarchical_risk_parity": lambda: 1 / deviation**2,
        "min_cvar": lambda: deviation**-3,
        "max_sharpe": lambda: np.clip(np.linalg.solve(covariance, window.to_numpy().mean(axis=0)), 0, None),
    }[allocator]()
    return pd.Series(raw / raw.sum(), index=window.columns)


@lru_cache(maxsize=1)
def simple_backtest() -> dict[str, dict[str, object]]:
    """Monthly rebalances on two years of history, with drift and 5 bp of costs."""
    returns = sample_prices().pct_change().iloc[1:]
    values = returns.to_numpy()
    months = returns.index.to_period("M")
    ends = np.flatnonzero(months[:-1] != months[1:])
    ends = ends[ends >= 504]
    result: dict[str, dict[str, object]] = {}
    for name in (
        "equal_weight",
        "inverse_volatility",
        "min_variance",
        "risk_parity",
        "hierarchical_risk_parity",
        "max_sharpe",
    ):
        held = np.zeros(values.shape[1])
        net, turnover, costs, weights = [], [], [], {}
        for number, end in enumerate(ends):
            target = simple_weights(returns.iloc[end - 503 : end + 1], name)
            weights[returns.index[end]] = target
            trade = np.abs(target.to_numpy() - held).sum()
            held = target.to_numpy()
            stop = ends[number + 1] if number + 1 < len(ends) else len(values) - 1
            growth = np.cumprod(1 + values[end + 1 : stop + 1], axis=0) * held
            wealth = growth.sum(axis=1)
            gain = wealth / np.r_[1.0, wealth[:-1]] - 1
            gain[0] -= trade * 5e-4
            first = np.zeros(len(gain))
            first[0] = trade
            net.append(gain)
            turnover.append(first / 2)
            costs.append(first * 5e-4)
            held = growth[-1] / wealth[-1]
        dates = returns.index[ends[0] + 1 :]
        net, turnover, costs = (np.concatenate(parts) for parts in (net, turnover, costs))
        result[name] = {
            "returns": pd.Series(net, index=dates, name=name),
            "turnover": pd.Series(turnover, index=dates, name=name),
            "costs": pd.Series(costs, index=dates, name=name),
            "weights": pd.DataFrame(weights).T,
            "drifted": pd.Series(held, index=returns.columns),
        }
    return result


@lru_cache(maxsize=1)
def backtest_returns() -> pd.DataFrame:
    returns = pd.DataFrame({name: one["returns"] for name, one in simple_backtest().items()})
    return returns.assign(index=sample_index().pct_change().reindex(returns.index))


def simple_metrics(returns: pd.DataFrame) -> pd.DataFrame:
    wealth = (1 + returns).cumprod()
    rows = {
        "annual_return": wealth.iloc[-1] ** (252 / len(returns)) - 1,
        "annual_volatility": returns.std() * np.sqrt(252),
        "sharpe_ratio": returns.mean() / returns.std() * np.sqrt(252),
        "sortino_ratio": returns.mean() / returns.clip(upper=0).pow(2).mean() ** 0.5 * np.sqrt(252),
        "max_drawdown": (wealth / wealth.cummax() - 1).min(),
        "conditional_value_at_risk": -returns[returns <= returns.quantile(0.05)].mean(),
        "annual_turnover": pd.Series({n: float(o["turnover"].mean() * 252) for n, o in simple_backtest().items()}),
        "annual_cost": pd.Series({n: float(o["costs"].mean() * 252) for n, o in simple_backtest().items()}),
    }
    return pd.DataFrame(rows).T[list(returns.columns)]


def simple_orders() -> pd.DataFrame:
    prices = sample_prices().iloc[-1]
    target = simple_weights(sample_prices().pct_change().iloc[-504:], "min_variance")
    held = simple_backtest()["min_variance"]["drifted"] * 0.8 + 0.2 / 20
    shares = ((target - held) * 1e6 / prices).round()
    value = shares * prices
    return pd.DataFrame(
        {
            "side": np.where(shares > 0, "buy", "sell"),
            "shares": shares,
            "price": prices,
            "value": value,
            "estimated_cost": value.abs() * 5e-4,
            "weight_before": held,
            "weight_after": held + value / 1e6,
        }
    ).rename_axis("ticker")


def quality_events() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    prices = sample_prices()
    rules = ["stale_run", "reverting_spike", "close_outside_range", "adjusted_close_contradiction", "zero_volume"]
    count = 420
    chosen = rng.choice(len(rules), count, p=[0.45, 0.05, 0.2, 0.2, 0.1])
    return pd.DataFrame(
        {
            "ticker": rng.choice(prices.columns[:14], count),
            "date": np.sort(prices.index[rng.integers(0, len(prices), count)]),
            "rule": [rules[k] for k in chosen],
            "field": "close",
            "received": rng.uniform(5, 200, count),
            "action": rng.choice(["kept", "repaired", "set missing"], count),
            "remark": "close <b>outside</b> high and low",
        }
    )


@pytest.fixture(scope="session")
def prices() -> pd.DataFrame:
    return sample_prices()


@pytest.fixture(scope="session")
def index() -> pd.Series:
    return sample_index()


@pytest.fixture(scope="session")
def forecasts() -> pd.DataFrame:
    return simple_forecasts()


@pytest.fixture(scope="session")
def backtest() -> dict[str, dict[str, object]]:
    return simple_backtest()


@pytest.fixture(scope="session")
def returns() -> pd.DataFrame:
    return backtest_returns()


@pytest.fixture(scope="session")
def metrics() -> pd.DataFrame:
    return simple_metrics(backtest_returns())


@pytest.fixture(scope="session")
def orders() -> pd.DataFrame:
    return simple_orders()


@pytest.fixture(scope="session")
def events() -> pd.DataFrame:
    return quality_events()


@pytest.fixture(scope="session")
def provenance() -> Provenance:
    return Provenance("2022-12-28", "skfolio sample, 20 stocks", "20221228-daily-rebalance-1")


@pytest.fixture(scope="session")
def market(
    prices: pd.DataFrame,
    index: pd.Series,
    forecasts: pd.DataFrame,
    backtest: dict[str, dict[str, object]],
    returns: pd.DataFrame,
    orders: pd.DataFrame,
    events: pd.DataFrame,
) -> dict[str, object]:
    """Everything at once, for tests that go over all figures."""
    return {
        "prices": prices,
        "index": index,
        "forecasts": forecasts,
        "backtest": backtest,
        "returns": returns,
        "orders": orders,
        "events": events,
    }
