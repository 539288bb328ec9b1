"""Who asks, and what they may: the one thing the API knows of JupyterHub.

:class:`Authenticator` is all the API needs of a hub. :class:`TokenTable` is one without a hub, for tests and
benchmarks; :mod:`hub.api.hub_identity` is the real one.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or a service behind a token.

    Attributes
    ----------
    name : str
        The hub's name for them.
    kind : {"user", "service"}
        Only users are people.
    scopes : frozenset of str
        Of the token: never more than its owner has.
    groups : frozenset of str
    admitted : bool
        Whether the token opens this service at all.
    """

    name: str
    kind: Literal["user", "service"]
    scopes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    admitted: bool = True

    @property
    def is_person(self) -> bool:
        """Whether this is somebody who can answer for a decision."""
        return self.kind == "user"

    def may(self, scope: str) -> bool:
        """Whether the token has a scope, in full: one that is filtered, as "…!user=ada", does not count."""
        return self.admitted and scope in self.scopes


class HubUnavailableError(Exception):
    """The hub did not say who somebody is; nobody gets in until it does."""


class Authenticator(Protocol):
    """Tells who is behind a token, and sends browsers to log in."""

    async def identify(self, token: str, session: str = "") -> Identity | None:
        """The owner of a token; None where nobody is.

        Parameters
        ----------
        token : str
        session : str
            The browser's log-in at the hub, which logging out there ends.

        Raises
        ------
        HubUnavailableError
            There was no answer.
        """
        ...

    def authorize_url(self, state: str, challenge: str) -> str:
        """Where a browser asks the hub for a log-in; the PKCE challenge is the SHA-256 of a verifier."""
        ...

    async def redeem(self, code: str, verifier: str) -> str | None:
        """The token for the code a browser came back with; None where it is not good for one."""
        ...


def challenge_of(verifier: str) -> str:
    """The PKCE challenge (S256) of a verifier.

    References
    ----------
    RFC 7636, section 4.2; the example is that of its appendix B.

    Examples
    --------
    >>> challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass
class TokenTable:
    """Tokens and their owners in memory, and codes for log-ins, used up by the first who redeems them."""

    _owners: dict[str, Identity] = field(default_factory=dict)
    _codes: dict[str, tuple[str, str]] = field(default_factory=dict)

    def issue(self, identity: Identity) -> str:
        """A new token for somebody."""
        token = secrets.token_hex(16)
        self._owners[_digest(token)] = identity
        return token

    def revoke(self, token: str) -> None:
        """End a token."""
        del self._owners[_digest(token)]

    def issue_code(self, token: str, challenge: str) -> str:
        """What the hub sends a browser back with once its user has logged in."""
        code = secrets.token_hex(16)
        self._codes[_digest(code)] = (token, challenge)
        return code

    async def identify(self, token: str, session: str = "") -> Identity | None:  # noqa: ARG002
        """See :class:`Authenticator`."""
        return self._owners.get(_digest(token))

    def authorize_url(self, state: str, challenge: str) -> str:
        """See :class:`Authenticator`."""
        return "/hub/api/oauth2/authorize?" + urlencode({"state": state, "code_challenge": challenge})

    async def redeem(self, code: str, verifier: str) -> str | None:
        """See :class:`Authenticator`."""
        token, challenge = self._codes.pop(_digest(code), ("", ""))
        return token if token and challenge == challenge_of(verifier) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
