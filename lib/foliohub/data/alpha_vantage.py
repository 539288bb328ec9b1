"""Daily bars from Alpha Vantage (``TIME_SERIES_DAILY_ADJUSTED``), through its client `alpha_vantage`.

Prices, volumes, dividends and splits come as traded on the day; `adjusted_close` is the vendor's own. The key stands in
the URL of every request: it is kept out of messages, logs and representations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol

import pandas as pd
from alpha_vantage.timeseries import TimeSeries
from curl_cffi.requests import Session
from curl_cffi.requests.exceptions import RequestException

from foliohub import calendars
from foliohub.data import transport
from foliohub.data.alpha_vantage_messages import error_of, message_of
from foliohub.data.bars import bars_from_text
from foliohub.data.request import Request, last_settled_session
from foliohub.data.retrying import RetryPolicy
from foliohub.data.symbols import hyphenated
from foliohub.errors import CredentialsError, MalformedAnswerError
from foliohub.frames import FIELDS

_VENDOR_URL = "https://www.alphavantage.co"
_SERIES = "Time Series (Daily)"
_VENDOR_FIELDS = dict(
    zip(
        FIELDS,
        ("open", "high", "low", "close", "adjusted close", "volume", "dividend amount", "split coefficient"),
        strict=True,
    )
)

_COMPACT = 100
"""Sessions in the vendor's short answer; the long one holds twenty years and more."""

_KEY = re.compile(r"[A-Za-z0-9._-]+")


class Secret(Protocol):
    """A wrapped secret, as pydantic's ``SecretStr``."""

    def get_secret_value(self) -> str:
        """Return the text inside."""
        ...


class AlphaVantageSource:
    """Daily bars from Alpha Vantage.

    Parameters
    ----------
    api_key : str or Secret
        The vendor's key.
    calendar : str
        Exchange whose sessions tell what has closed.
    symbols : mapping of str to str, optional
        Spelling of single tickers at the vendor, where it is not the usual one.
    base_url : str, optional
        Where to ask instead of the vendor's own address: a mirror, a gateway, a test's server.
    timeout : float
        Seconds one request may take from first to last byte.
    retry : RetryPolicy
        When to ask again.
    now : callable
        Returns the present moment, aware of its time zone.

    Raises
    ------
    CredentialsError
        For a key that is missing or cannot be one.
    """

    name = "alpha_vantage"

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        calendar: str = calendars.DEFAULT_CALENDAR,
        symbols: Mapping[str, str] | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        retry: RetryPolicy | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        key = api_key if api_key is None or isinstance(api_key, str) else api_key.get_secret_value()
        if not key or not _KEY.fullmatch(key):
            raise CredentialsError(
                "Alpha Vantage wants a key, and got " + ("none." if not key else "one with characters no key has."),
                remedy="Set it in the environment; never write it into a file of the repository.",
            )
        self._key = key
        self._calendar = calendar
        self._symbols = dict(symbols or {})
        self._base_url = transport.check_base_url(base_url) or _VENDOR_URL
        self._timeout = transport.check_timeout(timeout)
        self._retry = retry or RetryPolicy()
        self._now = now
        self._session: Session[Any] = Session()

    def fetch(self, ticker: str, start: date | None, end: date) -> pd.DataFrame:
        """Bars of one ticker, both ends included; see :class:`foliohub.types.PriceSource`.

        Returns
        -------
        DataFrame (n_sessions, 8)
            Bars in ascending order (the vendor sends them newest first), the vendor's numbers untouched.

        Raises
        ------
        VendorError
            One of its subclasses; passing faults after the retries of the policy.
        """
        last = last_settled_session(self._now(), self._calendar)
        request = Request.of(self.name, ticker, start, end, last)
        size = "compact" if self._is_recent(request.start, last) else "full"
        series = self._retry.call(lambda: self._ask(ticker, size))
        if not series:
            raise request.nothing()
        return request.cut(_bars(series, self.name, ticker))

    def last_session(self) -> None:
        """None: the vendor answers up to the last session that closed."""
        return

    def _is_recent(self, start: pd.Timestamp | None, last: pd.Timestamp) -> bool:
        if start is None or start < last - pd.Timedelta(days=2 * _COMPACT):
            return False
        # The short answer counts from today, whose session may be under way: one more than has settled.
        return len(calendars.sessions(start, last, self._calendar)) < _COMPACT

    def _ask(self, ticker: str, size: str) -> Mapping[str, Mapping[str, str]]:
        def answer(url: str) -> Any:
            try:
                response = self._session.get(self._base_url + url.removeprefix(_VENDOR_URL), timeout=self._timeout)
            except RequestException as error:
                raise transport.unreachable(self.name, ticker, error) from None  # its frames hold the URL
            transport.check_transport(response, self.name, ticker)
            return self._check(transport.read_json(response, self.name, ticker), ticker)

        symbol = self._symbols.get(ticker) or hyphenated(ticker, self._calendar)
        series: Mapping[str, Mapping[str, str]]
        series, _ = _Client(self._key, answer).get_daily_adjusted(symbol=symbol, outputsize=size)
        return series

    def _check(self, answer: Any, ticker: str) -> Any:
        message = message_of(answer)
        if message is not None:
            key, text = message
            raise error_of(key, text.replace(self._key, "***"), vendor=self.name, ticker=ticker)
        if answer == {}:
            answer = {_SERIES: {}}  # what it sends for a ticker it lists and has nothing for
        if not isinstance(answer, dict) or not isinstance(answer.get(_SERIES), dict):
            raise MalformedAnswerError(
                f"{self.name}'s answer for {ticker} has no {_SERIES!r}; it has "
                f"{sorted(answer) if isinstance(answer, dict) else type(answer).__name__}.",
                remedy="See whether the vendor has changed its format.",
            )
        return {"Meta Data": None} | answer


class _Client(TimeSeries):  # type: ignore[misc]  # the client comes without types
    """The vendor's client, which builds the question, over a transport that cannot hang."""

    def __init__(self, key: str, answer: Callable[[str], Any]) -> None:
        super().__init__(key=key, output_format="json")
        self._answer = answer

    def _handle_api_call(self, url: str) -> Any:
        return self._answer(url)


def _bars(series: Mapping[str, Mapping[str, str]], vendor: str, ticker: str) -> pd.DataFrame:
    days = list(series)
    columns: dict[str, list[str]] = {field: [] for field in FIELDS}
    for day, record in series.items():
        # "5. adjusted close" -> "adjusted close": the numbers have moved before, the names have not.
        named = {str(name).partition(". ")[2]: value for name, value in record.items()} if _is_record(record) else {}
        for field, vendor_field in _VENDOR_FIELDS.items():
            if vendor_field not in named:
                raise MalformedAnswerError(
                    f"{vendor}'s record of {day} for {ticker} has no {vendor_field!r}; it has {sorted(named)}.",
                    remedy="See whether the vendor has changed its format.",
                )
            value = named[vendor_field]
            columns[field].append("" if value is None else str(value).strip())
    return bars_from_text(days, columns, lambda i: f"{vendor}'s record of {days[i]} for {ticker}")


def _is_record(record: object) -> bool:
    return isinstance(record, Mapping)
