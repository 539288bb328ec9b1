"""Reinforcement learning as an allocator: environment, training, trained policies.

A policy is trained rarely (:meth:`TrainedPolicy.train`, with FinRL's agents on our own environment) and decides daily
in a few array operations, without torch. Environments are in :mod:`~foliohub.allocate.reinforcement.environment`,
which imports gymnasium; nothing that is imported here does.
"""

from foliohub.allocate.reinforcement.allocator import Reinforcement
from foliohub.allocate.reinforcement.policy import TrainedPolicy
from foliohub.allocate.reinforcement.recipe import ALGORITHMS, Recipe
from foliohub.allocate.reinforcement.retraining import net_returns, train_ensemble
from foliohub.allocate.reinforcement.sequence import PolicySequence

__all__ = [
    "ALGORITHMS",
    "PolicySequence",
    "Recipe",
    "Reinforcement",
    "TrainedPolicy",
    "net_returns",
    "train_ensemble",
]
