"""The keys of an installation as files: one private key, and a folder of public keys whose signatures count.

The private key is made once, by whoever first needs it and may write it. Its folder is closed to researchers' programs,
that of the public keys is open to them for reading. A new private key takes the place of one that is moved away, and
joins its public key to the folder: what was signed before still counts, until somebody takes the old public key out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from typing import TYPE_CHECKING

from foliohub.errors import ConfigurationError, SignatureError
from foliohub.signatures.seal import key_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_MOST = 64
"""More public keys than this are no key rotation."""


class KeyFiles:
    """See the module.

    Parameters
    ----------
    private : Path
        File of the private key: PEM, PKCS #8, not encrypted, mode 0600. On Kubernetes a mounted Secret.
    accepted : Path
        Folder of public keys: PEM, ``<key id>.pem``.
    """

    def __init__(self, private: Path, accepted: Path) -> None:
        self._file = private
        self._folder = accepted
        self._private: Ed25519PrivateKey | None = None
        self._accepted: dict[str, Ed25519PublicKey] = {}

    def private(self) -> Ed25519PrivateKey:
        """The private key; made where there is none yet.

        Raises
        ------
        SignatureError
            This process may not read it, as researchers' programs may not.
        ConfigurationError
            The file holds something else.
        """
        if self._private is None:
            try:
                text = self._read_or_make()
            except OSError as error:
                raise self._no_access(error) from None
            self._private = _parse_private(text, self._file)
            self._join(self._private.public_key())
        return self._private

    def accepted(self, wanted: str = "") -> Mapping[str, Ed25519PublicKey]:
        """The public keys whose signatures count, by id; the folder is read again where `wanted` was not in it."""
        if wanted not in self._accepted:
            self._accepted = self._read_folder()
            if not self._accepted:  # of a new installation, if this process may make its key
                with contextlib.suppress(SignatureError):
                    self.private()
            if self._private is not None:
                public = self._private.public_key()
                self._accepted[key_id(public)] = public
        return self._accepted

    def _no_access(self, error: OSError) -> SignatureError:
        confined = error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}  # the last in a researcher's pod
        return SignatureError(
            "This session cannot sign what it would write: it has no access to the installation's key "
            f"({error.strerror or error}).",
            remedy="From a notebook, ask the platform instead: for a run with `foliohub.client` or on the page of the "
            "jobs, for a decision on the page of the proposal."
            if confined
            else f"Make {self._file.parent} a folder that can be written, or set FOLIOHUB_SIGNING_KEY.",
        )

    def _read_or_make(self) -> bytes:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            pass
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(prefix=".signing-", dir=self._file.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_new_private())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # somebody else was first: theirs counts
                os.link(name, self._file)
        finally:
            os.unlink(name)  # noqa: PTH108 (the name mkstemp gave)
        return self._file.read_bytes()

    def _join(self, public: Ed25519PublicKey) -> None:
        """See to it that the public key lies in the folder; where that is mounted, whoever mounts it does."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        path = self._folder / f"{key_id(public)}.pem"
        with contextlib.suppress(OSError):
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o755)
                text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
                with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
                    file.write(text)
                os.chmod(file.name, 0o644)  # noqa: PTH101 (public)
                os.replace(file.name, path)  # noqa: PTH105
        self._accepted[key_id(public)] = public

    def _read_folder(self) -> dict[str, Ed25519PublicKey]:
        try:
            files = sorted(self._folder.glob("*.pem"))[:_MOST]
        except OSError:
            return {}
        return {key_id(key): key for key in (_parse_public(file) for file in files)}


def _new_private() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _parse_private(text: bytes, file: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(
            f"{file} does not hold an Ed25519 key in PEM (PKCS #8, not encrypted).",
            remedy="Move it away: a new key is made, and what the old one signed still counts. Or make one with "
            "`openssl genpkey -algorithm ed25519`.",
        )
    return key


def _parse_public(file: Path) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(
            f"{file} does not hold an Ed25519 public key in PEM.", remedy="Take it out of the folder of accepted keys."
        )
    return key


__all__ = ["KeyFiles"]
