"""Taking secrets out of texts: those that are known, and what looks like one."""

from __future__ import annotations

import re

_STARS = "***"
_LIKELY = re.compile(
    r"(?P<scheme>\b(?:bearer|token|basic)\s+)(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}"
    r"|(?P<address>://)[^/\s:@\"']*:[^/\s@\"']+(?=@)"
    r"|(?P<name>(?:password|passwd|secret|token|api_?key|\baccess(?==))[\"']?\s*[=:]\s*[\"']?)"
    r"(?!\*\*\*)[^\s&\"',;}]{6,}",
    re.IGNORECASE,
)
"""Credentials of others, which no process can know: in headers, in addresses, in query strings and settings."""


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Replace every secret in a text by asterisks."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, _STARS)
    return text


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The same, and for what looks like a secret too.

    Examples
    --------
    >>> redact("Authorization: Bearer 0123456789abcdef")
    'Authorization: Bearer ***'
    >>> redact("s3://host:bucket?access=AKIA123456&secret=abcdef/0123&port=9000")
    's3://host:bucket?access=***&secret=***&port=9000'
    >>> redact("smtp://anna:word-for-mail@mail.example:587 said no")
    'smtp://***@mail.example:587 said no'
    >>> redact("2 tokens; the token of rita has 3 scopes")
    '2 tokens; the token of rita has 3 scopes'
    """
    return _LIKELY.sub(_hide, scrub(text, secrets))


def _hide(found: re.Match[str]) -> str:
    return f"{found['scheme'] or found['address'] or found['name']}{_STARS}"


__all__ = ["redact", "scrub"]
