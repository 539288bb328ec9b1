"""One live quote: a price, when it was made, when it came, and how old it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from foliohub import calendars
from foliohub.quotes.hours import trading_seconds

Market = Literal["pre", "regular", "post", "extended"]
"""In which part of its day an exchange was when a quote was made."""

STALE_AFTER = 120.0
"""Seconds of trading after which a quote is stale, unless the settings say otherwise."""


class Quote(BaseModel):
    """The last price of one ticker.

    Attributes
    ----------
    ticker : str
        As its universe spells it.
    price : float
        In `currency`, as traded; Yahoo sends single precision, about seven digits.
    change : float or None
        Simple return since the close before `time`, as the vendor counts it; decimal. None where it does not say.
    currency : str
        As "USD"; empty where the vendor does not say.
    time : datetime
        When the exchange made it.
    received : datetime
        When it reached this machine.
    market : {"pre", "regular", "post", "extended"}
        The state of the exchange at `time`, as the vendor says.
    calendar : str
        MIC of the exchange whose hours decide whether it is stale.
    day_volume : int or None
        Shares traded that day, up to `time`.

    Examples
    --------
    >>> from datetime import UTC
    >>> friday = datetime(2019, 6, 28, 19, 59, 30, tzinfo=UTC)
    >>> quote = Quote(ticker="KO", price=50.92, change=0.01, time=friday, received=friday, market="regular")
    >>> sunday = datetime(2019, 6, 30, 12, tzinfo=UTC)
    >>> quote.age(sunday), quote.is_stale(sunday)
    (datetime.timedelta(days=1, seconds=57630), False)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ticker: str
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    change: Annotated[float, Field(gt=-1, allow_inf_nan=False)] | None = None
    currency: str = ""
    time: AwareDatetime
    received: AwareDatetime
    market: Market
    calendar: str = calendars.DEFAULT_CALENDAR
    day_volume: Annotated[int, Field(ge=0)] | None = None

    @property
    def previous_close(self) -> float | None:
        """The close that `change` is counted from, in `currency`."""
        return None if self.change is None else self.price / (1 + self.change)

    def age(self, now: datetime) -> timedelta:
        """Time since it was made, by the clock on the wall; never negative."""
        return max(now - self.time, timedelta(0))

    def is_stale(self, now: datetime, after: float = STALE_AFTER) -> bool:
        """Whether the exchange has traded for more than `after` seconds since."""
        return trading_seconds(self.time, now, self.calendar) > after


__all__ = ["STALE_AFTER", "Market", "Quote"]
