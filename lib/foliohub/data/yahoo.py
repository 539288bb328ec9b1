"""Daily bars from Yahoo Finance, through its client `yfinance`.

yfinance gets the cookie and the crumb Yahoo wants, asks for the chart, and mends what Yahoo is known to do to dates. Of
its own corrections none is used: `repair` rewrites prices by a heuristic that looks ahead, `auto_adjust` and
`back_adjust` fold dividends into prices. Splits are undone by :func:`foliohub.data.yahoo_chart.as_traded`.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import RequestException

from foliohub import calendars
from foliohub.data import transport
from foliohub.data.request import Request, last_settled_session
from foliohub.data.retrying import RetryPolicy
from foliohub.data.symbols import hyphenated
from foliohub.data.yahoo_chart import as_traded, check_chart, read_actions
from foliohub.errors import FoliohubError, MalformedAnswerError, RateLimitError, VendorUnavailableError

_log = logging.getLogger(__name__)

_BEFORE_ALL_HISTORY = pd.Timestamp("1900-01-01", tz="UTC")
_FIELD_OF_COLUMN = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adjusted_close",
    "Volume": "volume",
}

_one_at_a_time = threading.Lock()
"""yfinance's switch between raising and hiding errors is one for the whole process."""


class YahooSource:
    """Daily bars from Yahoo Finance.

    Parameters
    ----------
    calendar : str
        Exchange whose sessions tell what has closed.
    symbols : mapping of str to str, optional
        Spelling of single tickers at Yahoo, where it is not the usual one: ``{"SP500": "^GSPC"}``.
    base_url : str, optional
        Where to send all requests for Yahoo's hosts instead: a mirror, a gateway, a test's server.
    timeout : float
        Seconds the request for a chart may take from first to last byte; cookie and crumb, without which it often
        works too, get a quarter of that each.
    retry : RetryPolicy
        When to ask again.
    now : callable
        Returns the present moment, aware of its time zone.

    Notes
    -----
    Yahoo transmits prices in single precision: the same bar asked for twice can differ by about 1e-7 of its value.
    yfinance writes a missing volume as zero, and keeps one bar where Yahoo sends two for a day.
    """

    name = "yahoo"

    def __init__(
        self,
        *,
        calendar: str = calendars.DEFAULT_CALENDAR,
        symbols: Mapping[str, str] | None = None,
        base_url: str | None = None,
        timeout: float = 20.0,
        retry: RetryPolicy | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._calendar = calendar
        self._symbols = dict(symbols or {})
        self._session = _ChartSession(transport.check_base_url(base_url), transport.check_timeout(timeout))
        self._retry = retry or RetryPolicy()
        self._now = now
        self._client: Any = None

    def fetch(self, ticker: str, start: date | None, end: date) -> pd.DataFrame:
        """Bars of one ticker, both ends included; see :class:`foliohub.types.PriceSource`.

        Whatever `end` is, Yahoo is asked up to now: later splits are needed to undo what they did to earlier bars.

        Returns
        -------
        DataFrame (n_sessions, 8)
            Bars in ascending order, as traded on the day.

        Raises
        ------
        VendorError
            One of its subclasses; passing faults after the retries of the policy.
        """
        request = Request.of(self.name, ticker, start, end, last_settled_session(self._now(), self._calendar))
        symbol = self._symbols.get(ticker) or hyphenated(ticker, self._calendar)
        return request.cut(self._retry.call(lambda: self._ask(request, symbol)))

    def last_session(self) -> None:
        """None: Yahoo answers up to the last session that closed."""
        return

    def _ask(self, request: Request, symbol: str) -> pd.DataFrame:
        # A day more: Yahoo's days begin in the exchange's time zone, this one in UTC.
        first = _BEFORE_ALL_HISTORY if request.start is None else request.start.tz_localize("UTC") - timedelta(days=1)
        with _one_at_a_time, _yfinance_raising() as yfinance:
            self._session.begin(request.ticker)
            # One client per source, where yfinance keeps one per process: cookie and crumb belong to a session.
            self._client = self._client or type.__call__(yfinance.data.YfData, session=self._session)
            # What Ticker(symbol).history() calls, without asking for the time zone first: these times have theirs.
            history = yfinance.scrapers.history.PriceHistory(self._client, symbol, "UTC", session=self._session)
            try:
                # No end, so up to now: an end in the past would also be answered out of a cache in memory.
                frame = history.history(start=first, interval="1d", auto_adjust=False, repair=False, keepna=True)
                result = self._session.result
                bars = frame.rename(columns=_FIELD_OF_COLUMN)[list(_FIELD_OF_COLUMN.values())]
                bars.index = pd.DatetimeIndex(bars.index.tz_localize(None), name="date").normalize().as_unit("ns")
                return as_traded(bars, read_actions(result, request.ticker))
            except FoliohubError:
                raise
            except yfinance.exceptions.YFRateLimitError as error:
                raise RateLimitError(f"yahoo refuses {request.ticker}: too many requests.") from error
            except RequestException as error:
                raise transport.unreachable(self.name, request.ticker, error) from error
            except Exception as error:  # whatever trips the client over an answer that passed our own checks
                raise MalformedAnswerError(
                    f"yfinance cannot read yahoo's answer for {request.ticker}: {error!r}.",
                    remedy="See whether yfinance has a newer release.",
                ) from error


class _ChartSession(Session[Response]):
    """The session yfinance speaks through: aims at `base_url`, bounds the time, judges charts before yfinance does."""

    def __init__(self, base_url: str | None, timeout: float) -> None:
        super().__init__(impersonate="chrome")  # as yfinance's own: Yahoo turns away what is no browser
        self._base = base_url
        self._seconds = timeout
        self.begin("")

    def begin(self, ticker: str) -> None:
        """Forget the last ticker's answer."""
        self._ticker = ticker
        self._refusals = 0
        self._result: Mapping[str, Any] | None = None

    @property
    def result(self) -> Mapping[str, Any]:
        """The checked chart of this ticker."""
        if self._result is None:
            raise VendorUnavailableError(f"yahoo gave no chart for {self._ticker}.", remedy="Run it again later.")
        return self._result

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> Response:
        parts = urlsplit(url)
        is_chart = parts.path.startswith("/v8/finance/chart/")
        if self._base is not None:
            url = self._base + parts.path + (f"?{parts.query}" if parts.query else "")
        options["timeout"] = self._seconds if is_chart else self._seconds / 4
        try:
            response = super().request(method, url, *args, **options)
        except RequestException as error:
            if is_chart:
                raise transport.unreachable("yahoo", self._ticker, error) from error
            raise
        if is_chart:
            self._judge(response)
        return response

    def _judge(self, response: Response) -> None:
        transport.check_transport(response, "yahoo", self._ticker)
        if response.status_code in {401, 403}:
            # yfinance answers a first refusal with a new cookie and crumb.
            self._refusals += 1
            if self._refusals > 1:
                raise VendorUnavailableError(
                    f"yahoo refuses {self._ticker} with HTTP status {response.status_code}, also with a new crumb.",
                    remedy="Run it again later; it may have shut out this address for a while.",
                )
            return
        self._result = check_chart(transport.read_json(response, "yahoo", self._ticker), self._ticker)


@contextmanager
def _yfinance_raising() -> Iterator[Any]:
    """The package, raising errors instead of logging them, its remarks in our log; left as it was found."""
    yfinance = _yfinance()
    spoken = logging.getLogger("yfinance")
    before = yfinance.config.debug.hide_exceptions, spoken.propagate
    yfinance.config.debug.hide_exceptions = False
    spoken.propagate = False
    spoken.addHandler(_REMARKS)
    try:
        yield yfinance
    finally:
        spoken.removeHandler(_REMARKS)
        yfinance.config.debug.hide_exceptions, spoken.propagate = before


class _Remarks(logging.Handler):
    """Notes what yfinance remarks on the way, as that it goes on without a crumb: what matters of it is raised."""

    def emit(self, record: logging.LogRecord) -> None:
        _log.info("yfinance: %s", record.getMessage())


_REMARKS = _Remarks()


@lru_cache(maxsize=1)
def _yfinance() -> Any:
    import yfinance
    import yfinance.data
    import yfinance.scrapers.history

    # A place where no folder can be made turns off its cookie cache, which all processes of a user would share.
    yfinance.set_tz_cache_location(os.devnull)
    return yfinance
