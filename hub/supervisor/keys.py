"""Keys of this installation: made at the first start, kept where only their owner can read them."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from foliohub.errors import ConfigurationError
from hub.config.private import private_folder, write_private


class Keys(BaseModel):
    """What the processes prove to each other who they are with.

    Attributes
    ----------
    cookie_secret, crypt_key : str
        Of the hub: 32 bytes each, as hexadecimal digits.
    proxy : str
        What the proxy's own API asks for.
    services : dict of str to str
        The token of each service.
    """

    model_config = ConfigDict(frozen=True)

    cookie_secret: str
    crypt_key: str
    proxy: str
    services: dict[str, str]

    @property
    def all(self) -> tuple[str, ...]:
        """Every one of them: what no log may show."""
        return (self.cookie_secret, self.crypt_key, self.proxy, *self.services.values())


def load_keys(folder: Path, services: tuple[str, ...]) -> Keys:
    """Read the keys; make those that are not there yet.

    Raises
    ------
    ConfigurationError
        If the file is not what this function writes.
    """
    path = private_folder(folder) / "keys.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = {}
    except ValueError:
        raise _unreadable(path) from None
    try:
        keys = Keys(
            cookie_secret=known.get("cookie_secret") or secrets.token_hex(32),
            crypt_key=known.get("crypt_key") or secrets.token_hex(32),
            proxy=known.get("proxy") or secrets.token_hex(32),
            services={name: secrets.token_hex(32) for name in services} | known.get("services", {}),
        )
    except (ValidationError, TypeError, AttributeError):
        raise _unreadable(path) from None
    if keys.model_dump() != known:
        write_private(path, keys.model_dump_json(indent=1))
    return keys


def _unreadable(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} does not hold the keys of this installation.",
        remedy="Move it away: new ones are made, and everybody logs in again.",
    )
