"""HTTP to the API: one session, a few retries, and problem documents as errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from foliohub.errors import DecisionRefusedError, FoliohubError, InputError, NotStoredError, ServiceError

if TYPE_CHECKING:
    import httpx

Query = Mapping[str, Any]

_SERVICE = "/services/api"
_PASSING = (429, 502, 503, 504)
_LONGEST_WAIT = 30.0
_DECISIONS = ("author", "blocked", "decided", "expired", "holdings", "reason", "stale", "superseded", "undecided")


class Transport:
    """Requests to one API.

    Parameters
    ----------
    url : str
        Of the platform, or of its API.
    token : str
    timeout : float
        Seconds to wait for an answer.
    retries : int
        Further tries where the service is away or asks to wait; what changes something is tried again only where it
        was refused.
    """

    def __init__(self, url: str, token: str, timeout: float, retries: int) -> None:
        import httpx

        self.url = _api(url)
        if not (token and token.isascii() and token.isalnum()):
            raise InputError(
                "The token is none: it is made of letters and digits.", remedy="The hub's page Token makes one."
            )
        self._retries = retries
        self._http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=timeout)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        *,
        body: Any = None,
        content: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to one request.

        Raises
        ------
        NotStoredError, InputError, DecisionRefusedError
            As the library itself would.
        ServiceError
            The service cannot be reached, or refuses for another reason.
        """
        import httpx

        safe = method == "GET" or "Idempotency-Key" in (headers or {})
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                answer = self._http.request(
                    method,
                    self.url + path,
                    params=_given(query),
                    json=body,
                    content=content,
                    headers=dict(headers or {}),
                )
            except httpx.TransportError as error:
                if last or not (safe or isinstance(error, httpx.ConnectError)):
                    raise self._away(error) from error
                time.sleep(_pause(attempt))
                continue
            refused = answer.status_code in (429, 503)  # nothing was done: also what changes something can be repeated
            if last or answer.status_code not in _PASSING or not (safe or refused):
                break
            time.sleep(_wait(answer, attempt))
        if answer.is_success:
            return answer
        raise _error(answer)

    def events(self, path: str, query: Query | None = None) -> Iterator[tuple[str, Any]]:
        """Server-sent events, as (name, data), until the service ends them.

        Tried again as any reading until the first line has come; what breaks off after it is an error.
        """
        import httpx

        begun = False
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                with self._http.stream("GET", self.url + path, params=_given(query), timeout=60) as answer:
                    if answer.is_success:
                        name = ""
                        for line in answer.iter_lines():
                            begun = True
                            if line.startswith("event: "):
                                name = line.removeprefix("event: ")
                            elif line.startswith("data: "):
                                yield name, json.loads(line.removeprefix("data: "))
                        return
                    answer.read()
                if last or answer.status_code not in _PASSING:
                    raise _error(answer)
                time.sleep(_wait(answer, attempt))
            except httpx.TransportError as error:
                if last or begun:
                    raise self._away(error) from error
                time.sleep(_pause(attempt))

    def _away(self, error: Exception) -> ServiceError:
        return ServiceError(
            f"{self.url} cannot be reached: {error or type(error).__name__}.",
            remedy="Check the address; `foliohub status` says whether the API runs.",
        )


def _api(url: str) -> str:
    """The address of the API's routes.

    Examples
    --------
    >>> _api("http://127.0.0.1:8000/"), _api("https://hub.example/base/services/api/v1/")
    ('http://127.0.0.1:8000/services/api/v1', 'https://hub.example/base/services/api/v1')
    """
    if not url.startswith(("http://", "https://")):
        raise InputError(
            f"{url!r} is no address of a platform.", remedy="Write it as https://HOST, or http://HOST:PORT."
        )
    return url.partition(_SERVICE)[0].rstrip("/") + _SERVICE + "/v1"


def _given(query: Query | None) -> dict[str, Any]:
    found = {name: value for name, value in (query or {}).items() if value not in (None, "", (), [])}
    return {
        name: [str(part) for part in value] if isinstance(value, list | tuple) else _text(value)
        for name, value in found.items()
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # A Timestamp at midnight is the day it names.
    return str(value).removesuffix(" 00:00:00")


def _wait(answer: httpx.Response, attempt: int) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT) if asked.isdigit() else _pause(attempt)


def _pause(attempt: int) -> float:
    return min(2.0**attempt / 4, _LONGEST_WAIT)


def _error(answer: httpx.Response) -> FoliohubError:
    try:
        problem = answer.json()
        detail, remedy = str(problem["detail"]), str(problem.get("remedy", ""))
        code = str(problem.get("type", "")).rpartition(":")[2].removesuffix("about:blank")
    except (ValueError, KeyError, TypeError):  # not the API but something in front of it
        detail, remedy, code = f"{answer.url} answered {answer.status_code} {answer.reason_phrase}.", "", ""
    if code in _DECISIONS:
        return DecisionRefusedError(detail, remedy=remedy, code=code)
    if answer.status_code == 404:
        return NotStoredError(detail, remedy=remedy)
    if answer.status_code in (400, 422):
        return InputError(detail, remedy=remedy)
    return ServiceError(detail, remedy=remedy, status=answer.status_code, code=code)
