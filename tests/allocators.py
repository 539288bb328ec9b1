"""Every allocator by name, ready to fit: an agent needs a policy, which stands in here as random numbers."""

from __future__ import annotations

import pandas as pd

from foliohub import allocate
from foliohub.allocate.reinforcement.actor import Actor
from foliohub.allocate.reinforcement.policy import TrainedPolicy, describe_training
from foliohub.allocate.reinforcement.recipe import Recipe


def untrained_policy(*seeds: int, scale: float = 2.0, lookback: int = 20, last: str = "1990-01-31") -> TrainedPolicy:
    """A policy that reacts to everything it sees; it says that it was trained up to `last`."""
    days = pd.bdate_range(end=last, periods=3)
    card = describe_training(pd.DataFrame(0.0, days, ["A"]), Recipe(lookback=lookback), seeds or (1, 2))
    return TrainedPolicy(tuple(Actor.untrained(seed, scale=scale) for seed in card["seeds"]), card)


def ready(name: str) -> allocate.PortfolioAllocator:
    """`allocate.get(name)`, with what it cannot do without."""
    return allocate.get(name, **({"policy": untrained_policy()} if name == "reinforcement" else {}))
