"""Logging in with the file of people: scrypt, throttled, and out again as soon as the file says so."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from tornado import web
from traitlets import Unicode

from foliohub import audit
from hub.config import passwords
from hub.config.accounts import Accounts, Person
from hub.config.sign_out import SignOutHandler
from hub.config.throttle import Throttle


class PeopleAuthenticator(Authenticator):  # type: ignore[misc]  # JupyterHub is not typed
    """Lets in who is in the file, with the groups the file names.

    Notes
    -----
    A session remembers when its password was set. Another password, other groups or no entry at all count from the
    next request on: see `refresh_user`.
    """

    people_file = Unicode(help="The file of people.").tag(config=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._names = Throttle(5)
        self._addresses = Throttle(50)  # a whole office behind one address still gets in
        self._checking = asyncio.Semaphore(2)  # each check takes 32 MB and a tenth of a second of one core

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """Check name and password.

        Raises
        ------
        tornado.web.HTTPError
            429 after too many failures for this name, or from this address.
        """
        name, address = self.normalize_username(data["username"]), _address(handler.request)
        self._refuse_if_too_soon(name, address)
        person = self._people().get(name)
        async with self._checking:
            stored = person.password if person else passwords.NOBODY
            right = await asyncio.to_thread(passwords.verify, data.get("password", "")[:1024], stored)
        if not (person and right):
            self._names.failed(name)
            self._addresses.failed(address)
            return None
        self._names.succeeded(name)
        return _model(person)

    async def refresh_user(self, user: Any, *_: Any) -> dict[str, Any] | bool:
        """Compare a session with the file: who is gone or has another password must log in again."""
        person = self._people().get(user.name)
        state = await user.get_auth_state() or {}
        if person is None or state.get("changed") != person.changed:
            return False
        return _model(person)

    def get_handlers(self, app: Any) -> list[Any]:
        """Ours for signing out goes before JupyterHub's."""
        return [("/logout", SignOutHandler), *super().get_handlers(app)]

    def add_user(self, user: Any) -> Any:
        """Refuse users of the database who are no longer in the file, when the hub starts.

        Raises
        ------
        ValueError
            Which makes the hub delete them, and their tokens with them.
        """
        if user.name not in self._people():
            raise ValueError(f"{user.name} is no longer in the file of people")
        return super().add_user(user)

    def _people(self) -> dict[str, Person]:
        return Accounts(Path(self.people_file)).read()

    def _refuse_if_too_soon(self, name: str, address: str) -> None:
        seconds = math.ceil(max(self._names.wait(name), self._addresses.wait(address)))
        if seconds:
            audit.record("log-in-refused", user=name[:100], outcome="failure", address=address)
            unit = "second" if seconds == 1 else "seconds"
            refusal: Any = web.HTTPError(429, f"Too many attempts. Try again in {seconds} {unit}.")
            refusal.headers = {"Retry-After": str(seconds)}  # where JupyterHub looks for them
            raise refusal


def _address(request: Any) -> str:
    """Whence a request comes, as our own proxy saw it: the last of a list whose rest the client may have made up."""
    return str(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or request.remote_ip)


def _model(person: Person) -> dict[str, Any]:
    return {"name": person.name, "groups": list(person.groups), "auth_state": {"changed": person.changed}}
