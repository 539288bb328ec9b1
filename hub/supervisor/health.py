"""Whether a process answers: one request, no more than it takes."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit


async def answers(url: str, seconds: float = 2.0) -> bool:
    """Tell whether an address answers 200 in time.

    Parameters
    ----------
    url : str
        http or https; a certificate is not checked, because who signed it is for people's browsers to judge.
    seconds : float
        How long it may take.
    """
    try:
        return await asyncio.wait_for(_status(url), seconds) == 200
    except (OSError, TimeoutError, ValueError, IndexError):
        return False


async def _status(url: str) -> int:
    parts = urlsplit(url)
    context = None
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    port = parts.port or (443 if context else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
