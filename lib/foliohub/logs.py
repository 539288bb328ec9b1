"""Structured logging: one line of JSON per event, in Elastic's common schema. Started by entry points only.

On one machine the lines go to files: programs that people call and runs share ``logs/foliohub.jsonl``, a service's go
to where its supervisor keeps what it says. In a container (``FOLIOHUB_LOG=stdout``) everything goes to standard output.
What is audited has a file of its own, ``logs/audit.jsonl``, to which lines are only ever added.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO

from foliohub.audit import LOGGER as AUDIT
from foliohub.redaction import redact, scrub

if TYPE_CHECKING:
    from pathlib import Path

    from foliohub.config import Settings

NAME = "foliohub-log"
"""Name of our handlers: who starts logging twice gets one."""
OF_NOTEBOOK = "notebook.jsonl"
"""File beside an executed notebook that takes its log lines in a container; its run passes them on."""
_bound: ContextVar[Mapping[str, str]] = ContextVar("bound")
_FIELDS = {"run": "foliohub.run.id", "job": "foliohub.job", "request": "foliohub.request.id", "user": "user.name"}
_FIELDS |= {"trace": "trace.id", "http_request": "http.request.id"}


@contextlib.contextmanager
def bind(**fields: str | None) -> Iterator[None]:
    """Say of every line logged in a block whose it is.

    Parameters
    ----------
    **fields : str or None
        Of "run", "job", "request", "user", "trace", "http_request"; None leaves out.
    """
    known = _bound.get({})
    token = _bound.set({**known, **{_FIELDS[name]: value for name, value in fields.items() if value}})
    try:
        yield
    finally:
        _bound.reset(token)


def bound(field: str) -> str:
    """What :func:`bind` said of the lines logged here, as `bound("trace")`; empty where nothing."""
    return _bound.get({}).get(_FIELDS[field], "")


def configure(
    settings: Settings,
    service: str,
    *,
    secrets: Iterable[str] = (),
    everything: bool = False,
    stream: bool = False,
    file: Path | None = None,
) -> None:
    """Start the log of this process.

    A folder that cannot be written to costs the log, not the command: the console still shows what matters.

    Parameters
    ----------
    settings : Settings
        Where to, and whose run this is.
    service : str
        What this process is, as "cli" or "scheduler".
    secrets : iterable of str
        Replaced by asterisks wherever they stand, besides those of the settings.
    everything : bool
        Log what libraries say too, not Foliohub's own alone; for services.
    stream : bool
        Log to standard error instead of the file; for services, whose supervisor keeps what they say.
    file : Path, optional
        Log to this file instead, wherever everybody else does; for notebooks, whose output streams are their cells'.
    """
    logger = logging.getLogger() if everything else logging.getLogger("foliohub")
    if any(handler.get_name() == NAME for handler in logger.handlers):
        return
    formatter = Formatter(service, (*settings.secrets, *secrets), _whose(settings))
    to_stdout = settings.log == "stdout" and file is None
    if to_stdout or stream:
        handler: logging.Handler = logging.StreamHandler(sys.stdout if to_stdout else sys.stderr)
    else:
        handler = _rotated(file or settings.home / "logs" / "foliohub.jsonl")
    handler.set_name(NAME)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    if not everything:
        logger.propagate = False
    audit: logging.Handler = (
        logging.StreamHandler(sys.stdout) if to_stdout else AppendOnly(settings.home / "logs" / "audit.jsonl")
    )
    audit.setFormatter(formatter)
    AUDIT.handlers = [audit]
    AUDIT.propagate = False


def _whose(settings: Settings) -> dict[str, str]:
    said = {"run": settings.run_id, "request": settings.request, "trace": settings.trace, "user": settings.started_by}
    return {_FIELDS[name]: value for name, value in said.items() if value}


def _rotated(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(path, maxBytes=10_000_000, backupCount=5, delay=True)
    except OSError:
        return logging.NullHandler()


class Formatter(logging.Formatter):
    """One line of ECS JSON for each record, without secrets: in its text, its fields, its error and its traceback.

    Parameters
    ----------
    service : str
    secrets : tuple of str
    fields : mapping of str to str
        Of every line, by ECS name, unless the line says otherwise.
    """

    def __init__(self, service: str, secrets: tuple[str, ...] = (), fields: Mapping[str, str] | None = None) -> None:
        import ecs_logging

        super().__init__()
        fixed = {"service.name": f"foliohub-{service}", "event.dataset": f"foliohub.{service}"}
        self._fields = fixed | dict(fields or {})
        self._secrets = tuple(sorted({secret for secret in secrets if secret}, key=len, reverse=True))
        exclude = ("log.original", "log.origin.file.line", "process.name", "process.thread")
        self._ecs = ecs_logging.StdlibFormatter(exclude_fields=exclude)

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said = logging.makeLogRecord(record.__dict__)
        for name, value in (self._fields | dict(_bound.get({}))).items():
            said.__dict__.setdefault(name, value)
        told = self._clean(self._ecs.format_to_ecs(said))
        # In this order, by which our lines are known again, and read more easily.
        first = {name: told[name] for name in ("@timestamp", "message") if name in told}
        return json.dumps(first | told, ensure_ascii=False)

    def _clean(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {redact(str(key), self._secrets): self._clean(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(part) for part in value]
        if value is None or isinstance(value, bool | int | float):
            return str(value) if isinstance(value, float) and not math.isfinite(value) else value
        return redact(str(value), self._secrets)


class AppendOnly(logging.Handler):
    """Adds lines to a file in one piece each, so that processes do not mix theirs, and never changes what is there.

    Parameters
    ----------
    path : Path
        Readable by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line; that it could not be is said on standard error."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            line = f"{self.format(record)}\n".encode("utf-8", "replace")
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            self.handleError(record)


def is_ours(line: str) -> bool:
    """Whether a line is one that :class:`Formatter` made."""
    return line.startswith('{"@timestamp": "') and line.endswith("}")


def forward(line: str, stream: TextIO) -> None:
    """Pass a line of ours, that a child process wrote, on to a stream; anything else is not passed on."""
    if is_ours(line.rstrip("\n")) and line.endswith("\n"):
        stream.write(line)
        stream.flush()


def forward_file(path: Path, stream: TextIO) -> None:
    """Pass on the lines of a file that a child process has written; none is no fault."""
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
            forward(line, stream)


__all__ = [
    "OF_NOTEBOOK",
    "AppendOnly",
    "Formatter",
    "bind",
    "bound",
    "configure",
    "forward",
    "forward_file",
    "is_ours",
    "scrub",
]
