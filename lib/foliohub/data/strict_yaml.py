"""YAML files that people write: read strictly."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from foliohub.errors import ConfigurationError


def read_yaml(file: Path) -> dict[str, Any]:
    """Read a YAML file of keys and values.

    Raises
    ------
    ConfigurationError
        It cannot be read, is no YAML, holds a key twice, or something other than keys and values.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.", remedy="Make it readable.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # ValueError: bytes that are no text, and 2022-13-45, which looks like a date.
        raise ConfigurationError(
            f"{file} is no YAML file: {' '.join(str(error).split())}.",
            remedy="Correct it; put texts in quotes that look like dates or numbers.",
        ) from error
    if not isinstance(content, dict):
        raise ConfigurationError(
            f"{file} holds {'nothing' if content is None else f'a {type(content).__name__}'}, not keys and values.",
            remedy="The files that are shipped show how it is written.",
        )
    return content


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error instead of a silent loss."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


__all__ = ["read_yaml"]
