"""The bucket of a store on S3, beside what ArcticDB keeps in it: small objects, written on conditions.

What lies here bears the prefix ``foliohub/`` below the store's own. This is the only module that speaks to S3 itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from foliohub.data.addresses import Address
from foliohub.data.explanations import explain
from foliohub.errors import StoreError, StoreUnavailableError

_FOLDER = "foliohub/"
_CONNECT_SECONDS = 3.0
_READ_SECONDS = 10.0
_UNMET = frozenset({404, 409, 412})
"""Statuses of a write whose condition does not hold: nothing there, somebody else at the same moment, another one."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object.

    Attributes
    ----------
    body : bytes
    tag : str
        Its ETag, which every write changes.
    age : float
        Seconds since it was written, by the server's clock alone.
    """

    body: bytes
    tag: str
    age: float


class Bucket:
    """Objects beside an S3 store.

    Parameters
    ----------
    address : Address
        Of scheme "s3" or "s3s"; gives the endpoint, the bucket, the prefix and the credentials.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._name = address.location.partition(":")[2]
        prefix = address.value("path_prefix").strip("/")
        self._prefix = f"{prefix}/{_FOLDER}" if prefix else _FOLDER
        self._opening = threading.Lock()
        self._client: Any = None

    def get(self, key: str) -> Found | None:
        """Read an object; None where there is none."""
        with self._guard(f"cannot read {key}"):
            try:
                answer = self._s3.get_object(**self._at(key))
                body: bytes = answer["Body"].read()
            except self._s3.exceptions.NoSuchKey:
                return None
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        age = (parsedate_to_datetime(said) - answer["LastModified"]).total_seconds() if said else 0.0
        return Found(body, answer["ETag"], age)

    def size(self, key: str) -> int | None:
        """Bytes of an object; None where there is none."""
        from botocore.exceptions import ClientError

        with self._guard(f"cannot read {key}"):
            try:
                return int(self._s3.head_object(**self._at(key))["ContentLength"])
            except ClientError as error:
                if _status(error) == 404:
                    return None
                raise

    def place(self, key: str) -> str:
        """Where an object lies, as S3's own tools write it."""
        return f"s3://{self._name}/{self._prefix}{key}"

    def put(self, key: str, body: bytes, *, kind: str = "application/octet-stream") -> str:
        """Write an object, whole or not at all, whatever was there; its tag."""
        with self._guard(f"cannot write {key}"):
            tag: str = self._s3.put_object(**self._at(key), Body=body, ContentType=kind)["ETag"]
        return tag

    def put_new(self, key: str, body: bytes) -> str | None:
        """Write an object where there is none; its tag, or None where there is one."""
        return self._put_if(key, body, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, tag: str) -> str | None:
        """Write an object in the place of the one with that tag; the new tag, or None where there is no such one."""
        return self._put_if(key, body, IfMatch=tag)

    def delete(self, key: str) -> None:
        """Remove an object; none of that key is no error."""
        with self._guard(f"cannot remove {key}"):
            self._s3.delete_object(**self._at(key))

    def delete_if(self, key: str, tag: str) -> bool:
        """Remove the object with that tag; whether there was one. Servers that know no such condition remove any."""
        return self._unless_unmet(f"cannot remove {key}", self._s3.delete_object, **self._at(key), IfMatch=tag) != {}

    def keys(self, prefix: str = "") -> list[str]:
        """Keys of all objects that start with a prefix, sorted."""
        with self._guard(f"cannot be listed at {prefix}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=self._prefix + prefix)
            return sorted(each["Key"].removeprefix(self._prefix) for page in pages for each in page.get("Contents", ()))

    def _put_if(self, key: str, body: bytes, **condition: str) -> str | None:
        done = self._unless_unmet(f"cannot write {key}", self._s3.put_object, **self._at(key), Body=body, **condition)
        return done.get("ETag")

    def _unless_unmet(self, what: str, call: Any, **arguments: Any) -> dict[str, Any]:
        """What the server answers; nothing where it says that the condition does not hold."""
        from botocore.exceptions import ClientError

        with self._guard(what):
            try:
                answer: dict[str, Any] = call(**arguments)
            except ClientError as error:
                if _status(error) in _UNMET and error.response["Error"].get("Code") != "NoSuchBucket":
                    return {}
                raise
        return answer

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._name, "Key": self._prefix + key}

    @property
    def _s3(self) -> Any:
        with self._opening:
            if self._client is None:
                self._client = _connect(self.address)
        return self._client

    @contextmanager
    def _guard(self, what: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, OSError) as error:
            text = self.address.scrub(str(error))
            passing = not isinstance(error, ClientError) or _status(error) >= 500 or _status(error) == 429
            reason, remedy = explain(text)
            kind = StoreUnavailableError if passing else StoreError
            # Not chained: the original may hold the credentials, and a traceback would show them.
            raise kind(f"The store {self.address.shown} {what}: {reason}.", remedy=remedy) from None


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _connect(address: Address) -> Any:
    import boto3
    from botocore.config import Config

    host, port = address.location.partition(":")[0], address.value("port")
    scheme = "https" if address.scheme == "s3s" else "http"
    virtual = address.value("use_virtual_addressing").lower() in ("1", "t", "true", "y", "yes", "on")
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 2, "mode": "standard"},
        s3={"addressing_style": "virtual" if virtual else "path"},
        # Newer checksums are for Amazon's own servers; others refuse what they do not know.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    own = address.value("aws_auth").lower() in ("", "0", "f", "false", "n", "no", "off")
    session = boto3.session.Session(profile_name=address.value("aws_profile") or None)
    return session.client(
        "s3",
        endpoint_url=f"{scheme}://{host}" + (f":{port}" if port else ""),
        region_name=address.value("region") or "us-east-1",
        # Otherwise they are the machine's own: from its environment, its profile or its role.
        aws_access_key_id=address.value("access") if own else None,
        aws_secret_access_key=address.value("secret") if own else None,
        verify=address.value("CA_cert_path") or None,
        config=config,
    )


_buckets: dict[tuple[int, str], Bucket] = {}


def bucket_of(address: Address) -> Bucket | None:
    """The bucket beside a store on S3, the same one for whoever asks in this process; None beside any other."""
    if address.scheme not in ("s3", "s3s"):
        return None
    return _buckets.setdefault((os.getpid(), address.uri), Bucket(address))
