"""Policies by the date from which on they decide, as one model: what retraining as time goes on gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from foliohub.allocate.reinforcement.archive import packed, unpacking
from foliohub.allocate.reinforcement.policy import TrainedPolicy
from foliohub.errors import InputError, ModelError


@dataclass(frozen=True, slots=True, eq=False)
class PolicySequence:
    """Policies in the order of the sessions from which on they decide.

    Parameters
    ----------
    since : tuple of Timestamp
        Close from which on each decides, strictly increasing; none is earlier than its policy's last session.
    policies : tuple of TrainedPolicy
        All of one lookback and clock.
    card : mapping
        Plain JSON; of :func:`train_ensemble`: `model`, `recipes` (one per algorithm), `seeds`, `retraining` (`every`,
        `validation`, `window`, in sessions), `choices`, and whatever the trainer adds, as `scores`.

    Raises
    ------
    InputError
        Where the dates do not rise, or the policies differ in lookback or clock.
    ModelError
        Where a policy was trained on later sessions than those it is to decide at.
    """

    since: tuple[pd.Timestamp, ...]
    policies: tuple[TrainedPolicy, ...]
    card: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rising = all(later > earlier for earlier, later in zip(self.since, self.since[1:], strict=False))
        if not self.since or len(self.since) != len(self.policies) or not rising:
            raise InputError("The policies' dates do not rise, or are not one per policy.")
        if len({(policy.lookback, policy.every) for policy in self.policies}) > 1:
            raise InputError("The policies differ in lookback or clock.", remedy="Train all with the same.")
        for date, policy in zip(self.since, self.policies, strict=True):
            policy.at(date)

    @property
    def lookback(self) -> int:
        """Sessions of returns a decision needs."""
        return self.policies[0].lookback

    @property
    def every(self) -> int:
        """Sessions from one decision to the next, as in training."""
        return self.policies[0].every

    @property
    def choices(self) -> pd.DataFrame:
        """What was chosen when: `since`, `trained_to`, `algorithm`, `chosen`, `sharpe_ratio` of the validation window.

        Returns
        -------
        DataFrame (n_policies * n_algorithms, 5)
            One row for each policy that was tried; a Sharpe ratio is annualised, and NaN where nothing moved.
        """
        rows = [
            (
                pd.Timestamp(choice["since"]),
                pd.Timestamp(choice["trained_to"]),
                algorithm,
                algorithm == choice["chosen"],
                np.nan if ratio is None else ratio,
            )
            for choice in self.card.get("choices", ())
            for algorithm, ratio in choice["sharpe_ratios"].items()
        ]
        return pd.DataFrame(rows, columns=["since", "trained_to", "algorithm", "chosen", "sharpe_ratio"])

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

    def with_card(self, **entries: Any) -> Self:
        """The same policies with more on the card, as `scores`."""
        return type(self)(self.since, self.policies, {**self.card, **entries})

    def to_bytes(self) -> bytes:
        """A zip of `card.json`, `since.json` and what each policy's `to_bytes` gives; the same gives the same bytes."""
        members = [
            ("card.json", json.dumps(dict(self.card), indent=1).encode()),
            ("since.json", json.dumps([f"{date:%Y-%m-%d}" for date in self.since]).encode()),
        ]
        members += [(f"policy_{number}.zip", policy.to_bytes()) for number, policy in enumerate(self.policies)]
        return packed(members)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what :meth:`to_bytes` wrote; nothing in it is executed.

        Raises
        ------
        ModelError
            Where it is something else or of another version of the features.
        """
        with unpacking(content, "These are no agents by date", "Train them again.") as archive:
            card = json.loads(archive.read("card.json"))
            since = tuple(pd.Timestamp(date) for date in json.loads(archive.read("since.json")))
            policies = tuple(
                TrainedPolicy.from_bytes(archive.read(f"policy_{number}.zip")) for number in range(len(since))
            )
            return cls(since, policies, card)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Never changed once made; backtests copy the parameters of an allocator at every decision.
        return self
