"""When to decide, on what, and which returns the decision then earns: one clock for portfolios and forecasts.

Everything is a position in the rows of one frame, so that no date arithmetic can go wrong::

    window = 4, step = 2, purge = 1, expanding = False

    row        0  1  2  3  4  5  6  7  8  9
    split 0    [ train   D] .  r  r
    split 1          [ train   D] .  r  r
    split 2                [ train   D] .  r        D decision   . purged   r earned

A decision taken at the close of row `D` has seen that row. With purge = 1 it is traded at the close of ``D + 1`` and
earns its first return at ``D + 2``; with purge = 0 it is traded at the very close it was decided on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from foliohub.errors import InputError


@dataclass(frozen=True, slots=True)
class Split:
    """One decision of a walk-forward.

    Parameters
    ----------
    train : slice
        Rows the decision may use; ends with the row of the decision.
    decision : int
        Row at whose close the decision is taken.
    first_return, last_return : int
        First and last row whose return the decision earns, both included.
    """

    train: slice
    decision: int
    first_return: int
    last_return: int

    @property
    def test(self) -> slice:
        """Rows whose returns the decision earns."""
        return slice(self.first_return, self.last_return + 1)


def walk_forward_splits(
    n: int, window: int, step: int = 1, purge: int = 1, expanding: bool = False
) -> tuple[Split, ...]:
    """Split `n` rows into decisions `step` rows apart, each trained on the rows before it.

    The returns earned tile the rows from ``window + purge`` to ``n - 1``: each is earned once, by one decision.

    Parameters
    ----------
    n : int
        Rows in all.
    window : int
        Rows to train on; the first decision falls on row ``window - 1``.
    step : int
        Rows from one decision to the next.
    purge : int
        Rows between a decision and its first return. 1 trades at the next close, 0 at the close decided on.
    expanding : bool
        Train on all rows so far rather than on the last `window` of them.

    Returns
    -------
    tuple of Split
        In order; the last one may earn fewer than `step` returns, never none.

    Raises
    ------
    InputError
        Where an argument is out of range or `n` rows hold not a single split.

    Notes
    -----
    An embargo (training rows left out *after* a test set) is a matter of cross-validation, where training data lie on
    both sides; a walk-forward never trains on rows after its test, so the purge is all it needs.

    References
    ----------
    .. [1] Pardo, R. (2008). The Evaluation and Optimization of Trading Strategies, 2nd ed. Wiley, ch. 11.
    .. [2] López de Prado, M. (2018). Advances in Financial Machine Learning. Wiley, sec. 7.4 (purging and embargo).

    Examples
    --------
    >>> for split in walk_forward_splits(10, window=4, step=2, purge=1):
    ...     print(split.train, split.decision, split.first_return, split.last_return)
    slice(0, 4, None) 3 5 6
    slice(2, 6, None) 5 7 8
    slice(4, 8, None) 7 9 9
    """
    _require(window >= 1, "window", window, "at least 1 row")
    _require(step >= 1, "step", step, "at least 1 row")
    splits = splits_at(range(window - 1, n, step), n, window=window, purge=purge, expanding=expanding)
    if not splits:
        raise InputError(
            f"{n} rows hold no split of window {window} and purge {purge}.",
            remedy=f"Give at least {window + purge + 1} rows, or shorten the window.",
        )
    return splits


def splits_at(
    decisions: Sequence[int], n: int, window: int, purge: int = 1, expanding: bool = False
) -> tuple[Split, ...]:
    """Split `n` rows at given decisions, as month ends; as :func:`walk_forward_splits` in all else.

    A decision with too little history (fewer than `window` rows) or without a return left to earn gives no split.

    Parameters
    ----------
    decisions : sequence of int
        Rows to decide on, strictly increasing, each from 0 to ``n - 1``.
    n, window, purge, expanding
        As for :func:`walk_forward_splits`.

    Returns
    -------
    tuple of Split
        Possibly empty.

    Raises
    ------
    InputError
        Where an argument is out of range.

    Examples
    --------
    >>> [(split.decision, split.first_return, split.last_return) for split in splits_at([1, 4, 9], 12, window=3)]
    [(4, 6, 10), (9, 11, 11)]
    """
    _require(n >= 0, "n", n, "0 rows or more")
    _require(window >= 1, "window", window, "at least 1 row")
    _require(purge >= 0, "purge", purge, "0 rows or more")
    if any(later <= earlier for earlier, later in pairwise(decisions)):
        raise InputError("The decisions are not strictly increasing.", remedy="Sort them and drop duplicates.")
    if len(decisions) and not (decisions[0] >= 0 and decisions[-1] < n):
        raise InputError(f"The decisions {decisions[0]} to {decisions[-1]} do not all lie in rows 0 to {n - 1}.")
    kept = [int(decision) for decision in decisions if decision >= window - 1 and decision + 1 + purge < n]
    following = [*kept[1:], n - 1 - purge]  # as if another decision cut off the last split at the last row
    return tuple(
        Split(
            train=slice(0 if expanding else decision - window + 1, decision + 1),
            decision=decision,
            first_return=decision + 1 + purge,
            last_return=successor + purge,
        )
        for decision, successor in zip(kept, following, strict=False)
    )


def _require(holds: bool, name: str, value: int, remedy: str) -> None:
    if not holds:
        raise InputError(f"{name} is {value}.", remedy=f"Give {remedy}.")
