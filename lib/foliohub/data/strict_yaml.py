"""YAML files that people write: read strictly."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

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


def names_in(folders: Sequence[Path]) -> tuple[str, ...]:
    """Names of the YAML files in folders, without ``.yaml``, sorted."""
    return tuple(sorted({file.stem for folder in folders for file in Path(folder).glob("*.yaml")}))


def find_named(name: str, folders: Sequence[Path]) -> Path | None:
    """The YAML file of a name in the first folder that has one; None where none does, or it is no mere name."""
    files = (Path(folder) / f"{name}.yaml" for folder in folders)
    return next((file for file in files if Path(name).name == name and file.is_file()), None)


def first_complaint(error: ValidationError) -> tuple[str, str, str]:
    """The first thing wrong: where it stands ("" for the whole), what is wrong, and " (received …)" or nothing."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    received = "" if first["type"] in ("missing", "value_error") else f" (received {first['input']!r})"
    return where, first["msg"].removeprefix("Value error, "), received


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error instead of a silent loss."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


__all__ = ["find_named", "first_complaint", "names_in", "read_yaml"]
