"""A proposal: what to hold and trade, where it comes from, what the limits say, and what became of it. Frozen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import pandas as pd
from pydantic import AwareDatetime, BaseModel, ConfigDict

from foliohub.data.versions import StoredVersion
from foliohub.ledger.verdicts import Verdict
from foliohub.orders import ORDER_COLUMNS

Status = Literal["proposed", "approved", "rejected", "expired", "superseded"]
Side = Literal["buy", "sell"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Order(_Frozen):
    """One order of a proposal: the columns of :data:`foliohub.orders.ORDER_COLUMNS`.

    Attributes
    ----------
    ticker : str
    side : {"buy", "sell"}
    shares : int
        Whole, positive.
    price : float
        Close of the session decided on, per share: what slippage is measured against.
    value, estimated_cost : float
        In the portfolio's currency.
    weight_before, target_weight, weight_after : float
        Fractions of wealth.
    """

    ticker: str
    side: Side
    shares: int
    price: float
    value: float
    estimated_cost: float
    weight_before: float
    target_weight: float
    weight_after: float


class Draft(_Frozen):
    """A proposal that is not in the ledger yet.

    Attributes
    ----------
    portfolio, universe : str
    as_of : date
        The session whose closes it was computed from.
    created_at, expires_at : datetime
        UTC.
    author : str
        The user who asked for it, or "job:" and the job's name.
    run_id : str
        The run it comes from: its passport.
    data : tuple of StoredVersion
        What that run read.
    target : dict
        Ticker -> target weight, as a fraction of wealth.
    orders : tuple of Order
        Sales first.
    holdings_before, holdings_after : dict
        Ticker -> whole shares; those of nothing left out.
    prices : dict
        Ticker -> last close known, of everything held before or after.
    cash_before, cash_after, wealth, expected_cost : float
        In the portfolio's currency; wealth is before trading.
    turnover : float
        Half of the value traded, as a fraction of wealth.
    prices_until : date
        Once prices of a later session than this one are stored, it can no longer be approved.
    verdicts : tuple of Verdict
        Of every limit.
    """

    portfolio: str
    universe: str
    as_of: date
    created_at: AwareDatetime
    expires_at: AwareDatetime
    author: str
    run_id: str
    data: tuple[StoredVersion, ...] = ()
    target: dict[str, float]
    orders: tuple[Order, ...]
    holdings_before: dict[str, int]
    holdings_after: dict[str, int]
    prices: dict[str, float] = {}
    cash_before: float
    cash_after: float
    wealth: float
    expected_cost: float
    turnover: float
    prices_until: date
    verdicts: tuple[Verdict, ...]

    @property
    def blocking(self) -> tuple[Verdict, ...]:
        """The verdicts that forbid approval."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome == "block")

    @property
    def warnings(self) -> tuple[Verdict, ...]:
        """The verdicts that warn."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome == "warn")

    def weights_frame(self) -> pd.DataFrame:
        """Weights of everything held before or after, or wanted (n_tickers, 3), the largest afterwards first.

        Index ticker; columns `before`, `target` and `after`, fractions of wealth.
        """
        tickers = sorted({*self.holdings_before, *self.holdings_after, *self.target})
        rows = [
            (
                self.holdings_before.get(ticker, 0) * self.prices.get(ticker, 0.0) / self.wealth,
                self.target.get(ticker, 0.0),
                self.holdings_after.get(ticker, 0) * self.prices.get(ticker, 0.0) / self.wealth,
            )
            for ticker in tickers
        ]
        frame = pd.DataFrame(rows, index=pd.Index(tickers, name="ticker"), columns=["before", "target", "after"])
        return frame.sort_values("after", ascending=False, kind="stable")

    def orders_frame(self) -> pd.DataFrame:
        """The orders as a frame (n_orders, 9), columns :data:`foliohub.orders.ORDER_COLUMNS`."""
        return pd.DataFrame([order.model_dump() for order in self.orders], columns=list(ORDER_COLUMNS))


class Proposal(Draft):
    """A proposal as the ledger has it.

    Attributes
    ----------
    id : str
        ``<portfolio>.<as of>.<attempt>``.
    status : {"proposed", "approved", "rejected", "expired", "superseded"}
        Open ("proposed"), or what became of it; only an open one changes.
    decided_by, reason : str or None
        Who approved or rejected it, and why.
    decided_at : datetime or None
        When it was approved, rejected or superseded; of an expired one, when it expired.
    superseded_by : str or None
        Id of the proposal that took its place.
    hash : str
        Of its link in the ledger's chain: SHA-256 over its content and everything before it.
    """

    id: str
    status: Status
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    superseded_by: str | None = None
    hash: str

    @property
    def draft(self) -> Draft:
        """What was proposed, without what became of it."""
        return Draft.model_validate({name: getattr(self, name) for name in Draft.model_fields})


__all__ = ["Draft", "Order", "Proposal", "Side", "Status"]
