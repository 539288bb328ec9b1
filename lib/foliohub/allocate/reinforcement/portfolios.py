"""Many portfolios living through one market side by side: what environments, training and policies share.

Plain arrays without any library of reinforcement learning; one step of all portfolios is a few operations on arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foliohub.allocate.reinforcement.actions import aim_and_rate, target_weights
from foliohub.allocate.reinforcement.market import Market
from foliohub.allocate.reinforcement.observation import observe
from foliohub.types import FloatArray

LEAST_GROWTH = 1e-6
"""Growth in one step under which the reward, its logarithm, does not fall further."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step brought each portfolio.

    Parameters
    ----------
    rewards : ndarray (n_portfolios,)
        Log return net of costs, from this decision's trade to the next one's.
    costs : ndarray (n_portfolios,)
        Share of wealth that the trade cost.
    targets : ndarray (n_portfolios, n_tickers)
        Weights after the trade.
    over : ndarray (n_portfolios,) of bool
        History ends before another decision.
    """

    rewards: FloatArray
    costs: FloatArray
    targets: FloatArray
    over: npt.NDArray[np.bool_]


class Portfolios:
    """State of portfolios between two decisions.

    Parameters
    ----------
    market : Market
    count : int
        Portfolios side by side; each starts with cash at the first decision.

    Attributes
    ----------
    position : ndarray (count,)
        Decision each stands at.
    known : ndarray (count, n_tickers)
        Weights as known at the decision: the last trade's, drifted by the returns seen since.
    held : ndarray (count, n_tickers)
        Weights at the close at which the decision will be traded, before the trade. Nothing that decides may look.
    """

    def __init__(self, market: Market, count: int) -> None:
        self.market = market
        self.position = np.zeros(count, dtype=np.intp)
        self.known = np.zeros((count, market.n_tickers))
        self.held = np.zeros((count, market.n_tickers))

    def begin(self, which: npt.ArrayLike, position: npt.ArrayLike, weights: npt.ArrayLike = 0.0) -> None:
        """Put portfolios (a mask or indices) before a decision, holding `weights`; by default cash."""
        chosen = np.asarray(which)
        self.position[chosen] = position
        self.known[chosen] = self.held[chosen] = weights

    def observe(self) -> FloatArray:
        """What each sees (count, n_tickers, WIDTH)."""
        return observe(self.market.features[self.position], self.known)

    def step(self, actions: FloatArray) -> Outcome:
        """Trade as the actions (count, n_tickers + 2) say, earn, and go on to the next decision.

        Notes
        -----
        The reward is ``log(1 - cost) + log(growth)``, the engine's net return: a trade's cost is a share of the wealth
        at its close and opens the period that follows. A rate of exactly zero places no order, so that what is held
        drifts on; any other trades to the target decided, whatever the prices did in between.
        """
        aim, rate = aim_and_rate(actions)
        return self.trade(np.where((rate > 0)[:, None], target_weights(aim, rate, self.known), self.held))

    def trade(self, targets: FloatArray) -> Outcome:
        """Trade to target weights (count, n_tickers), earn, and go on to the next decision; see :meth:`step`."""
        costs = self.market.rate * np.abs(targets - self.held).sum(axis=1)
        earned, seen = self.market.earned[self.position], self.market.seen[self.position]
        cash = 1.0 - targets.sum(axis=1)
        self.held = targets * earned
        self.known = targets * seen
        growth = np.maximum(cash + self.held.sum(axis=1), LEAST_GROWTH)
        self.held /= growth[:, None]
        self.known /= np.maximum(cash + self.known.sum(axis=1), LEAST_GROWTH)[:, None]
        rewards = np.log(np.maximum(1.0 - costs, LEAST_GROWTH)) + np.log(growth)
        self.position = self.position + self.market.every
        over = self.position >= self.market.n_decisions
        self.position[over] = self.market.n_decisions - 1  # so that the last observation has features
        return Outcome(rewards, costs, targets, over)
