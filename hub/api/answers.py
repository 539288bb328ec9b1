"""Answers to conditional requests: an entity tag from what is stored, and bodies kept as long as they are asked for."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}


@dataclass(frozen=True, slots=True)
class Body:
    """An encoded answer.

    Attributes
    ----------
    content : bytes
    media_type : str
    headers : mapping
        Besides those every answer has.
    """

    content: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Answers:
    """The bodies asked for last, up to a number of bytes.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[str, Body] = OrderedDict()

    async def answer(self, request: Request, tag: str, make: Callable[[], Body]) -> Response:
        """304 where the client has it already, else the body: kept, or made in another thread.

        Parameters
        ----------
        request : Request
        tag : str
            Entity tag, without quotes: equal only where the body is.
        make : callable
            Encodes the body.
        """
        quoted = f'"{tag}"'
        if matches(request.headers.get("if-none-match", ""), quoted):
            return Response(status_code=304, headers={"ETag": quoted, **_PRIVATE})
        body = self._kept.get(tag)
        if body is None:
            body = await run_in_threadpool(make)
            self._keep(tag, body)
        else:
            self._kept.move_to_end(tag)
        return Response(body.content, 200, {**body.headers, "ETag": quoted, **_PRIVATE}, body.media_type)

    def _keep(self, tag: str, body: Body) -> None:
        if len(body.content) > self._most // 4 or tag in self._kept:
            return
        self._kept[tag] = body
        self._size += len(body.content)
        while self._size > self._most:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped.content)


def tag_of(*parts: object) -> str:
    """An entity tag of values whose `repr` says all about them.

    Examples
    --------
    >>> tag_of("a", 1) == tag_of("a", 1), tag_of("a", 1) == tag_of("a", "1")
    (True, False)
    """
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def matches(header: str, quoted: str) -> bool:
    """Whether an If-None-Match header names an entity tag (weak comparison).

    Examples
    --------
    >>> matches('W/"a", "b"', '"a"'), matches("*", '"a"'), matches('"b"', '"a"'), matches("", '"a"')
    (True, True, False, False)
    """
    return header.strip() == "*" or quoted in _TAG.findall(header)
