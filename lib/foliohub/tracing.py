"""One id from the request that asked for something to the last line that its run logged (W3C Trace Context)."""

from __future__ import annotations

import hashlib
import re
import secrets

_PARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}")
_ID = re.compile(r"[0-9a-f]{32}")
_NONE = "0" * 32


def new_trace() -> str:
    """An id nobody else has: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def trace_of(traceparent: str = "", request_id: str = "") -> str:
    """The id that a request came with, by its headers; a new one where it has none.

    Parameters
    ----------
    traceparent : str
        Header of that name.
    request_id : str
        Header ``X-Request-ID``: a UUID is taken as it is, any other text leads to one and the same id.

    References
    ----------
    W3C, Trace Context, section 3.2; the example is its own.

    Examples
    --------
    >>> trace_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    '0af7651916cd43dd8448eb211c80319c'
    >>> trace_of(request_id="6f9619ff-8b86-d011-b42d-00cf4fc964ff")
    '6f9619ff8b86d011b42d00cf4fc964ff'
    >>> trace_of(request_id="night 12") == trace_of(request_id="night 12")
    True
    """
    found = _PARENT.fullmatch(traceparent.strip().lower())
    if found and found["trace"] != _NONE:
        return found["trace"]
    plain = request_id.strip().lower().replace("-", "")
    if _ID.fullmatch(plain) and plain != _NONE:
        return plain
    return hashlib.sha256(request_id.encode("utf-8", "replace")).hexdigest()[:32] if request_id else new_trace()


__all__ = ["new_trace", "trace_of"]
