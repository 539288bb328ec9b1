"""Walk-forward retraining: policies by the date they were trained to, and the ensemble strategy of FinRL.

At each quarter's end several algorithms are trained on all sessions up to a validation window, tried on that window,
and the one with the highest Sharpe ratio there decides in the quarter that follows. Its decisions there see prices it
was neither trained nor chosen on: they start at the close the validation ends with, are traded `purge` sessions later
and earn from then on.

References
----------
.. [1] Yang, H., Liu, X.-Y., Zhong, S. and Walid, A. (2020). Deep reinforcement learning for automated stock trading: an
   ensemble strategy. ICAIF '20.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foliohub import calendars, metrics
from foliohub.allocate.reinforcement.market import Market
from foliohub.allocate.reinforcement.policy import TrainedPolicy
from foliohub.allocate.reinforcement.portfolios import Portfolios
from foliohub.allocate.reinforcement.recipe import Recipe
from foliohub.calendars import Frequency
from foliohub.errors import InputError, ModelError
from foliohub.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PolicySequence:
    """Policies in the order of the sessions from which on they decide.

    Parameters
    ----------
    since : tuple of Timestamp
        Close from which on each decides, strictly increasing; none is earlier than its policy's last session.
    policies : tuple of TrainedPolicy
    """

    since: tuple[pd.Timestamp, ...]
    policies: tuple[TrainedPolicy, ...]

    def __post_init__(self) -> None:
        rising = all(later > earlier for earlier, later in zip(self.since, self.since[1:], strict=False))
        if not self.since or len(self.since) != len(self.policies) or not rising:
            raise InputError("The policies' dates do not rise, or are not one per policy.")
        for date, policy in zip(self.since, self.policies, strict=True):
            policy.at(date)

    def at(self, cutoff: pd.Timestamp | None) -> TrainedPolicy:
        """The newest policy that may decide at the close of `cutoff`; the last one where there is no date.

        Raises
        ------
        ModelError
            Where all of them are later.
        """
        if cutoff is None:
            return self.policies[-1]
        number = int(np.searchsorted(np.array(self.since, dtype="datetime64[ns]"), np.datetime64(cutoff), "right"))
        if number == 0:
            raise ModelError(
                f"The first policy decides from {self.since[0]:%Y-%m-%d}; none may at {cutoff:%Y-%m-%d}.",
                remedy="Start the backtest later, or train on earlier sessions.",
            )
        return self.policies[number - 1]

    def __deepcopy__(self, memo: dict[int, Any]) -> PolicySequence:
        return self


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
    validation: int = 63,
    step: Frequency = "quarterly",
    seeds: Sequence[int] = (1,),
    progress: Callable[[int, int], object] | None = None,
) -> tuple[PolicySequence, pd.DataFrame]:
    """Retrain at each quarter's end, choose by validation, and keep what decides when.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple returns per session, none missing.
    recipes : sequence of Recipe
        One per algorithm, all of one clock and lookback.
    start : Timestamp
        No decision falls before it; at least a lookback, an episode and the validation must.
    validation : int
        Sessions of the validation window.
    step : {"daily", "weekly", "monthly", "quarterly"}
        How often to retrain.
    seeds : sequence of int
        For each algorithm, deciding together.
    progress : callable, optional
        Called with (trainings done, trainings in all).

    Returns
    -------
    policies : PolicySequence
        For ``allocate.get("reinforcement", policy=…)``.
    choices : DataFrame (n_retrainings, n_algorithms + 2)
        By date of the first decision: `trained_to`, the validation's Sharpe ratio of each algorithm (annualised), and
        `chosen`.

    Notes
    -----
    Choosing the best of several by a short validation is a choice with noise: judge the result as one strategy, with
    ``len(choices) * len(algorithms)`` trainings behind it.
    """
    dates = calendars.rebalance_dates(pd.DatetimeIndex(returns.index), step)
    cutoffs = [date for date in dates if date >= start and date < returns.index[-1]]
    if not cutoffs:
        raise InputError(f"No {step} decision falls between {start} and the last return.", remedy="Start earlier.")
    algorithms = [recipe.algorithm for recipe in recipes]
    if len({(recipe.lookback, recipe.every, recipe.purge, recipe.costs) for recipe in recipes}) != 1:
        raise InputError("The recipes differ in lookback, clock or costs, or there are none.", remedy="Give them one.")
    if len(set(algorithms)) < len(algorithms):
        raise InputError(f"The algorithms are {algorithms}.", remedy="Give each once.")
    periods = calendars.periods_per_year(returns.index) / recipes[0].every
    policies: list[TrainedPolicy] = []
    rows: list[dict[str, Any]] = []
    for cutoff in cutoffs:
        known = returns.loc[:cutoff]
        learned = known.iloc[:-validation]
        tried = recipes[0].market(known)
        sharpe: dict[str, float] = {}
        candidates: dict[str, TrainedPolicy] = {}
        for recipe in recipes:
            candidate = candidates[recipe.algorithm] = TrainedPolicy.train(learned, recipe, seeds=seeds)
            validated = net_returns(candidate, tried, learned.index[-1])
            sharpe[recipe.algorithm] = metrics.sharpe_ratio(validated, periods_per_year=periods)
            if progress is not None:
                progress(len(rows) * len(recipes) + len(sharpe), len(cutoffs) * len(recipes))
        chosen = max(algorithms, key=lambda name: np.nan_to_num(sharpe[name], nan=-np.inf))
        policies.append(candidates[chosen])
        rows.append({"date": cutoff, "trained_to": learned.index[-1], **sharpe, "chosen": chosen})
    return PolicySequence(tuple(cutoffs), tuple(policies)), pd.DataFrame(rows).set_index("date")
