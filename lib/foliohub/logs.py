"""Structured logging: one line of JSON per event, in Elastic's common schema. Called by entry points only."""

from __future__ import annotations

import logging
import logging.handlers
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def configure(folder: Path, secrets: tuple[str, ...] = ()) -> None:
    """Write the package's log to `folder`/foliohub.jsonl, rotated at 10 MB; secrets are replaced by asterisks.

    A folder that cannot be written to costs the log, not the command: the console still shows what matters.
    """
    import ecs_logging

    logger = logging.getLogger("foliohub")
    if any(isinstance(handler, logging.FileHandler) for handler in logger.handlers):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / "foliohub.jsonl", maxBytes=10_000_000, backupCount=5, delay=True
        )
    except OSError:
        logger.addHandler(logging.NullHandler())
        return
    handler.setFormatter(ecs_logging.StdlibFormatter())
    handler.addFilter(_Scrubber(secrets))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """Replace every secret in a text by asterisks."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


class _Scrubber(logging.Filter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrub(record.getMessage(), self._secrets)
        record.args = ()
        return True
