"""Allocators by name.

To add one, write a subclass of :class:`~foliohub.allocate.allocator.PortfolioAllocator` in a file of its own and list
it here. What is slow to import (a solver, an agent's neural network) it imports inside its methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.bayes_stein import BayesStein
from foliohub.allocate.hierarchical import HierarchicalRiskParity
from foliohub.allocate.max_sharpe import MaxSharpe
from foliohub.allocate.mean_variance import MeanVariance
from foliohub.allocate.min_cvar import MinCVaR
from foliohub.allocate.min_variance import MinVariance
from foliohub.allocate.naive import EqualWeight, InverseVolatility
from foliohub.allocate.reinforcement import Reinforcement
from foliohub.allocate.risk_parity import RiskParity
from foliohub.errors import InputError

ALLOCATORS: Mapping[str, type[PortfolioAllocator]] = MappingProxyType(
    {
        allocator.name: allocator
        for allocator in (
            EqualWeight,
            InverseVolatility,
            MinVariance,
            MeanVariance,
            BayesStein,
            RiskParity,
            HierarchicalRiskParity,
            MinCVaR,
            MaxSharpe,
            Reinforcement,
        )
    }
)


def names() -> tuple[str, ...]:
    """All allocators' names, the simple ones first.

    Examples
    --------
    >>> names()[:3]
    ('equal_weight', 'inverse_volatility', 'min_variance')
    """
    return tuple(ALLOCATORS)


def get(name: str, **parameters: Any) -> PortfolioAllocator:
    """Make an allocator by name.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    **parameters
        The allocator's own; see its class.

    Raises
    ------
    InputError
        Where there is no allocator of that name, or it has no such parameter.

    Examples
    --------
    >>> get("min_variance", covariance="ledoit_wolf", upper=0.1).upper
    0.1
    """
    if name not in ALLOCATORS:
        raise InputError(f"There is no allocator {name!r}.", remedy=f"Take one of {', '.join(ALLOCATORS)}.")
    allocator = ALLOCATORS[name]
    allocator.check_names(parameters)
    return allocator(**parameters)
