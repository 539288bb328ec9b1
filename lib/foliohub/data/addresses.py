"""A store's address: what may be shown of it, what is secret in it, and whether anything is there to be reached."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from foliohub.data.lmdb_files import check_database
from foliohub.errors import StoreError, StoreUnavailableError

SCHEMES = ("lmdb", "mem", "s3", "s3s", "azure", "gcpxml")

_MAP_SIZE = "128GB"
"""Room an LMDB database may grow to: address space, not disk; the file is as long as its content."""

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}

_HARMLESS = frozenset({"port", "region", "path_prefix", "use_virtual_addressing", "ssl", "aws_auth", "map_size"})
"""Parameters of a URI that may be shown. Any other value is treated as a secret, a misspelt key's as well."""

_BUCKET = re.compile(r"[^:/?]+:[-_a-zA-Z0-9.]+(\?.*)?")
_SECONDS_TO_CONNECT = 5.0


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A parsed ArcticDB URI.

    Parameters
    ----------
    scheme : str
        One of :data:`SCHEMES`.
    location : str
        What stands between the scheme and the question mark.
    query : str
        What stands behind it.
    """

    scheme: str
    location: str
    query: str

    @classmethod
    def parse(cls, uri: str) -> Address:
        """Take a URI apart.

        Raises
        ------
        StoreError
            It is no URI of a store; what might be secret in it is not repeated.

        Examples
        --------
        >>> Address.parse("s3://host:bucket?access=me&secret=hush&region=x").shown
        's3://host:bucket?access=***&secret=***&region=x'
        """
        scheme, separator, rest = uri.partition("://")
        if not separator or scheme not in SCHEMES:
            shown = scheme if separator else "the text given"
            known = ", ".join(f"{known}://" for known in SCHEMES)
            raise StoreError(
                f"A store's URI starts with one of {known}, not with {shown!r}.",
                remedy="As in lmdb:///srv/foliohub/store.",
            )
        location, _, query = rest.partition("?")
        if not location:
            raise StoreError(f"The store's URI {scheme}:// names no place.", remedy="As in lmdb:///srv/foliohub/store.")
        address = cls(scheme, location, query)
        if scheme in ("s3", "s3s", "gcpxml") and not _BUCKET.fullmatch(rest):
            raise StoreError(
                f"{address.shown} names no endpoint and bucket.",
                remedy=f"Write {scheme}://ENDPOINT:BUCKET?region=…&access=…&secret=…",
            )
        return address

    @property
    def uri(self) -> str:
        """The whole URI, secrets included, as ArcticDB wants it; never show it."""
        query = self.query
        if self.scheme == "lmdb" and "map_size=" not in query:
            query = f"map_size={_MAP_SIZE}" + (f"&{query}" if query else "")
        location = str(self.folder) if self.folder else self.location
        return f"{self.scheme}://{location}" + (f"?{query}" if query else "")

    @property
    def folder(self) -> Path | None:
        """Folder of an LMDB database; None for what lies elsewhere."""
        return Path(self.location).absolute() if self.scheme == "lmdb" else None

    @property
    def map_size(self) -> int:
        """Bytes each file of an LMDB database may grow to; 0 for what is none, or given in a form that is none."""
        found = re.search(r"[?;&]map_size=(\d+)([KMGT]B)(?:[;&]|$)", self.uri) if self.folder else None
        return int(found[1]) * _UNITS[found[2]] if found else 0

    @property
    def shown(self) -> str:
        """The URI without its secrets."""
        if self.scheme == "azure":
            return "azure://***"
        pairs = [
            pair if pair.partition("=")[0] in _HARMLESS else f"{pair.partition('=')[0]}=***"
            for pair in re.split("[;&]", self.query)
            if pair
        ]
        return f"{self.scheme}://{self.location}" + (f"?{'&'.join(pairs)}" if pairs else "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may contain."""
        text = self.location if self.scheme == "azure" else self.query
        pairs = [pair.partition("=") for pair in re.split("[;&]", text)]
        return tuple(value for key, _, value in pairs if value and key not in _HARMLESS)

    def value(self, key: str) -> str:
        """The parameter of that name; empty where there is none.

        Examples
        --------
        >>> Address.parse("s3://host:bucket?port=9000&region=x").value("port")
        '9000'
        """
        pairs = (pair.partition("=") for pair in re.split("[;&]", self.query))
        return next((value for name, _, value in pairs if name == key), "")

    def scrub(self, text: str) -> str:
        """The text with every secret of this address struck out."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"

    def check(self) -> None:
        """Find out, before ArcticDB tries, what it would take long over or crash on.

        Raises
        ------
        StoreError
            A folder that cannot be written, a broken database file, a server that does not answer.
        """
        if self.folder:
            _check_folder(self.folder)
            check_database(self.folder)
        elif self.scheme in ("s3", "s3s"):
            self._check_server()

    def _check_server(self) -> None:
        if any(name in os.environ for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")):
            return  # the way to the server is the proxy's business
        host = self.location.partition(":")[0]
        given = self.value("port")
        port = int(given) if given.isdecimal() else 443 if self.scheme == "s3s" else 80
        try:
            socket.create_connection((host, port), timeout=_SECONDS_TO_CONNECT).close()
        except OSError as error:
            raise StoreUnavailableError(
                f"The S3 server {host}:{port} of the store does not answer ({error.strerror or error}).",
                remedy="Check the address, the network and whether the server runs.",
            ) from error


def _check_folder(folder: Path) -> None:
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise StoreError(f"The store cannot lie in {folder}: {existing} is a file.", remedy="Name a folder.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise StoreError(
            f"The store's folder {folder} cannot be written: no permission in {existing}. Its database, LMDB, keeps a "
            "lock file there and is opened for writing even to read.",
            remedy="Make it writable, or put the store elsewhere (FOLIOHUB_HOME); to read it only, copy the folder "
            "while nobody writes to it, and open the copy.",
        )
