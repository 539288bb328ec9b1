"""What a portfolio holds: its opening and every fill since, money counted in exact decimals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from foliohub.errors import LedgerError
from foliohub.ledger.fills import Fill
from foliohub.ledger.portfolio import Opening


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """Shares and cash at the end of a day.

    Parameters
    ----------
    shares : Series of int (n_held,)
        By ticker, sorted; positions of nothing left out.
    cash : float
        In the portfolio's currency; below zero where fills cost more than there was.
    """

    shares: pd.Series[int]
    cash: float

    def frame(self) -> pd.DataFrame:
        """The same as a table (1 + n_held, 3): columns kind ("cash" or "shares"), ticker and amount."""
        rows = [("cash", "", self.cash), *(("shares", str(t), float(n)) for t, n in self.shares.items())]
        return pd.DataFrame(rows, columns=["kind", "ticker", "amount"])

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Holdings:
        """Read what :meth:`frame` wrote."""
        rows = frame[frame["kind"] == "shares"]
        counts = dict(zip(rows["ticker"], rows["amount"].astype("int64"), strict=True))
        return cls(_series(counts), float(frame.loc[frame["kind"] == "cash", "amount"].sum()))

    def same(self, shares: dict[str, int], cash: float) -> bool:
        """Whether these are the holdings named."""
        return {str(ticker): int(number) for ticker, number in self.shares.items()} == shares and self.cash == cash


def holdings_after(opening: Opening, fills: Iterable[Fill], at: date | None = None) -> Holdings:
    """What is held at the end of a day.

    Parameters
    ----------
    opening : Opening
    fills : iterable of Fill
    at : date, optional
        Fills traded after it are left out; all count by default.

    Examples
    --------
    >>> bought = Fill(fill_id="1", traded_on="2022-12-29", ticker="KO", side="buy", shares=10, price=63.1, cost=0.3)
    >>> holdings_after(Opening(cash=1000.0), [bought]).cash
    368.7
    """
    counts = dict(opening.holdings)
    cash = Decimal(repr(opening.cash))
    for fill in fills:
        if at is None or fill.traded_on <= at:
            counts[fill.ticker] = counts.get(fill.ticker, 0) + fill.sign * fill.shares
            cash -= fill.sign * fill.shares * Decimal(repr(fill.price)) + Decimal(repr(fill.cost))
    return Holdings(_series(counts), float(cash))


def check_never_short(opening: Opening, fills: Sequence[Fill]) -> None:
    """Refuse fills that sell more than was held at the end of a day.

    Raises
    ------
    LedgerError
        Names the ticker, the day and by how much.
    """
    for ticker in sorted({fill.ticker for fill in fills if fill.side == "sell"}):
        held = opening.holdings.get(ticker, 0)
        own = [fill for fill in fills if fill.ticker == ticker]
        for day in sorted({fill.traded_on for fill in own}):
            held += sum(fill.sign * fill.shares for fill in own if fill.traded_on == day)
            if held < 0:
                raise LedgerError(
                    f"{ticker} would be held with {held:,} shares at the end of {day}.",
                    remedy="Import the purchases first, or correct the sale: short positions are not handled.",
                )


def _series(counts: dict[str, int]) -> pd.Series[int]:
    held = {ticker: counts[ticker] for ticker in sorted(counts) if counts[ticker]}
    index = pd.Index(list(held), dtype="object", name="ticker")
    return pd.Series(list(held.values()), index=index, dtype="int64", name="shares")
