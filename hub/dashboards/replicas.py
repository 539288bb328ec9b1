"""Replicas of this service: what all of them share, and how one finds the other that a page belongs to.

A page names its replica by a tag, never by an address. Whoever is asked for another's page looks the tag up among the
addresses the headless Service has at that moment: so nobody can have a replica connect anywhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import logging
import secrets
import socket
from urllib.parse import urlsplit

from foliohub.errors import ConfigurationError

_log = logging.getLogger(__name__)
TAG = "[0-9a-f]{16}"
"""What a replica's tag looks like."""


def shared_secret(token: str, purpose: str) -> bytes:
    """32 secret bytes that are the same on all replicas, as they have the service's token in common.

    Parameters
    ----------
    token : str
        Of the service at the hub; where empty, every process has bytes of its own.
    purpose : str
        Other purposes have other secrets.

    Examples
    --------
    >>> shared_secret("t", "cookies") == shared_secret("t", "cookies") != shared_secret("t", "replicas")
    True
    >>> shared_secret("", "cookies") == shared_secret("", "cookies")
    False
    """
    if not token:
        return secrets.token_bytes(32)
    return hmac.digest(token.encode(), f"foliohub dashboards {purpose}".encode(), hashlib.sha256)


class Replicas:
    """All replicas of the service, this one among them.

    Parameters
    ----------
    own : str
        Address of this one, as "10.1.2.3:8080"; empty where it is the only one.
    names : str
        Where the others are: "HOST:PORT", with commas between; every address a host's name stands for counts.
    secret : bytes
        Shared by all.

    Raises
    ------
    ConfigurationError
        An address is not of that form.
    """

    def __init__(self, own: str, names: str, secret: bytes) -> None:
        self._secret = secret
        self._names = [_place(name.strip()) for name in names.split(",") if name.strip()]
        self.own = ""
        """Tag of this one; empty where it is the only one."""
        if own:
            host, port = _place(own)
            try:
                self.own = self._tag(host, port)
            except ValueError as error:
                raise ConfigurationError(
                    f"A replica is named by its IP address, not by {own!r}.", remedy="As in 10.1.2.3:8080."
                ) from error

    async def find(self, tag: str) -> str | None:
        """Where another replica listens, as "HOST:PORT"; None where there is none of that tag, or it is this one."""
        if tag == self.own:
            return None
        loop = asyncio.get_running_loop()
        for name, port in self._names:
            try:
                found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
            except OSError as error:
                _log.warning("The replicas of %s cannot be looked up: %s", name, error)
                continue
            for host in {str(entry[4][0]) for entry in found}:
                if hmac.compare_digest(self._tag(host, port), tag):
                    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return None

    def _tag(self, host: str, port: int) -> str:
        place = f"{ipaddress.ip_address(host).compressed} {port}"
        return hmac.digest(self._secret, place.encode(), hashlib.sha256).hex()[:16]


def _place(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise ConfigurationError(f"{text!r} is no address of a replica.", remedy="As in 10.1.2.3:8080 or name:8080.")
    return host, port
