"""Signatures: what one key signed for one purpose counts for that alone; keys are made once and kept from others."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foliohub.errors import ConfigurationError, SignatureError
from foliohub.signatures import KeyFiles, Seal, digest

CONTENT = {"job": "daily-ingest", "number": 1, "share": 0.5, "note": "ß\ud800"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def seal(folder: Path) -> Seal:
    return Seal(KeyFiles(folder / "keys" / "signing.pem", folder / "accepted"))


def test_what_is_signed_is_good_in_every_process_that_has_the_public_key(folder):
    signed = seal(folder).signed("request", CONTENT)
    (folder / "keys" / "signing.pem").unlink()
    (folder / "keys").rmdir()
    (folder / "keys").write_text("no folder: nobody can make a key here")
    assert seal(folder).fault("request", signed) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"number": "1"},
        {"more": None},
        {"share": 0.25},
        {"signature": None},
        {"signature": "ed25519:a:b"},
    ],
)
def test_any_change_is_noticed(folder, change):
    sealed = seal(folder)
    signed = sealed.signed("request", CONTENT)
    assert sealed.fault("request", signed) == ""
    assert sealed.fault("request", signed | change)


def test_a_signature_counts_for_its_purpose_alone(folder):
    sealed = seal(folder)
    assert sealed.fault("ledger link", sealed.signed("request", CONTENT)) == "its signature is not that of its content"


def test_a_stranger_key_is_not_accepted(folder):
    assert "not accepted" in seal(folder).fault("request", Seal.generate().signed("request", CONTENT))


def test_the_private_key_is_its_owners_alone_and_the_public_one_everybodys_to_read(folder):
    seal(folder).signed("request", CONTENT)
    private = folder / "keys" / "signing.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in private.parent.iterdir()) == ["signing.pem"]
    (public,) = (folder / "accepted").iterdir()
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert b"PRIVATE" not in public.read_bytes()


def test_of_many_who_need_a_key_first_one_makes_it(folder):
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda _: seal(folder).signed("request", CONTENT), range(24)))
    assert len({document["signature"] for document in signed}) == 1
    assert len(list((folder / "accepted").iterdir())) == 1


def test_after_a_new_key_what_the_old_one_signed_counts_until_it_is_taken_out(folder):
    before = seal(folder)
    old = before.signed("request", CONTENT)
    (folder / "keys" / "signing.pem").rename(folder / "old.pem")
    new = seal(folder).signed("request", CONTENT)
    assert old["signature"] != new["signature"]
    for reader in (before, seal(folder)):  # also one that was opened before
        assert reader.fault("request", old) == reader.fault("request", new) == ""
    (folder / "accepted" / f"{old['signature'].split(':')[1]}.pem").unlink()
    assert "not accepted" in seal(folder).fault("request", old)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_who_may_not_read_the_key_cannot_sign_and_is_told_what_to_do(folder):
    made = seal(folder).signed("request", CONTENT)
    (folder / "keys").chmod(0)
    try:
        assert_cannot_sign(folder, made)
    finally:
        (folder / "keys").chmod(0o700)


def test_who_may_not_open_the_key_is_told_whom_to_ask(folder, monkeypatch):
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    made = seal(folder).signed("request", CONTENT)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda path: refuse(path) if path.name == "signing.pem" else b"")
    with pytest.raises(SignatureError, match="ask the platform instead"):
        seal(folder).signed("request", CONTENT)
    monkeypatch.undo()
    assert seal(folder).fault("request", made) == ""


def test_who_cannot_make_a_key_cannot_sign_and_accepts_nothing(folder):
    (folder / "keys").write_text("no folder")
    with pytest.raises(SignatureError, match="set FOLIOHUB_SIGNING_KEY"):
        seal(folder).signed("request", CONTENT)
    assert "not accepted" in seal(folder).fault("request", Seal.generate().signed("request", CONTENT))


@pytest.mark.parametrize("text", ["", "secret-text", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_holds_no_key_is_named_and_never_shown(folder, text):
    (folder / "keys").mkdir()
    (folder / "keys" / "signing.pem").write_text(text)
    with pytest.raises(ConfigurationError, match=r"signing\.pem does not hold an Ed25519 key") as caught:
        seal(folder).signed("request", CONTENT)
    assert "secret-text" not in str(caught.value)
    (folder / "accepted").mkdir()
    (folder / "accepted" / "x.pem").write_text("secret-text")
    with pytest.raises(ConfigurationError, match=r"x\.pem does not hold"):
        seal(folder).fault("request", Seal.generate().signed("request", CONTENT))


def test_a_digest_does_not_depend_on_order():
    assert digest({"b": [1], "a": 0.5}) == digest({"a": 0.5, "b": [1]}) != digest({"a": 0.5, "b": [1.0]})


def assert_cannot_sign(folder: Path, made: dict[str, object]) -> None:
    with pytest.raises(SignatureError, match="ask the platform instead"):
        seal(folder).signed("request", CONTENT)
    assert seal(folder).fault("request", made) == ""
