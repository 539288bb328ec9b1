"""Passwords, the file of people, throttling: without a hub."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from foliohub.errors import ConfigurationError, InputError
from hub.config import passwords
from hub.config.accounts import Accounts
from hub.config.throttle import Throttle

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "hub" / "people.json")


def test_a_hash_fits_its_password_and_no_other() -> None:
    stored = passwords.digest(PASSWORD)
    assert passwords.verify(PASSWORD, stored)
    assert not passwords.verify(f"{PASSWORD} ", stored)
    assert not passwords.verify("", stored)
    assert PASSWORD not in stored


def test_the_same_password_never_hashes_twice_alike() -> None:
    assert passwords.digest(PASSWORD) != passwords.digest(PASSWORD)


def test_the_hash_is_scrypt_as_the_standard_has_it() -> None:
    """RFC 7914, section 12: password "pleaseletmein", salt "SodiumChloride", N=16384, r=8, p=1; first 32 bytes."""
    key = bytes.fromhex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    import base64

    salt = base64.b64encode(b"SodiumChloride").decode()
    assert passwords.verify("pleaseletmein", f"scrypt$16384$8$1${salt}${base64.b64encode(key).decode()}")


def test_nobody_has_the_password_of_nobody() -> None:
    assert not passwords.verify("", passwords.NOBODY)


def test_made_passwords_are_long_enough_and_never_the_same() -> None:
    made = {passwords.generate() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        passwords.check_strength(password)


def test_people_come_change_and_go(accounts: Accounts) -> None:
    accounts.add("anna", ["managers", "managers"], PASSWORD)
    first = accounts.read()["anna"]
    assert first.groups == ("managers",)
    accounts.set_groups("anna", ["operators", "researchers"])
    assert accounts.read()["anna"].groups == ("researchers", "operators")
    assert accounts.read()["anna"].changed == first.changed
    accounts.set_password("anna", "another long password")
    assert accounts.read()["anna"].changed != first.changed
    accounts.remove("anna")
    assert accounts.read() == {}


def test_the_file_is_its_owners_alone_and_holds_no_password(accounts: Accounts, tmp_path: Path) -> None:
    accounts.add("anna", ["managers"], PASSWORD)
    file = tmp_path / "hub" / "people.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in file.read_text()


@pytest.mark.parametrize(
    "name", ["", "Anna", "anna b", "../anna", "anna/", "1anna", "a" * 33, "änne", "anna\n", "-anna"]
)
def test_only_plain_names_are_names(accounts: Accounts, name: str) -> None:
    with pytest.raises(InputError, match="cannot be a log-in name"):
        accounts.add(name, ["managers"], PASSWORD)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"people": {"anna": {}}}', '{"people": {"anna": {"groups": ["kings"]}}}']
)
def test_a_broken_file_is_named_and_lets_nobody_in(accounts: Accounts, tmp_path: Path, text: str) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "people.json").write_text(text)
    with pytest.raises(ConfigurationError, match=r"people\.json is not a file of people"):
        accounts.read()


def test_two_at_once_lose_nobody(accounts: Accounts, tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(8)]
    threads = [threading.Thread(target=accounts.add, args=(name, ["managers"], PASSWORD)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(json.loads((tmp_path / "hub" / "people.json").read_text())["people"]) == names


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_failures_are_free_and_then_each_wait_is_twice_as_long() -> None:
    clock = Clock()
    throttle = Throttle(3, clock=clock)
    waits = []
    for _ in range(10):
        throttle.failed("anna")
        waits.append(round(throttle.wait("anna")))
    assert waits == [0, 0, 1, 2, 4, 8, 16, 30, 30, 30]
    assert throttle.wait("bob") == 0


def test_waiting_and_succeeding_help() -> None:
    clock = Clock()
    throttle = Throttle(1, clock=clock)
    throttle.failed("anna")
    assert throttle.wait("anna") == 1
    clock.now = 1.0
    assert throttle.wait("anna") == 0
    throttle.failed("anna")
    throttle.succeeded("anna")
    assert throttle.wait("anna") == 0


def test_failures_are_forgotten_after_a_while() -> None:
    clock = Clock()
    throttle = Throttle(1, forget=10, clock=clock)
    for _ in range(3):
        throttle.failed("anna")
    clock.now = 1000.0
    throttle.failed("anna")
    assert throttle.wait("anna") == 1


def test_an_attacker_with_many_names_does_not_fill_the_memory() -> None:
    throttle = Throttle(1)
    for number in range(20_000):
        throttle.failed(str(number))
    assert len(throttle._failures) <= 10_000


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({}, "127.0.0.1"),
        ({"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7"),
        ({"X-Forwarded-For": "made up, 10.0.0.1,192.0.2.7", "X-Real-IP": "10.0.0.1"}, "192.0.2.7"),
    ],
)
def test_an_address_counts_as_our_proxy_saw_it(said: dict[str, str], address: str) -> None:
    from types import SimpleNamespace

    from tornado.httputil import HTTPHeaders

    from hub.config.authenticator import _address

    assert _address(SimpleNamespace(headers=HTTPHeaders(said), remote_ip="127.0.0.1")) == address
