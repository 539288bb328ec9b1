"""The last quote of each ticker and the state of the feed, written where others read them."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from foliohub.errors import StoreError
from foliohub.quotes import Feed, FeedState, Quote, Snapshot, write_snapshot
from foliohub.quotes.snapshot import read_snapshot, snapshot_file, write_whole

_log = logging.getLogger(__name__)

_WORRYING = frozenset({FeedState.UNREACHABLE, FeedState.SILENT})


class Board:
    """What is known now; :meth:`publish` writes it.

    Parameters
    ----------
    home : Path
        The installation's home folder.
    stale_after : float
        Seconds of trading after which a quote is stale.
    now : datetime
    """

    def __init__(self, home: Path, stale_after: float, now: datetime) -> None:
        self._file = snapshot_file(home)
        self._status_file = home / "services" / "quotes.json"
        self._quotes = self._restored()
        self._feed = Feed(
            state=FeedState.CONNECTING, detail="The service starts.", since=now, at=now, stale_after=stale_after
        )
        self._written_at: datetime | None = None
        self._changed = True
        self._failing = False

    @property
    def state(self) -> FeedState:
        """The feed's state as last told."""
        return self._feed.state

    @property
    def quotes(self) -> dict[str, Quote]:
        """The last of each ticker, as they are now."""
        return dict(self._quotes)

    def offer(self, quote: Quote) -> bool:
        """Take a quote; says whether it is new. One that is older than the last is news, and not the last."""
        last = self._quotes.get(quote.ticker)
        if last is not None and (last.time, last.price, last.day_volume) == (quote.time, quote.price, quote.day_volume):
            return False
        if last is None or quote.time >= last.time:
            self._quotes[quote.ticker] = quote
            self._changed = True
        return True

    def keep_only(self, tickers: Collection[str], universes: tuple[str, ...]) -> None:
        """Forget the quotes of tickers that are not followed."""
        self._quotes = {ticker: quote for ticker, quote in self._quotes.items() if ticker in tickers}
        self._feed = self._feed.model_copy(update={"universes": universes})
        self._changed = True

    def say(self, state: FeedState, detail: str, now: datetime, retry_at: datetime | None = None) -> None:
        """Tell the feed's state; a new one is logged, once."""
        feed = self._feed
        if (state, detail, retry_at) == (feed.state, feed.detail, feed.retry_at):
            return
        if state is not feed.state:
            _log.log(logging.WARNING if state in _WORRYING else logging.INFO, "%s: %s", state, detail)
        since = feed.since if state is feed.state else now
        update = {"state": state, "detail": detail, "since": since, "retry_at": retry_at}
        self._feed, self._changed = feed.model_copy(update=update), True

    def publish(self, now: datetime, every: float) -> None:
        """Write what has changed; where nothing has, a sign of life every so many seconds.

        A disk that is full is told once, and tried again with every beat.
        """
        waited = None if self._written_at is None else abs((now - self._written_at).total_seconds())
        if not self._changed and waited is not None and waited < every:
            return
        feed = self._feed.model_copy(update={"at": now})
        status = {"state": feed.state, "detail": feed.detail, "at": now.isoformat()}
        try:
            write_snapshot(Snapshot(feed=feed, quotes=self._quotes), self._file)
            write_whole(json.dumps(status), self._status_file)
        except StoreError as error:
            if not self._failing:
                _log.error("%s", error)
            self._failing = True
            return
        self._failing, self._changed, self._written_at = False, False, now

    def _restored(self) -> dict[str, Quote]:
        """The quotes a service before this one left: old they are, and better than none."""
        try:
            return dict(read_snapshot(self._file).quotes)
        except StoreError:
            return {}
