"""What the API tells besides tables. Fields that a later version adds are ignored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Universe(_Told):
    """A universe: its members, and for which sessions something was published.

    Attributes
    ----------
    name, title, source, calendar, caveat : str
    benchmark : str or None
    tickers : int
        How many members it has.
    published : dict of str to list of str
        Kind of table -> sessions, newest first.
    """

    name: str
    title: str
    source: str
    calendar: str
    benchmark: str | None
    tickers: int
    caveat: str = ""
    published: dict[str, list[str]] = {}


class Run(_Told):
    """A run's record.

    Attributes
    ----------
    id, job, as_of, status : str
    attempt : int
    started_at, ended_at : datetime
        UTC; no end while it runs.
    notebook : str
    parameters : dict
    read, written : list of dict
        Name, number and content of every version.
    outputs : dict
    error : dict or None
        Kind and message, where it failed.
    """

    id: str
    job: str
    as_of: str
    status: str
    attempt: int
    started_at: datetime
    ended_at: datetime | None
    notebook: str
    parameters: dict[str, Any]
    read: list[dict[str, Any]]
    written: list[dict[str, Any]]
    outputs: dict[str, str]
    error: dict[str, Any] | None


class RunRequest(_Told):
    """A run that was asked for.

    Attributes
    ----------
    id, job, by, state, reason : str
        `state` is "waiting", "running", "retrying", "done", "already done", "failed", "skipped" or "cancelled".
    as_of : str or None
    submitted_at : datetime
    ended_at : datetime or None
    run_id : str or None
        The run it led to.
    """

    id: str
    job: str
    by: str
    state: str
    reason: str
    as_of: str | None
    submitted_at: datetime
    ended_at: datetime | None
    run_id: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in ("waiting", "running", "retrying")


class Job(_Told):
    """A scheduled job.

    Attributes
    ----------
    job, title, cron, time_zone : str
    next : list of datetime
        When it is due.
    paused : bool
    """

    job: str
    title: str
    cron: str
    time_zone: str
    next: list[datetime]
    paused: bool


class Verdict(_Told):
    """What a limit says of a proposal.

    Attributes
    ----------
    limit, unit, outcome, sentence : str
        `outcome` is "pass", "warn" or "block".
    value, bound : float or None
    """

    limit: str
    value: float | None
    bound: float | None
    unit: str
    outcome: str
    sentence: str


class Order(_Told):
    """An order of a proposal.

    Attributes
    ----------
    ticker, side : str
    shares : int
    price, value, estimated_cost : float
    """

    ticker: str
    side: str
    shares: int
    price: float
    value: float
    estimated_cost: float


class Proposal(_Told):
    """A proposal, as it stands.

    Attributes
    ----------
    id, portfolio, universe, status, author, run_id : str
    as_of : date
    created_at, expires_at : datetime
    wealth, expected_cost, turnover, cash_after : float
    target : dict of str to float
    orders : list of Order
    verdicts : list of Verdict
    decided_by, reason : str or None
    decided_at : datetime or None
    """

    id: str
    portfolio: str
    universe: str
    status: str
    author: str
    run_id: str
    as_of: date
    created_at: datetime
    expires_at: datetime
    wealth: float
    expected_cost: float
    turnover: float
    cash_after: float
    target: dict[str, float]
    orders: list[Order]
    verdicts: list[Verdict]
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class Position(_Told):
    """Shares of a ticker and what they are worth.

    Attributes
    ----------
    ticker : str
    shares : int
    price, value, weight : float
    quoted : bool
        Whether the price is a live quote, or the last close.
    """

    ticker: str
    shares: int
    price: float
    value: float
    weight: float
    quoted: bool


class Portfolio(_Told):
    """What a portfolio holds and is worth.

    Attributes
    ----------
    name, title, universe, currency : str
    session : date or None
        Of the closes it is valued at.
    cash, value : float
    move : float or None
        Since the last close; None where no quote counts, and `remark` says why.
    positions : list of Position
    """

    name: str
    title: str
    universe: str
    currency: str
    session: date | None
    cash: float
    value: float
    move: float | None
    remark: str
    positions: list[Position]


class Quote(_Told):
    """The last price of a ticker.

    Attributes
    ----------
    ticker, currency : str
    price : float
    change : float or None
        Simple return since the close before.
    time : datetime
        When the exchange made it.
    """

    ticker: str
    price: float
    change: float | None
    currency: str
    time: datetime


class Quotes(_Told):
    """The last quotes, or what changed of them.

    Attributes
    ----------
    state, detail : str
        Of the feed.
    quotes : list of Quote
    gone : list of str
        Tickers that are not followed any more.
    """

    state: str
    detail: str
    quotes: list[Quote]
    gone: list[str] = []
