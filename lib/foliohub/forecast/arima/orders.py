"""Which processes there are to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from foliohub.errors import InputError

LARGEST_ORDER = 5
LARGEST_SEASONAL_ORDER = 2

Mean: TypeAlias = Literal["estimate", "zero", "choose"]
"""Whether the differenced series has a mean (a drift, where it is differenced), or the criterion decides."""

UP_TO_FIVE: tuple[tuple[int, int], ...] = tuple(
    sorted(
        ((p, q) for p in range(LARGEST_ORDER + 1) for q in range(LARGEST_ORDER + 1) if p + q <= LARGEST_ORDER),
        key=lambda order: (sum(order), order),
    )
)
"""All (p, q) with p + q <= 5, the small ones first."""


@dataclass(frozen=True, slots=True)
class ArimaOrder:
    """Orders of one process: ARIMA(p, d, q)(P, D, Q) of a period, with or without a mean.

    Examples
    --------
    >>> print(ArimaOrder(0, 1, 1, seasonal_d=1, seasonal_q=1, period=12, mean=False))
    ARIMA(0,1,1)(0,1,1)[12]
    """

    p: int
    d: int
    q: int
    seasonal_p: int = 0
    seasonal_d: int = 0
    seasonal_q: int = 0
    period: int = 1
    mean: bool = True

    def __str__(self) -> str:
        seasonal = f"({self.seasonal_p},{self.seasonal_d},{self.seasonal_q})[{self.period}]" if self.period > 1 else ""
        return f"ARIMA({self.p},{self.d},{self.q}){seasonal}" + (" with mean" if self.mean else "")

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Numbers of coefficients: p, q, P, Q."""
        return self.p, self.q, self.seasonal_p, self.seasonal_q

    @property
    def names(self) -> list[str]:
        """Of the coefficients, in the order of :attr:`sizes`."""
        kinds = zip(("ar", "ma", "seasonal_ar", "seasonal_ma"), self.sizes, strict=True)
        return [f"{kind}_{lag}" for kind, size in kinds for lag in range(1, size + 1)]


def check_orders(orders: Sequence[tuple[int, int]], largest: int = LARGEST_ORDER) -> list[tuple[int, int]]:
    """Refuse what is no pair of orders; the small ones first.

    Raises
    ------
    InputError
        Naming the first that is none.
    """
    for order in orders:
        if len(order) != 2 or not all(isinstance(lag, int | np.integer) and 0 <= lag <= largest for lag in order):
            raise InputError(f"{order!r} is no order of an ARMA process.", remedy=f"Give (p, q), from 0 to {largest}.")
    if not len(orders):
        raise InputError("There are no orders to choose from.", remedy="Give at least one, as [(1, 0)].")
    return sorted({(int(p), int(q)) for p, q in orders}, key=lambda order: (sum(order), order))


def candidates(
    orders: Sequence[tuple[int, int]],
    seasonal_orders: Sequence[tuple[int, int]],
    d: int,
    seasonal_d: int,
    period: int,
    mean: Mean,
) -> list[ArimaOrder]:
    """All combinations, such that one with a coefficient less, or with a mean, comes before."""
    means = {"estimate": [True], "zero": [False], "choose": [True, False]}[mean]
    return [
        ArimaOrder(p, d, q, sp, seasonal_d, sq, period, with_mean)
        for with_mean in means
        for sp, sq in seasonal_orders
        for p, q in orders
    ]
