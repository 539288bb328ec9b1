"""Signing documents, and telling whether a document is as it was signed.

Ed25519 over the purpose of a document and the SHA-256 of its content: what is signed as one thing cannot be passed off
as another.

References
----------
Josefsson, S. and Liusvaara, I. (2017). Edwards-Curve Digital Signature Algorithm (EdDSA). RFC 8032.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = "signature"
"""Key of a document under which its signature stands."""

_REMEMBERED = 100_000
"""Of so many signatures it is remembered that they were good; then they are checked anew."""


class Keys(Protocol):
    """Where a seal finds its keys."""

    def private(self) -> Ed25519PrivateKey:
        """The key to sign with; raises :class:`~foliohub.errors.SignatureError` where this process has none."""

    def accepted(self, wanted: str) -> Mapping[str, Ed25519PublicKey]:
        """The public keys whose signatures count, by :func:`key_id`; read again where `wanted` was not among them."""


class Seal:
    """Signs documents and checks them.

    Parameters
    ----------
    keys : Keys
        As :class:`~foliohub.signatures.KeyFiles`; asked when first needed.

    Examples
    --------
    >>> seal = Seal.generate()
    >>> document = seal.signed("example", {"approved": False})
    >>> seal.fault("example", document)
    ''
    >>> seal.fault("example", document | {"approved": True})
    'its signature is not that of its content'
    >>> seal.fault("example", {"approved": True})
    'it carries no signature'
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._good: set[tuple[str, str, str]] = set()

    @classmethod
    def generate(cls) -> Seal:
        """A seal with a key of its own, which is nowhere else: for a store that is nobody else's."""
        return cls(_OwnKeys())

    def prepare(self) -> None:
        """See to it that there is a key, before anybody needs it who could not make one.

        Raises
        ------
        SignatureError
            This process has no key to sign with.
        """
        self._keys.private()

    def sign(self, purpose: str, content_hash: str) -> str:
        """Sign a hash.

        Parameters
        ----------
        purpose : str
            What it is the hash of, as "ledger link".
        content_hash : str
            From :func:`digest`.

        Raises
        ------
        SignatureError
            This process has no key to sign with.
        """
        key = self._keys.private()
        signature = base64.b64encode(key.sign(_message(purpose, content_hash))).decode()
        return f"ed25519:{key_id(key.public_key())}:{signature}"

    def check(self, purpose: str, content_hash: str, signature: object) -> str:
        """What is wrong with the signature of a hash, as the end of a sentence; nothing where it is good."""
        from cryptography.exceptions import InvalidSignature

        if signature is None:
            return "it carries no signature"
        parts = signature.split(":") if isinstance(signature, str) else []
        if len(parts) != 3 or parts[0] != "ed25519":
            return "what it carries is no signature"
        known = (purpose, content_hash, str(signature))
        if known in self._good:
            return ""
        key = self._keys.accepted(parts[1]).get(parts[1])
        if key is None:
            return "it is signed with a key that is not accepted here"
        try:
            key.verify(base64.b64decode(parts[2], validate=True), _message(purpose, content_hash))
        except (InvalidSignature, binascii.Error, ValueError):
            return "its signature is not that of its content"
        if len(self._good) >= _REMEMBERED:
            self._good.clear()
        self._good.add(known)
        return ""

    def signed(self, purpose: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """A document with its signature, which covers everything in it.

        Raises
        ------
        SignatureError
            This process has no key to sign with.
        """
        # As it comes back from a store: a signature that depended on what JSON loses would never be good again.
        plain: dict[str, Any] = json.loads(json.dumps(dict(content)))
        plain.pop(SIGNATURE, None)
        return plain | {SIGNATURE: self.sign(purpose, digest(plain))}

    def fault(self, purpose: str, document: Mapping[str, Any]) -> str:
        """What is wrong with a document's signature, as the end of a sentence; nothing where it is good."""
        try:
            content_hash = digest(unsigned(document))
        except (TypeError, ValueError):
            return "it is no document of ours"
        return self.check(purpose, content_hash, document.get(SIGNATURE))


def unsigned(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without its signature."""
    return {name: value for name, value in document.items() if name != SIGNATURE}


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over JSON in its one form: sorted keys, no blanks, numbers as they are written.

    Examples
    --------
    >>> digest({"b": 1, "a": 0.5}) == digest({"a": 0.5, "b": 1}) != digest({"a": 0.5, "b": 1.0})
    True
    """
    text = json.dumps(dict(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def key_id(key: Ed25519PublicKey) -> str:
    """Name of a public key: the first 16 digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def _message(purpose: str, content_hash: str) -> bytes:
    return f"foliohub {purpose}\n{content_hash}".encode()


class _OwnKeys:
    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._private = Ed25519PrivateKey.generate()

    def private(self) -> Ed25519PrivateKey:
        return self._private

    def accepted(self, wanted: str) -> Mapping[str, Ed25519PublicKey]:  # noqa: ARG002 (there is one)
        public = self._private.public_key()
        return {key_id(public): public}


__all__ = ["SIGNATURE", "Keys", "Seal", "digest", "key_id", "unsigned"]
