"""Strategies judged: what they earned net of costs, how sure that is, and whether any of them beats 1/N.

A table of metrics invites to pick its best row. This one says beside each Sharpe ratio how far it may lie from the
truth, what of it is left when the number of strategies tried is counted, and what it would take to trade it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from foliohub import metrics
from foliohub.backtest.comparison import common_periods
from foliohub.backtest.result import BacktestResult
from foliohub.errors import InputError
from foliohub.types import FloatArray

ALLOCATOR_SCORECARD_COLUMNS = (
    "annual_return",
    "annual_volatility",
    "sharpe_ratio",
    "sharpe_lower",
    "sharpe_upper",
    "probabilistic_sharpe",
    "deflated_sharpe",
    "trials",
    "sharpe_difference",
    "p_value",
    "p_value_adjusted",
    "years_needed",
    "max_drawdown",
    "annual_turnover",
    "cost_drag",
    "capacity_participation",
    "capacity_impact",
)
"""Columns of :func:`allocator_scorecard`."""


def allocator_scorecard(
    results: Mapping[str, BacktestResult],
    *,
    baseline: str = "equal_weight",
    index: str | None = None,
    trials: int | None = None,
    other_sharpe_ratios: Sequence[float] = (),
    dollar_volume: pd.DataFrame | None = None,
    volatility: pd.DataFrame | None = None,
    seed: int = 0,
    draws: int = 2000,
) -> pd.DataFrame:
    """Judge strategies over the periods they share.

    Parameters
    ----------
    results : mapping
        Name -> result, of one calendar and out of sample.
    baseline : str
        The one to beat.
    index : str, optional
        Name of one that nobody chose and nobody trades: it is no trial and has no capacity.
    trials : int, optional
        Strategies tried on these periods in all; by default those of `results` and `other_sharpe_ratios`.
    other_sharpe_ratios : sequence of float
        Annualised, net, on these periods: of what was tried and is not among the results, as an agent's other seeds.
    dollar_volume, volatility : DataFrame (n_dates, n_tickers), optional
        Known at each trade, for :func:`foliohub.metrics.participation_capacity` and
        :func:`~foliohub.metrics.impact_capacity`; None where nobody knows the volume.
    seed : int
        Of the bootstrap.
    draws : int
        Of the bootstrap.

    Returns
    -------
    DataFrame (n_strategies, 17)
        :data:`ALLOCATOR_SCORECARD_COLUMNS`, in the order of `results`, index "strategy":

        ``sharpe_lower``, ``sharpe_upper``
            Bounds of the 95 % interval by the stationary bootstrap.
        ``probabilistic_sharpe``
            Probability that the true Sharpe ratio is above zero.
        ``deflated_sharpe``
            Probability that it is above the best that so many worthless `trials` would show.
        ``sharpe_difference``, ``p_value``
            Annualised Sharpe ratio less the baseline's, and the chance of so large a gap if there were none (Ledoit
            and Wolf, 2008).
        ``p_value_adjusted``
            The same after Holm's correction for comparing all of them; not for the index.
        ``years_needed``
            Of such returns, to show with 95 % that the Sharpe ratio is above the baseline's.
        ``capacity_participation``
            Wealth up to which 95 % of the trades stay below a tenth of a session's volume.
        ``capacity_impact``
            Wealth at which market impact takes all that is earned above the baseline; zero where nothing is.

    Raises
    ------
    InputError
        Where there is no such baseline or index, no shared period, or the dates tell no periods per year.

    Examples
    --------
    >>> from foliohub.backtest import buy_and_hold
    >>> rng = np.random.default_rng(0)
    >>> days = pd.bdate_range("2020-01-01", periods=300)
    >>> returns = pd.DataFrame(rng.normal(0.0005, 0.01, (300, 2)), days, ["A", "B"])
    >>> held = {"equal_weight": buy_and_hold(returns), "only_a": buy_and_hold(returns, {"A": 1.0})}
    >>> allocator_scorecard(held, draws=100)[["trials", "max_drawdown"]].round(2).values.tolist()
    [[2.0, -0.09], [2.0, -0.21]]
    """
    for name in (baseline, index):
        if name is not None and name not in results:
            raise InputError(f"There is no {name!r} among {list(results)}.", remedy="Add it to the results.")
    cut = common_periods(results)
    periods = cut[baseline].periods_per_year
    if periods is None:
        raise InputError("The dates of the results tell no periods per year.", remedy="Index the returns by dates.")
    excess = {name: _excess(result) for name, result in cut.items()}
    ratios = {name: metrics.sharpe_ratio(values, periods_per_year=periods) for name, values in excess.items()}
    tried = [*(ratio for name, ratio in ratios.items() if name != index), *other_sharpe_ratios]
    count = len(tried) if trials is None else trials
    rows = {}
    for name, result in cut.items():
        values, own = excess[name], result.metrics
        interval = metrics.sharpe_confidence_interval(values, int(periods), seed=seed, draws=draws)
        row = {
            **own[["annual_return", "annual_volatility", "max_drawdown", "annual_turnover", "cost_drag"]],
            "sharpe_ratio": ratios[name],
            "sharpe_lower": interval.lower,
            "sharpe_upper": interval.upper,
            "probabilistic_sharpe": metrics.probabilistic_sharpe_ratio(values, periods_per_year=periods),
            "trials": count,
        }
        if name != index:
            row["deflated_sharpe"] = metrics.deflated_sharpe_ratio(values, tried, count, periods_per_year=periods)
            if dollar_volume is not None and volatility is not None:
                earned = float(own["annual_return"] - cut[baseline].metrics["annual_return"])
                row |= _capacity(result, dollar_volume, volatility, earned, len(values) / periods)
        if name != baseline:
            row |= _against(values, excess[baseline], periods)
        rows[name] = row
    card = (
        pd.DataFrame.from_dict(rows, orient="index")
        .reindex(columns=list(ALLOCATOR_SCORECARD_COLUMNS))
        .astype(np.float64)
    )
    card["p_value_adjusted"] = holm(card["p_value"].drop(index=[] if index is None else [index]))
    return card.rename_axis("strategy")


def allocator_verdict(scorecard: pd.DataFrame, *, baseline: str = "equal_weight", level: float = 0.05) -> str:
    """Say in a sentence or two whether anything beats the baseline.

    Parameters
    ----------
    scorecard : DataFrame
        From :func:`allocator_scorecard`.
    baseline : str
    level : float
        Of the test, after correction for comparing all of them.
    """
    others = scorecard.drop(index=baseline)
    better = others[(others["sharpe_difference"] > 0) & (others["p_value_adjusted"] < level)]
    worse = others[(others["sharpe_difference"] < 0) & (others["p_value_adjusted"] < level)]
    above = int((others["sharpe_difference"] > 0).sum())
    if len(better):
        names = ", ".join(better.index)
        return (
            f"{names}: a higher Sharpe ratio than {baseline}, by more than chance explains at {level:.0%} even after "
            f"{len(others)} comparisons. That is evidence from one history, not a promise."
        )
    said = f"Nothing here beats {baseline}: of {len(others)} compared, {above} had a higher Sharpe ratio, "
    said += f"none by more than chance explains at {level:.0%}."
    return f"{said} Worse than chance explains: {', '.join(worse.index)}." if len(worse) else said


def holm(p_values: pd.Series[float]) -> pd.Series[float]:
    """p-values that hold for all comparisons together; missing ones stay missing.

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics
       6(2), 65-70.

    Examples
    --------
    >>> holm(pd.Series([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    known = p_values.dropna().sort_values(kind="stable")
    factors = np.arange(len(known), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(known.to_numpy() * factors), 1.0)
    return pd.Series(adjusted, index=known.index, dtype=np.float64).reindex(p_values.index)


def _excess(result: BacktestResult) -> FloatArray:
    free = 0.0 if result.risk_free is None else result.risk_free.to_numpy()
    return np.asarray(result.net_returns.to_numpy() - free, dtype=np.float64)


def _against(values: FloatArray, benchmark: FloatArray, periods: float) -> dict[str, float]:
    target = metrics.sharpe_ratio(benchmark, periods_per_year=periods)
    needed = metrics.minimum_track_record_length(values, target, periods_per_year=periods)
    if np.array_equal(values, benchmark):
        return {"sharpe_difference": 0.0, "p_value": 1.0, "years_needed": needed}
    test = metrics.ledoit_wolf_sharpe_test(values, benchmark)
    return {
        "sharpe_difference": test.estimate * periods**0.5,
        "p_value": test.p_value,
        "years_needed": needed,
    }


def _capacity(
    result: BacktestResult, dollar_volume: pd.DataFrame, volatility: pd.DataFrame, earned: float, years: float
) -> dict[str, float]:
    volume, deviation = (known.reindex(columns=result.trades.columns) for known in (dollar_volume, volatility))
    trades = result.trades
    return {
        "capacity_participation": metrics.participation_capacity(trades, volume),
        "capacity_impact": metrics.impact_capacity(trades, volume, deviation, budget=earned, years=years),
    }
