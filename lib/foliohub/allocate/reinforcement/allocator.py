"""A trained agent as an allocator like any other, so that the same engine backtests it with the same costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.reinforcement.policy import TrainedPolicy
from foliohub.allocate.reinforcement.sequence import PolicySequence
from foliohub.allocate.window import Window
from foliohub.errors import InputError
from foliohub.types import FloatArray


@dataclass(eq=False, kw_only=True)
class Reinforcement(PortfolioAllocator):
    """Weights by a policy that was trained before; `fit` learns nothing, it decides.

    Parameters
    ----------
    policy : TrainedPolicy or PolicySequence
        From :meth:`TrainedPolicy.train`, or several of them by the date they were trained to.

    Notes
    -----
    Long-only, with cash: weights add up to one at most. The policy sees the last `lookback` rows of the window and
    `previous_weights`, as in its training. Where `X` has dates, a policy trained on later ones refuses.

    An allocator answers with weights and cannot say "no order": where the policy's rate of trading is exactly zero, it
    answers with what is held at the decision, and whoever trades on it later trades back what prices did in between.

    Examples
    --------
    >>> Reinforcement().fit([[0.01, 0.02]])
    Traceback (most recent call last):
        ...
    foliohub.errors.InputError: The allocator reinforcement needs a trained policy. ...
    """

    name: ClassVar[str] = "reinforcement"

    policy: TrainedPolicy | PolicySequence | None = None

    def _allocate(self, window: Window) -> FloatArray:
        if self.policy is None:
            raise InputError(
                "The allocator reinforcement needs a trained policy.",
                remedy="Pass policy=…: notebook 31_train_agent publishes one, and TrainedPolicy.train makes one.",
            )
        last = window.last_row
        policy = self.policy.at(last if isinstance(last, pd.Timestamp) else None)
        window.require_rows(policy.lookback, "the agent looks back further")
        window.require_movement()
        return policy.weights(window.returns, window.previous_weights)
