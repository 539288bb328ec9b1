"""Passwords: made, hashed with scrypt, checked. No password is ever written down, only its hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from foliohub.errors import InputError

SHORTEST = 12
"""Characters a chosen password has at least; length is what protects it."""

_COST, _BLOCK, _PARALLEL = 2**15, 8, 1  # 32 MB and about 0.1 s a guess
_MEMORY = 2 * 128 * _COST * _BLOCK
_CONSONANTS, _VOWELS = "bdfghjkmnprstvz", "aeiou"


def generate() -> str:
    """Make a password that can be read aloud: ten syllables in five groups.

    Notes
    -----
    Each syllable is one of 15 x 5, so ten hold 62 bits; at a tenth of a second a guess, nobody lives to find it.
    """
    pairs = [secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(10)]
    return "-".join("".join(pairs[start : start + 2]) for start in range(0, 10, 2))


def check_strength(password: str) -> None:
    """Refuse a password that is too short.

    Raises
    ------
    InputError
        Says how long it must be; never repeats it.
    """
    if len(password) < SHORTEST:
        raise InputError(
            f"The password has {len(password)} characters; {SHORTEST} are the fewest.",
            remedy="Choose a longer one: several words are easy to keep in mind.",
        )


def digest(password: str) -> str:
    """Hash a password: ``scrypt$cost$block$parallel$salt$key``."""
    salt = secrets.token_bytes(16)
    key = _derive(password, salt, _COST, _BLOCK, _PARALLEL)
    return "$".join(["scrypt", str(_COST), str(_BLOCK), str(_PARALLEL), _text(salt), _text(key)])


def verify(password: str, stored: str) -> bool:
    """Tell whether a password is the one that was hashed; takes the same time whatever differs."""
    scheme, cost, block, parallel, salt, key = stored.split("$")
    if scheme != "scrypt":
        return False
    found = _derive(password, base64.b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, base64.b64decode(key))


def _derive(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


NOBODY = digest(secrets.token_hex(16))
"""A hash no password has: checked for unknown names, so that they take as long as known ones."""
