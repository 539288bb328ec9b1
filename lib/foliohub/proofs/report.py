"""What a search for look-ahead found."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from foliohub.proofs.comparison import Difference


@dataclass(frozen=True)
class Leak:
    """One experiment in which the future changed the past.

    Parameters
    ----------
    experiment : str
        "truncated", or the name of a perturbation; with "gaps, " before it where the data had gaps.
    cutoff : Timestamp
        Only what comes after it was cut off or changed.
    difference : Difference
        The earliest value at or before the cutoff that is another one: `first` with the data as they are, `second` with
        another future, or none.
    """

    experiment: str
    cutoff: pd.Timestamp
    difference: Difference

    def __str__(self) -> str:
        where = self.difference
        ticker = f" for {where.key}" if where.key else ""
        return (
            f"{where.column!r}{ticker} on {where.date:%Y-%m-%d} is {where.first} or {where.second}, depending on what "
            f"comes after {self.cutoff:%Y-%m-%d} ({self.experiment})"
        )


@dataclass(frozen=True)
class LookAheadReport:
    """The outcome of :func:`~foliohub.proofs.find_look_ahead`.

    Parameters
    ----------
    name : str
        Of the function.
    leaks : tuple of Leak
        By date, then cutoff; empty for a function that was not caught.
    experiments : int
        Comparisons made.
    values : int
        Known values compared in the first of them at each cutoff, together.
    cutoffs : DatetimeIndex
        Where the future was cut off or changed.
    skipped : tuple of str
        Experiments in which the function raised an error, and which; they prove nothing.
    """

    name: str
    leaks: tuple[Leak, ...]
    experiments: int
    values: int
    cutoffs: pd.DatetimeIndex
    skipped: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether no experiment caught the function."""
        return not self.leaks

    @property
    def first(self) -> Leak | None:
        """The leak with the earliest date."""
        return self.leaks[0] if self.leaks else None

    def __str__(self) -> str:
        tried = (
            f"{self.experiments} experiments at {len(self.cutoffs)} dates, "
            f"{self.cutoffs[0]:%Y-%m-%d} to {self.cutoffs[-1]:%Y-%m-%d}, on {self.values:,} values"
        )
        lines = [
            f"{self.name} does not look ahead: {tried}."
            if self.clean
            else f"{self.name} looks ahead in {len(self.leaks)} of {tried}."
        ]
        lines += [f"  {leak}." for leak in self.leaks[:5]]
        if len(self.leaks) > 5:
            lines.append(f"  ... and {len(self.leaks) - 5} more.")
        if self.skipped:
            why = self.skipped[0].rstrip(".")
            lines.append(f"  {len(self.skipped)} more proved nothing, as the function failed: {why}.")
        return "\n".join(lines)
