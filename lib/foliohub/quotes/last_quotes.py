"""The last quotes, for those who only read them: dashboards, the API, the command line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from foliohub.errors import NotStoredError, StoreError
from foliohub.quotes.quote import Quote
from foliohub.quotes.snapshot import Feed, FeedState, Snapshot, read_snapshot, snapshot_file

SILENT_SERVICE = timedelta(seconds=30)
"""A service that has not reported for so long is not running: it reports every few seconds."""

_LOOK_EVERY = 0.5
_Signature = tuple[int, int, int] | None


@dataclass(frozen=True)
class Update:
    """What has changed since the update before.

    Attributes
    ----------
    feed : Feed
        As it is now.
    quotes : dict of str to Quote
        The new ones, by ticker; in the first update all.
    gone : tuple of str
        Tickers that are not followed any more.
    """

    feed: Feed
    quotes: dict[str, Quote]
    gone: tuple[str, ...] = ()


class LastQuotes:
    """The last quote of every ticker followed, and how the feed is.

    Parameters
    ----------
    home : Path
        The home folder of the installation (`Settings.home`).
    now : callable
        Returns the present moment, aware of its time zone.

    Notes
    -----
    Nothing is kept between two calls: each reads what the quotes service last wrote. No service and a damaged file are
    states of the feed, not errors: everything else goes on without quotes.
    """

    def __init__(self, home: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.file = snapshot_file(home)
        self._now = now

    def snapshot(self) -> Snapshot:
        """Quotes and feed, read at once."""
        now = self._now()
        try:
            return _judged(read_snapshot(self.file), now)
        except NotStoredError:
            feed = Feed(state=FeedState.ABSENT, detail="The quotes service has not run here yet.", since=now, at=now)
        except StoreError as error:
            feed = Feed(state=FeedState.ABSENT, detail=str(error), since=now, at=now)
        return Snapshot(feed=feed)

    def read(self) -> dict[str, Quote]:
        """The last quote of each ticker; empty where there are none."""
        return self.snapshot().quotes

    @property
    def feed(self) -> Feed:
        """The state of the feed, with its sentence, and since when."""
        return self.snapshot().feed

    @property
    def state(self) -> FeedState:
        """The state of the feed."""
        return self.feed.state

    @property
    def age(self) -> timedelta | None:
        """Time since the service last reported; None where it never did."""
        feed = self.feed
        return None if feed.state is FeedState.ABSENT else max(self._now() - feed.at, timedelta(0))

    def ages(self) -> dict[str, timedelta]:
        """The age of each quote, by the clock on the wall."""
        now = self._now()
        return {ticker: quote.age(now) for ticker, quote in self.read().items()}

    async def changes(self, every: float = _LOOK_EVERY) -> AsyncIterator[Update]:
        """Updates as they come: first everything there is, then what changes.

        Waits between two looks at the file, and reads it only where it was written since. Never ends by itself: close
        it, or cancel the task that reads it.

        Parameters
        ----------
        every : float
            Seconds between two looks: how late an update may come.
        """
        known, seen = None, self._signature()
        while True:
            signature = self._signature()
            # A service that was killed writes no more; that it has fallen silent is told by the clock alone.
            silent = known is not None and _judged(known, self._now()).feed.state is not known.feed.state
            if known is None or signature != seen or silent:
                seen = signature
                snapshot = self.snapshot()
                update = _difference(known, snapshot)
                known = snapshot
                if update is not None:
                    yield update
            await asyncio.sleep(every)

    def _signature(self) -> _Signature:
        try:
            status = self.file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


def _judged(snapshot: Snapshot, now: datetime) -> Snapshot:
    """A snapshot whose writer has fallen silent says so."""
    feed = snapshot.feed
    if feed.state in (FeedState.STOPPED, FeedState.ABSENT) or now - feed.at <= SILENT_SERVICE:
        return snapshot
    stopped = Feed(
        state=FeedState.STOPPED,
        detail=f"The quotes service has not reported since {feed.at:%Y-%m-%d %H:%M:%S} UTC.",
        since=feed.at,
        at=feed.at,
        universes=feed.universes,
        stale_after=feed.stale_after,
    )
    return snapshot.model_copy(update={"feed": stopped})


def _difference(before: Snapshot | None, after: Snapshot) -> Update | None:
    if before is None:
        return Update(after.feed, after.quotes)
    new = {ticker: quote for ticker, quote in after.quotes.items() if before.quotes.get(ticker) != quote}
    gone = tuple(sorted(before.quotes.keys() - after.quotes.keys()))
    told = {"state", "detail", "universes", "stale_after"}  # not when it was told: that changes every few seconds
    same_feed = before.feed.model_dump(include=told) == after.feed.model_dump(include=told)
    return None if same_feed and not new and not gone else Update(after.feed, new, gone)


__all__ = ["LastQuotes", "Update"]
