"""Walk-forward retraining: the ensemble strategy of FinRL.

Every so many sessions several algorithms are trained on the sessions up to a validation window, tried on that window,
and the one with the highest Sharpe ratio there decides until the next retraining. Its decisions there see prices it was
neither trained nor chosen on: they start at the close the validation ends with, are traded `purge` sessions later and
earn from then on.

References
----------
.. [1] Yang, H., Liu, X.-Y., Zhong, S. and Walid, A. (2020). Deep reinforcement learning for automated stock trading: an
   ensemble strategy. ICAIF '20.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from foliohub import calendars, metrics
from foliohub.allocate.reinforcement.market import Market
from foliohub.allocate.reinforcement.policy import TrainedPolicy
from foliohub.allocate.reinforcement.portfolios import Portfolios
from foliohub.allocate.reinforcement.recipe import Recipe
from foliohub.allocate.reinforcement.sequence import PolicySequence
from foliohub.errors import InputError
from foliohub.types import FloatArray


def net_returns(policy: TrainedPolicy, market: Market, start: pd.Timestamp | None = None) -> FloatArray:
    """Simple returns net of costs between the policy's decisions in a market (n_decisions,), out of equal weights.

    Parameters
    ----------
    policy : TrainedPolicy
    market : Market
        From ``recipe.market(returns)``.
    start : Timestamp, optional
        First session to decide at; None for the first that can be.
    """
    portfolios = Portfolios(market, 1)
    first = 0 if start is None else int(market.sessions.searchsorted(start))
    portfolios.begin([0], min(first, market.n_decisions - 1), 1.0 / market.n_tickers)
    rewards, over = [], False
    while not over:
        outcome = portfolios.trade(policy.decide(portfolios.observe(), portfolios.known))
        rewards.append(outcome.rewards[0])
        over = bool(outcome.over[0])
    return np.expm1(rewards)


def train_ensemble(
    returns: pd.DataFrame,
    recipes: Sequence[Recipe],
    *,
    start: pd.Timestamp,
    every: int = 63,
    validation: int = 63,
    window: int | None = None,
    seeds: Sequence[int] = (1,),
    folder: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> PolicySequence:
    """Retrain every so many sessions, choose by validation, and keep what decides when.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple returns per session, none missing.
    recipes : sequence of Recipe
        One per algorithm, all of one clock and lookback.
    start : Timestamp
        Close of the first decision; before it lie a lookback, an episode and the validation at least.
    every : int
        Sessions from one retraining to the next.
    validation : int
        Sessions of the validation window, the last ones before each retraining.
    window : int, optional
        Sessions before the validation that are trained on; None for all there are.
    seeds : sequence of int
        For each algorithm, deciding together.
    folder : Path, optional
        For checkpoints: where this was killed it goes on from there, and trains none again that had ended. Removed
        when done.
    progress : callable, optional
        Called with (trainings done, trainings in all).

    Returns
    -------
    PolicySequence
        For ``allocate.get("reinforcement", policy=…)``; its card says what was tried and chosen.

    Raises
    ------
    InputError
        Where the recipes do not belong together, a number is out of range, or there are too few sessions.

    Notes
    -----
    Choosing the best of several by a short validation is a choice with noise: judge the result as one strategy, with
    every algorithm and seed behind it counted as a trial (:func:`foliohub.backtest.tried_agents`).
    """
    _require_one_clock(recipes)
    if every < 1 or validation < 2:
        raise InputError(f"every is {every}, validation {validation}.", remedy="Give 1 or more, and 2 or more.")
    cutoffs = returns.index[int(returns.index.searchsorted(start)) : -1 : every]
    if not len(cutoffs):
        raise InputError(f"No decision falls between {start} and the last return.", remedy="Start earlier.")
    periods = calendars.periods_per_year(returns.index) / recipes[0].every
    policies: list[TrainedPolicy] = []
    choices: list[dict[str, Any]] = []
    for cutoff in cutoffs:
        known = returns.loc[:cutoff]
        learned = known.iloc[:-validation].tail(window or len(known))
        market = recipes[0].market(learned)
        tried = recipes[0].market(known.tail(recipes[0].lookback + validation))  # decides first where learning ended
        sharpe: dict[str, float] = {}
        candidates: dict[str, TrainedPolicy] = {}
        for recipe in recipes:
            candidate = candidates[recipe.algorithm] = TrainedPolicy.train(
                learned, recipe, seeds=seeds, folder=_subfolder(folder, cutoff), keep=True, market=market
            )
            sharpe[recipe.algorithm] = metrics.sharpe_ratio(net_returns(candidate, tried), periods_per_year=periods)
            if progress is not None:
                progress(len(policies) * len(recipes) + len(sharpe), len(cutoffs) * len(recipes))
        chosen = max(sharpe, key=lambda name: np.nan_to_num(sharpe[name], nan=-np.inf))
        policies.append(candidates[chosen])
        choices.append(
            {
                "since": f"{cutoff:%Y-%m-%d}",
                "trained_to": f"{learned.index[-1]:%Y-%m-%d}",
                "sharpe_ratios": {name: float(ratio) if np.isfinite(ratio) else None for name, ratio in sharpe.items()},
                "chosen": chosen,
            }
        )
    for inside in (_subfolder(folder, cutoff) for cutoff in cutoffs):
        if inside is not None:
            shutil.rmtree(inside)
    card = {
        "model": f"reinforcement, retrained as time goes on ({', '.join(name.upper() for name in sharpe)})",
        "recipes": [recipe.as_mapping() for recipe in recipes],
        "seeds": [int(seed) for seed in seeds],
        "retraining": {"every": every, "validation": validation, "window": window},
        "choices": choices,
    }
    return PolicySequence(tuple(cutoffs), tuple(policies), card)


def _require_one_clock(recipes: Sequence[Recipe]) -> None:
    algorithms = [recipe.algorithm for recipe in recipes]
    if len({(recipe.lookback, recipe.every, recipe.purge, recipe.costs) for recipe in recipes}) != 1:
        raise InputError("The recipes differ in lookback, clock or costs, or there are none.", remedy="Give them one.")
    if len(set(algorithms)) < len(algorithms):
        raise InputError(f"The algorithms are {algorithms}.", remedy="Give each once.")


def _subfolder(folder: Path | None, cutoff: pd.Timestamp) -> Path | None:
    if folder is None:
        return None
    inside = folder / f"{cutoff:%Y-%m-%d}"
    inside.mkdir(parents=True, exist_ok=True)
    return inside
