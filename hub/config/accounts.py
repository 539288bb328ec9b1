"""The file of people: who may log in, in which groups, with which password's hash.

``FOLIOHUB_HOME/hub/people.json``, readable by its owner alone and written whole or not at all::

    {"people": {"anna": {"groups": ["managers"], "password": "scrypt$...", "changed": "2026-11-22T21:00:00+00:00"}}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock

from foliohub import audit
from foliohub.errors import ConfigurationError, InputError
from hub.config import passwords
from hub.config.private import write_private
from hub.config.roles import GROUPS

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class Person:
    """One who may log in.

    Parameters
    ----------
    name : str
        Log-in name: the hub's user name, and the name in every record of what they did.
    groups : tuple of str
        Of `hub.config.roles.GROUPS`.
    password : str
        Hash of the password.
    changed : str
        When the password was last set, as ISO 8601 in UTC. Sessions opened before are over.
    """

    name: str
    groups: tuple[str, ...]
    password: str
    changed: str


class Accounts:
    """People in a file.

    Parameters
    ----------
    path : Path
        The file; absent means nobody.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Person]:
        """Everybody, by name.

        Raises
        ------
        ConfigurationError
            If the file is not what this class writes.
        """
        try:
            people = json.loads(self._path.read_text(encoding="utf-8"))["people"]
            return {name: _person(name, entry) for name, entry in sorted(people.items())}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
            raise ConfigurationError(
                f"{self._path} is not a file of people: {error}.",
                remedy="Restore it, or move it away and add everybody again: foliohub users add NAME --group GROUP",
            ) from None

    def add(self, name: str, groups: Iterable[str], password: str) -> None:
        """Let somebody in.

        Raises
        ------
        InputError
            If the name is taken or none, a group is unknown, or the password too short.
        """
        check_name(name)
        chosen = check_groups(groups)
        passwords.check_strength(password)
        with self._change() as people:
            if name in people:
                raise InputError(
                    f"{name} is there already.", remedy=f"For another password: foliohub users passwd {name}"
                )
            people[name] = Person(name, chosen, passwords.digest(password), _now())
        audit.record("user-added", name=name, groups=list(chosen))

    def set_password(self, name: str, password: str) -> None:
        """Give somebody another password; their sessions end.

        Raises
        ------
        InputError
            If nobody has the name, or the password is too short.
        """
        passwords.check_strength(password)
        with self._change() as people:
            person = _known(people, name)
            people[name] = Person(name, person.groups, passwords.digest(password), _now())
        audit.record("user-password-set", name=name)

    def set_groups(self, name: str, groups: Iterable[str]) -> None:
        """Move somebody to other groups; what they may do changes with their next click.

        Raises
        ------
        InputError
            If nobody has the name, or a group is unknown.
        """
        chosen = check_groups(groups)
        with self._change() as people:
            person = _known(people, name)
            people[name] = Person(name, chosen, person.password, person.changed)
        audit.record("user-groups-set", name=name, groups=list(chosen))

    def remove(self, name: str) -> None:
        """Let somebody in no more.

        Raises
        ------
        InputError
            If nobody has the name.
        """
        with self._change() as people:
            del people[_known(people, name).name]
        audit.record("user-removed", name=name)

    @contextmanager
    def _change(self) -> Iterator[dict[str, Person]]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with filelock.FileLock(self._path.with_suffix(".lock"), mode=0o600):
            people = self.read()
            yield people
            entries = {
                person.name: {"groups": list(person.groups), "password": person.password, "changed": person.changed}
                for person in people.values()
            }
            write_private(self._path, json.dumps({"people": entries}, indent=1))


def check_name(name: str) -> None:
    """Refuse what is no log-in name.

    Raises
    ------
    InputError
        Names it, and says what a name is.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be a log-in name.",
            remedy="Use up to 32 small letters, digits, - and _, beginning with a letter.",
        )


def check_groups(groups: Iterable[str]) -> tuple[str, ...]:
    """Groups without repetition, in the order of `GROUPS`.

    Raises
    ------
    InputError
        If one is unknown, or there is none.
    """
    chosen = set(groups)
    unknown = sorted(chosen - set(GROUPS))
    if unknown or not chosen:
        said = f"There is no group {unknown[0]!r}" if unknown else "No group was named"
        raise InputError(f"{said}.", remedy=f"The groups are {', '.join(GROUPS)}.")
    return tuple(group for group in GROUPS if group in chosen)


def _known(people: dict[str, Person], name: str) -> Person:
    if name not in people:
        raise InputError(f"Nobody is called {name!r}.", remedy=f"There are: {', '.join(sorted(people)) or 'none'}.")
    return people[name]


def _person(name: str, entry: dict[str, Any]) -> Person:
    groups, password, changed = entry["groups"], entry["password"], entry["changed"]
    if not isinstance(password, str) or password.count("$") != 5 or not isinstance(changed, str):
        raise ValueError(f"the password of {name} is not a hash")
    return Person(name, check_groups(groups), password, changed)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
