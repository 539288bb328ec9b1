"""Constraints on weights: how users state them, and the linear system they amount to.

=============== ============================================================== ==================================
parameter       forms it takes                                                 meaning
=============== ============================================================== ==================================
`long_only`     bool                                                           no weight below 0
`lower`         number, one per ticker, or mapping ticker -> number            no weight below it; replaces the 0
`upper`         the same                                                       no weight above it
`groups`        mapping name -> ``{"members": [...], "lower": …, "upper": …}`` bounds on the sum of some weights
`max_turnover`  number                                                         ``½ Σ |w - held|`` at most that
=============== ============================================================== ==================================

All of it is plain data: a job file or a notebook's parameters can hold it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Required, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.allocate.quadratic import LinearSystem
from foliohub.allocate.window import Window
from foliohub.errors import InputError
from foliohub.types import FloatArray

Bound: TypeAlias = float | Sequence[float] | npt.NDArray[np.float64] | Mapping[Hashable, float] | pd.Series
"""One number for all tickers, one per column, or one by ticker (tickers not named are not bounded by it)."""


class GroupBounds(TypedDict, total=False):
    """Bounds on the sum of the weights of some tickers: at least one of `lower` and `upper`."""

    members: Required[Sequence[Hashable]]
    lower: float
    upper: float


class Group(NamedTuple):
    """A group as the solver sees it; a missing bound is infinite."""

    name: str
    members: npt.NDArray[np.bool_]
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Constraints on the weights of known tickers.

    Parameters
    ----------
    tickers : tuple of length n_tickers
        Labels, for messages.
    lower, upper : ndarray (n_tickers,)
        Bounds of each weight; infinite where there is none.
    groups : tuple of Group
        Bounds on sums of weights.
    budget : float or None
        What the weights sum to; None leaves the sum free, the rest being cash.
    held : ndarray (n_tickers,) or None
        Weights held now; None where nothing is held, and turnover is then not bounded.
    max_turnover : float or None
        Most of ``½ Σ |w - held|``.
    """

    tickers: tuple[Hashable, ...]
    lower: FloatArray
    upper: FloatArray
    groups: tuple[Group, ...] = ()
    budget: float | None = 1.0
    held: FloatArray | None = None
    max_turnover: float | None = None

    @property
    def none(self) -> bool:
        """Whether nothing but the budget holds the weights."""
        free = not np.isfinite(self.lower).any() and not np.isfinite(self.upper).any()
        return free and not self.groups and not self.bounds_turnover

    @property
    def bounds_turnover(self) -> bool:
        """Whether turnover is bounded: a limit is set and something is held."""
        return self.max_turnover is not None and self.held is not None

    def allows_turnover_to(self, weights: FloatArray) -> bool:
        """Whether `weights` can be reached from what is held."""
        if self.max_turnover is None or self.held is None:
            return True
        return bool(np.abs(weights - self.held).sum() / 2 <= self.max_turnover)

    def system(self) -> LinearSystem:
        """The constraints on the weights, turnover left aside, as one linear system."""
        n = len(self.tickers)
        rows, most = [np.zeros((0, n))], [np.zeros(0)]
        for group in self.groups:
            member = group.members.astype(np.float64)[None, :]
            for sign, bound in ((-1.0, -group.lower), (1.0, group.upper)):
                if np.isfinite(bound):
                    rows.append(sign * member)
                    most.append(np.array([bound]))
        equalities = np.ones((0 if self.budget is None else 1, n))
        equal = np.array([] if self.budget is None else [self.budget], dtype=np.float64)
        return LinearSystem(equalities, equal, np.vstack(rows), np.concatenate(most), self.lower, self.upper)

    def trading_system(self, held: FloatArray, max_turnover: float) -> LinearSystem:
        """The constraints on what is (bought, sold), for weights ``held + bought - sold``, turnover included.

        Bounds of a weight become bounds of its two trades: none is bought beyond the upper one, and what is held
        beyond it must be sold.
        """
        weights = self.system()
        return LinearSystem(
            equalities=np.hstack([weights.equalities, -weights.equalities]),
            equal=weights.equal - weights.equalities @ held,
            rows=np.vstack([np.hstack([weights.rows, -weights.rows]), np.ones((1, 2 * len(held)))]),
            most=np.append(weights.most - weights.rows @ held, 2 * max_turnover),
            lower=np.maximum(np.concatenate([self.lower - held, held - self.upper]), 0.0),
            upper=np.maximum(np.concatenate([self.upper - held, held - self.lower]), 0.0),
        )

    def snap(self, weights: FloatArray, tolerance: float = 1e-9) -> FloatArray:
        """Put weights within `tolerance` of a bound, or of what is held, onto it; the others take up the difference.

        A solver's 1e-12 of an asset is none of it, and a trade of 1e-12 is no trade.
        """
        snapped = weights.copy()
        for target in (self.held if self.bounds_turnover else None, self.lower, self.upper):
            if target is not None:
                near = np.abs(weights - target) <= tolerance
                snapped[near] = target[near]
        free = np.abs(snapped - self.lower) > tolerance
        free &= np.abs(snapped - self.upper) > tolerance
        if self.budget is not None and free.any():
            snapped[np.argmax(np.where(free, np.abs(snapped), -np.inf))] += self.budget - snapped.sum()
        return snapped


def resolve_limits(
    window: Window,
    *,
    long_only: bool,
    lower: Bound | None,
    upper: Bound | None,
    groups: Mapping[str, GroupBounds] | None,
    max_turnover: float | None,
    budget: float | None = 1.0,
) -> Limits:
    """Read constraints as users state them, for the tickers of a window.

    Raises
    ------
    InputError
        Where a bound is not a number, names a ticker that is not there, or contradicts `long_only`.
    """
    floor = _bound(lower, window.tickers, "lower", 0.0 if long_only else -np.inf)
    if long_only and (floor < 0).any():
        where = int(np.argmax(floor < 0))
        raise InputError(
            f"long_only is set and the lower bound of {window.tickers[where]} is {floor[where]:g}.",
            remedy="Pass long_only=False to allow short positions, or a lower bound of at least 0.",
        )
    if max_turnover is not None and not (np.isfinite(max_turnover) and max_turnover >= 0):
        raise InputError(f"max_turnover is {max_turnover}.", remedy="Give a fraction of wealth, such as 0.2 for 20 %.")
    if budget is not None and not np.isfinite(budget):
        raise InputError(f"The budget is {budget}.", remedy="Give the sum of the weights, 1 as a rule, or None.")
    held = window.previous_weights
    return Limits(
        tickers=window.tickers,
        lower=floor,
        upper=_bound(upper, window.tickers, "upper", np.inf),
        groups=tuple(_group(name, bounds, window.tickers) for name, bounds in (groups or {}).items()),
        budget=budget,
        # Building up from cash is no turnover to economise on: a portfolio that holds nothing is free to start.
        held=held if held is not None and held.any() else None,
        max_turnover=max_turnover,
    )


def _bound(bound: Bound | None, tickers: tuple[Hashable, ...], what: str, default: float) -> FloatArray:
    if bound is None:
        return np.full(len(tickers), default)
    if isinstance(bound, pd.Series):
        bound = bound.to_dict()
    if isinstance(bound, Mapping):
        _require_known(bound, tickers, f"{what} names")
        bound = [bound.get(ticker, default) for ticker in tickers]
    try:
        numbers = np.asarray(bound, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} is {bound!r}.", remedy="Give a number, one per ticker, or a mapping.") from error
    if numbers.ndim == 0:
        numbers = np.full(len(tickers), float(numbers))
    if numbers.shape != (len(tickers),):
        raise InputError(
            f"{what} has the shape {numbers.shape}, there are {len(tickers)} tickers.",
            remedy="Give a number, one per ticker, or a mapping from tickers to numbers.",
        )
    if np.isnan(numbers).any():
        raise InputError(f"{what} holds NaN for {tickers[int(np.argmax(np.isnan(numbers)))]}.")
    return numbers


def _group(name: str, bounds: GroupBounds, tickers: tuple[Hashable, ...]) -> Group:
    shape = '{"members": [tickers], "lower": number, "upper": number}'
    if not isinstance(bounds, Mapping) or not {"members"} < set(bounds) <= {"members", "lower", "upper"}:
        raise InputError(f"Group {name!r} is {bounds!r}.", remedy=f"Write {shape}, one of the bounds at least.")
    members = bounds["members"]
    if isinstance(members, str) or not len(members):
        raise InputError(f"Group {name!r} has the members {members!r}.", remedy="Give a list of tickers.")
    _require_known(members, tickers, f"Group {name!r} names")
    low, high = bounds.get("lower"), bounds.get("upper")
    low, high = -np.inf if low is None else float(low), np.inf if high is None else float(high)
    if np.isnan(low) or np.isnan(high):
        raise InputError(f"Group {name!r} has a bound that is not a number.", remedy=f"Write {shape}.")
    return Group(str(name), np.isin(np.arange(len(tickers)), [tickers.index(m) for m in members]), low, high)


def _require_known(
    named: Sequence[Hashable] | Mapping[Hashable, float], tickers: tuple[Hashable, ...], what: str
) -> None:
    unknown = [label for label in named if label not in tickers]
    if unknown:
        shown = ", ".join(map(str, tickers[:6])) + (", …" if len(tickers) > 6 else "")
        raise InputError(f"{what} {unknown[0]!r}, which is none of the tickers.", remedy=f"They are {shown}.")
