"""Whole lots as close to the target as the cash allows: a knapsack, solved by branch and bound.

Rounding each ticker to its nearest lot is closest of all. Where the cash does not suffice for that, lots have to be
given up. Giving up the lot a ticker was rounded up by, with a fraction ``f > ½`` of it wanted, adds ``(2 f - 1) c`` to
the distance, ``c`` being the value of a lot; every further lot adds ``c``; and each frees the cash it would have taken,
or brings in what its sale brings, costs included. What remains is to free enough at the least added distance.

Money is counted in exact fractions, so that no cent is spent that is not there.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from foliohub.types import FloatArray

LotCounts = npt.NDArray[np.int64]

TOLERANCE = 1e-8
"""Fraction of wealth by which a rounding may miss the closest one and still be called optimal."""

_MOST_STEPS = (
    200_000  # about half a second; a limit in steps gives the same answer on every machine, one in time does not
)


@dataclass(frozen=True, slots=True, eq=False)
class LotProblem:
    """What is held, what is wanted, and what can be paid.

    Parameters
    ----------
    lot_values : tuple of Fraction
        Value of one lot of each ticker.
    held : ndarray of int (n_tickers,)
        Whole lots held.
    wanted : ndarray (n_tickers,)
        Lots wanted, fractional, not negative.
    cash : Fraction
        What can be spent; below zero what is owed.
    rate : Fraction
        Cost per unit of value traded, below 1.
    """

    lot_values: tuple[Fraction, ...]
    held: LotCounts
    wanted: FloatArray
    cash: Fraction
    rate: Fraction

    @property
    def nearest(self) -> LotCounts:
        """Each ticker rounded to its nearest lot; halves towards what is held."""
        floor = np.floor(self.wanted)
        fraction = self.wanted - floor
        up = (fraction > 0.5) | ((fraction == 0.5) & (self.held > floor))
        nearest: LotCounts = np.where(up, floor + 1, floor).astype(np.int64)
        return nearest

    def cash_after(self, lots: LotCounts) -> Fraction:
        """Cash left, exactly, once `lots` are held."""
        left = self.cash
        for value, change in zip(self.lot_values, (lots - self.held).tolist(), strict=True):
            left -= value * change + self.rate * value * abs(change)
        return left

    def distance(self, lots: LotCounts) -> float:
        """``Σ c |lots - wanted|``, in currency."""
        return float(np.array([float(value) for value in self.lot_values]) @ np.abs(lots - self.wanted))


@dataclass(frozen=True, slots=True, eq=False)
class LotSolution:
    """Lots to hold, and how much closer any others could be.

    Parameters
    ----------
    lots : ndarray of int (n_tickers,)
        Lots held after trading.
    gap : float
        No lots that can be paid for are closer by more than this, in currency; 0 where each is the nearest.
    """

    lots: LotCounts
    gap: float


def closest_lots(problem: LotProblem, most_steps: int = _MOST_STEPS) -> LotSolution:
    """Lots as close to those wanted as the cash allows.

    Parameters
    ----------
    problem : LotProblem
        What is held, wanted and affordable.
    most_steps : int
        Steps after which the search stops with the best it has.
    """
    lots = problem.nearest
    missing = -problem.cash_after(lots)
    if missing <= 0:
        return LotSolution(lots, gap=0.0)
    wealth = problem.cash + sum(value * int(held) for value, held in zip(problem.lot_values, problem.held, strict=True))
    choices = _choices(problem, lots)
    counts, gap = cover(missing, choices, TOLERANCE * float(wealth), most_steps)
    for choice, count in zip(choices, counts, strict=True):
        lots[choice.ticker] -= count
    return LotSolution(lots, gap)


@dataclass(frozen=True, slots=True)
class Choice:
    """Up to `most` lots of a ticker to give up, each freeing `freed` cash at `loss` more distance."""

    ticker: int
    freed: Fraction
    loss: float
    most: int

    @property
    def price(self) -> float:
        """Distance paid per unit of cash freed."""
        return self.loss / float(self.freed)


def _choices(problem: LotProblem, nearest: LotCounts) -> list[Choice]:
    """Everything that can be given up, the cheapest first, of equally cheap ones the largest first."""
    choices = []
    rows = zip(nearest.tolist(), problem.held.tolist(), problem.wanted.tolist(), problem.lot_values, strict=True)
    for ticker, (lots, held, wanted, value) in enumerate(rows):
        bought, sold = value * (1 + problem.rate), value * (1 - problem.rate)
        left = lots
        if lots > wanted:
            added = (2 * (wanted - math.floor(wanted)) - 1) * float(value)
            choices.append(Choice(ticker, bought if lots > held else sold, max(added, 0.0), 1))
            left -= 1
        if left > held:
            choices.append(Choice(ticker, bought, float(value), left - held))
        if min(left, held):
            choices.append(Choice(ticker, sold, float(value), min(left, held)))
    return sorted(choices, key=lambda choice: (round(choice.price, 12), -choice.freed))


def cover(needed: Fraction, choices: list[Choice], tolerance: float, most_steps: int) -> tuple[list[int], float]:
    """How many of each choice free at least `needed` at the least loss.

    Depth-first branch and bound: take as many of the cheapest as are needed, then fewer, and bound what is left by the
    same problem in fractions.

    Parameters
    ----------
    needed : Fraction
        Cash to free; the choices together free as much.
    choices : list of Choice
        Sorted by price, the cheapest first.
    tolerance : float
        A loss less than this above the least one is good enough.
    most_steps : int
        Steps after which the best so far is returned, as soon as there is one.

    Returns
    -------
    counts : list of int
        How many of each choice.
    gap : float
        The least loss is smaller than that of `counts` by this at most: the tolerance, or where the search was cut
        short, what the problem in fractions leaves open.

    References
    ----------
    .. [1] Horowitz, E. and Sahni, S. (1974). Computing Partitions with Applications to the Knapsack Problem. Journal of
       the ACM 21(2), 277-292.
    .. [2] Martello, S. and Toth, P. (1990). Knapsack Problems: Algorithms and Computer Implementations. Wiley, ch. 2-3.
    """
    # Whole numbers in the smallest unit that makes everything whole: exact, and faster than fractions.
    unit = math.lcm(needed.denominator, *(choice.freed.denominator for choice in choices))
    freed = [int(choice.freed * unit) for choice in choices]
    loss, most = [choice.loss for choice in choices], [choice.most for choice in choices]
    freed_before = [0, *accumulate(each * number for each, number in zip(freed, most, strict=True))]
    loss_before = [0.0, *accumulate(each * number for each, number in zip(loss, most, strict=True))]

    def bound(position: int, missing: int) -> float:
        """Least loss in fractions from the choices at `position` on; infinite where they do not free enough."""
        target = freed_before[position] + missing
        last = bisect_left(freed_before, target, position + 1) - 1
        if last >= len(freed):
            return math.inf
        part = (target - freed_before[last]) / freed[last]
        return loss_before[last] - loss_before[position] + part * loss[last]

    missing = int(needed * unit)
    least, best, counts = bound(0, missing), math.inf, [0] * len(choices)
    # For each choice decided on: what was missing and lost before it, and the next number of it to try.
    frames: list[tuple[int, float]] = [(missing, 0.0)]
    trying = [min(most[0], -(-missing // freed[0]))]
    steps = 0
    while frames and best > least + tolerance:
        if steps >= most_steps and best < math.inf:
            return counts, best - least
        steps += 1
        position, count = len(frames) - 1, trying[-1]
        if count < 0:
            frames.pop()
            trying.pop()
            continue
        trying[-1] -= 1
        before, lost = frames[-1]
        left, total = before - count * freed[position], lost + count * loss[position]
        if left <= 0:
            if total < best:
                best, counts = total, [tried + 1 for tried in trying] + [0] * (len(choices) - len(trying))
        elif total + bound(position + 1, left) >= best - tolerance:
            frames.pop()  # fewer of the cheapest choice left only make it dearer
            trying.pop()
        else:
            frames.append((left, total))
            trying.append(min(most[position + 1], -(-left // freed[position + 1])))
    return counts, tolerance
