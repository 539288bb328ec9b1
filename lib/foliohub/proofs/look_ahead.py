"""Changes the future, and looks whether what a function says of the past changes with it.

A function is causal if what it says of day *t* is the same whatever comes after *t*. Two experiments show that it is
not: cutting the data off at *t*, and putting other numbers after *t*. Neither looks inside the function, so they work
on anybody's code.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from foliohub.calendars import to_session
from foliohub.errors import InputError, LookAheadError
from foliohub.proofs.comparison import as_frame, first_difference, rows_until
from foliohub.proofs.report import Leak, LookAheadReport
from foliohub.proofs.timeline import (
    PERTURBATIONS,
    Dated,
    Perturbation,
    all_dates,
    copied,
    perturb,
    truncate,
    with_gaps,
)
from foliohub.types import DateLike

TOLERANCE = 1e-9
"""Relative difference that counts as rounding: sums over longer arrays are added up in another order."""

_WHERE = (0.35, 0.5, 0.65, 0.8, 0.92)


def find_look_ahead(
    function: Callable[[Any], Any],
    data: Dated,
    *,
    cutoffs: Iterable[DateLike] | None = None,
    seed: int = 0,
    perturbations: Mapping[str, Perturbation] = PERTURBATIONS,
    gaps: bool = True,
    tolerance: float = TOLERANCE,
) -> LookAheadReport:
    """Search for values that depend on what comes after their date.

    Parameters
    ----------
    function : callable
        From data to a Series, DataFrame, array with a row per date, or mapping of them. Its index holds the date of
        each row, alone or as a level ("date", or the first one of dates). Estimators are wrapped by
        :func:`~foliohub.proofs.of_forecaster` and :func:`~foliohub.proofs.of_allocator`.
    data : DataFrame, Series or mapping of them
        What the function takes: a frame of prices, a panel of fields. Long enough that it has something to say well
        before the end.
    cutoffs : iterable of dates, optional
        Where the future begins: it is cut off and changed after each. By default five dates across the data and the
        last but one.
    seed : int
        Of the perturbations.
    perturbations : mapping
        Name -> what is done to the values after a cutoff; the default is :data:`~foliohub.proofs.PERTURBATIONS`.
    gaps : bool
        Whether to do all experiments a second time on data with missing values: a gap that is filled from the future
        shows only where there is one.
    tolerance : float
        Relative difference that is rounding.

    Returns
    -------
    LookAheadReport

    Raises
    ------
    InputError
        The data are too short, a cutoff lies outside them, the function gives nothing to compare, or it gives two
        different answers to the same question.

    Notes
    -----
    An error that the function raises on the data as they are is passed on. One that it raises in an experiment, as it
    may refuse missing values, proves nothing; the report counts those.

    Finding nothing is no proof in the strict sense, but every common leak shows at once: statistics of the whole
    sample, centred windows, back-filling, shifts into the future, targets among the features.

    Examples
    --------
    >>> days = pd.bdate_range("2020-01-02", periods=100)
    >>> prices = pd.DataFrame({"A": np.linspace(50, 60, 100)}, index=days)
    >>> find_look_ahead(lambda prices: prices.rolling(5).mean(), prices).clean
    True
    >>> report = find_look_ahead(lambda prices: prices.rolling(5, center=True).mean(), prices)
    >>> report.clean, f"{report.first.difference.date:%Y-%m-%d}"
    (False, '2020-02-19')
    """
    dates = all_dates(data)
    where = _cutoffs(dates, cutoffs)
    rng = np.random.default_rng(seed)
    search = _Search(function, dates, tolerance)
    search.through(data, "", where, perturbations, rng)
    if gaps:
        punctured = with_gaps(data, where, rng)
        search.through(punctured, "gaps, ", where, perturbations, rng)
    if search.values == 0:
        failed = f" {search.skipped[0].rstrip('.')}." if search.skipped else ""
        raise InputError(
            f"{search.name} says nothing up to {where[-1]:%Y-%m-%d} that could be compared.{failed}",
            remedy="Give longer data, or later cutoffs.",
        )
    leaks = sorted(search.leaks, key=lambda leak: (leak.difference.date, leak.cutoff))
    return LookAheadReport(search.name, tuple(leaks), search.experiments, search.values, where, tuple(search.skipped))


def assert_no_look_ahead(function: Callable[[Any], Any], data: Dated, **options: Any) -> LookAheadReport:
    """Raise if a function sees the future.

    Parameters
    ----------
    function, data, **options
        As for :func:`find_look_ahead`.

    Raises
    ------
    LookAheadError
        Naming the first date, the column and both values.
    """
    report = find_look_ahead(function, data, **options)
    if report.first is not None:
        raise LookAheadError(
            f"{report.name} looks ahead: {report.first}.",
            remedy="Let each row use rows up to its own date only.",
        )
    return report


class _Search:
    """Runs the experiments and collects what they show."""

    def __init__(self, function: Callable[[Any], Any], dates: pd.DatetimeIndex, tolerance: float) -> None:
        self.function, self.dates, self.tolerance = function, dates, tolerance
        self.name = str(getattr(function, "__name__", type(function).__name__))
        self.leaks: list[Leak] = []
        self.skipped: list[str] = []
        self.experiments = self.values = 0

    def through(
        self,
        data: Dated,
        prefix: str,
        cutoffs: pd.DatetimeIndex,
        perturbations: Mapping[str, Perturbation],
        rng: np.random.Generator,
    ) -> None:
        """All experiments on one set of data."""
        if not prefix:
            answer = self._answer(data)
            again = self._answer(data)
            if first_difference(answer, again, self.tolerance) is not None:
                raise InputError(
                    f"{self.name} gives two different answers to the same question.", remedy="Fix its random seed."
                )
        else:
            attempt = self._attempt(data, f"{prefix}as they are")
            if attempt is None:
                return
            answer = attempt
        for cutoff in cutoffs:
            known = rows_until(answer, cutoff)
            self.values += int(known.notna().to_numpy().sum())
            experiments = {"truncated": truncate(data, cutoff)}
            experiments |= {name: perturb(data, cutoff, change, rng) for name, change in perturbations.items()}
            for name, other in experiments.items():
                self._compare(known, other, f"{prefix}{name}", cutoff)

    def _compare(self, known: pd.DataFrame, other: Dated, experiment: str, cutoff: pd.Timestamp) -> None:
        answer = self._attempt(other, f"{experiment} at {cutoff:%Y-%m-%d}")
        if answer is None:
            return
        self.experiments += 1
        difference = first_difference(known, rows_until(answer, cutoff), self.tolerance)
        if difference is not None:
            self.leaks.append(Leak(experiment, cutoff, difference))

    def _attempt(self, data: Dated, experiment: str) -> pd.DataFrame | None:
        try:
            return self._answer(data)
        except Exception as error:
            self.skipped.append(f"{experiment}: {type(error).__name__}: {error}")
            return None

    def _answer(self, data: Dated) -> pd.DataFrame:
        dates = all_dates(data)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return as_frame(self.function(copied(data)), dates)


def _cutoffs(dates: pd.DatetimeIndex, asked: Iterable[DateLike] | None) -> pd.DatetimeIndex:
    if len(dates) < 4:
        raise InputError(f"{len(dates)} dates are too few to tell past from future.", remedy="Give longer data.")
    if asked is None:
        rows = sorted({*(int(share * len(dates)) for share in _WHERE), len(dates) - 2})
        return dates[rows]
    wanted = pd.DatetimeIndex(sorted({to_session(day, "cutoff") for day in asked}))
    outside = wanted[(wanted < dates[0]) | (wanted >= dates[-1])]
    if len(wanted) == 0 or len(outside):
        shown = f"{outside[0]:%Y-%m-%d}" if len(outside) else "none"
        raise InputError(
            f"The cutoff is {shown}; the data run from {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}.",
            remedy="Take dates within them and before the last.",
        )
    return wanted
