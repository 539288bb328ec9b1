"""Ticks in, minute bars out: pure, bounded, and the same whatever order the ticks of a minute come in.

A bar is given away once, when its minute is over; whatever comes for that minute afterwards is late and left out. So
no minute is ever told twice, and what is kept never exceeds the tickers times the few minutes that are open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Tick:
    """A price and the volume of its day so far (None where unknown), at one moment (aware)."""

    ticker: str
    time: datetime
    price: float
    day_volume: int | None = None


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """One minute of one ticker.

    Attributes
    ----------
    minute : datetime
        Its beginning, UTC.
    ticker : str
    open, high, low, close : float
        Prices as traded; the first and the last by the exchange's time.
    volume : float
        Shares traded since the bar before; NaN where that one is missing or the feed was interrupted.
    ticks : int
        Prices it was made of.
    complete : bool
        Whether the feed was there for the whole minute.
    """

    minute: datetime
    ticker: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    ticks: int
    complete: bool


class MinuteBars:
    """Collects ticks into bars.

    Parameters
    ----------
    since : datetime
        The moment the feed begins; earlier ticks are late, and its own minute is not complete.
    grace : float
        Seconds to wait for stragglers after a minute's end.

    Examples
    --------
    >>> start = datetime(2019, 6, 28, 13, 30, tzinfo=UTC)
    >>> bars = MinuteBars(start)
    >>> bars.add(Tick("KO", start + timedelta(seconds=61), 50.9)), bars.add(Tick("KO", start, 50.8))
    (True, True)
    >>> [(bar.minute.minute, bar.close, bar.complete) for bar in bars.seal(start + timedelta(minutes=3))]
    [(30, 50.8, False), (31, 50.9, True)]
    >>> bars.add(Tick("KO", start, 50.7))
    False
    """

    def __init__(self, since: datetime, grace: float = 5.0) -> None:
        self._open: dict[tuple[datetime, str], _OpenBar] = {}
        self._first_open = minute_of(since)
        self._grace = timedelta(seconds=grace)
        self._interrupted = {self._first_open}
        self._volume_before: dict[str, int] = {}

    def add(self, tick: Tick) -> bool:
        """Take a tick; says whether it was in time."""
        minute = minute_of(tick.time)
        if minute < self._first_open:
            return False
        bar = self._open.get((minute, tick.ticker))
        if bar is None:
            bar = self._open[minute, tick.ticker] = _OpenBar(tick)
        bar.add(tick)
        return True

    def interrupt(self, moment: datetime) -> None:
        """The feed broke or came back at this moment: its minute is not complete, and no volume reaches across it."""
        self._interrupted.add(minute_of(moment))
        self._volume_before.clear()

    def seal(self, now: datetime) -> list[MinuteBar]:
        """Give away the bars of every minute that is over, in the order of (minute, ticker); each once."""
        first_open = minute_of(now - self._grace)
        if first_open <= self._first_open:
            return []
        over = sorted(key for key in self._open if key[0] < first_open)
        sealed = [self._sealed(minute, ticker, self._open.pop((minute, ticker))) for minute, ticker in over]
        self._first_open = first_open
        self._interrupted = {minute for minute in self._interrupted if minute >= first_open}
        return sealed

    def __len__(self) -> int:
        return len(self._open)

    def _sealed(self, minute: datetime, ticker: str, bar: _OpenBar) -> MinuteBar:
        complete = minute not in self._interrupted
        before = self._volume_before.get(ticker)
        volume = float("nan")
        if bar.day_volume is not None:
            # A day's volume that is smaller than before is another day's.
            if complete and before is not None and bar.day_volume >= before:
                volume = float(bar.day_volume - before)
            self._volume_before[ticker] = bar.day_volume
        return MinuteBar(
            minute, ticker, bar.first[1], bar.high, bar.low, bar.last[1], volume, bar.ticks, complete
        )  # fmt: skip


class _OpenBar:
    """A minute that is not over."""

    __slots__ = ("day_volume", "first", "high", "last", "low", "ticks")

    def __init__(self, tick: Tick) -> None:
        self.first = self.last = (tick.time, tick.price)
        self.high = self.low = tick.price
        self.day_volume = tick.day_volume
        self.ticks = 0

    def add(self, tick: Tick) -> None:
        if tick.time < self.first[0]:
            self.first = (tick.time, tick.price)
        if tick.time >= self.last[0]:  # of two at one moment the one that came later
            self.last = (tick.time, tick.price)
        self.high, self.low = max(self.high, tick.price), min(self.low, tick.price)
        if tick.day_volume is not None:
            self.day_volume = max(self.day_volume or 0, tick.day_volume)
        self.ticks += 1


def minute_of(moment: datetime) -> datetime:
    """The beginning of a moment's minute, in UTC."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


__all__ = ["MinuteBar", "MinuteBars", "Tick", "minute_of"]
