"""The hub's own log, as lines of JSON, and who logged in, for the audit log, whoever checks passwords."""

from __future__ import annotations

import logging
from typing import Any

from foliohub import audit, logs
from hub.service_logs import environment_secrets

_LOG_INS = {"User logged in: %s": "success", "Failed login for %r": "failure"}
_LOG_OUT = "User logged out: %s"


def configure_logs(c: Any) -> None:
    """Have the hub write what the platform's other parts write, once it starts its log."""
    c.JupyterHub.logging_config = {
        "formatters": {"console": {"()": "hub.config.logs.hub_formatter"}},
        "filters": {"audit": {"()": "hub.config.logs.LogIns"}},
        "handlers": {"console": {"filters": ["audit"]}},
    }


def hub_formatter(**_: Any) -> logs.Formatter:
    """The formatter of the hub's lines; made by `logging` from its name, when the hub starts its log."""
    from foliohub.config import load_settings

    settings = load_settings()
    logs.configure(settings, "hub", secrets=environment_secrets(), stream=True)  # what our own modules say, and audit
    return logs.Formatter("hub", (*settings.secrets, *environment_secrets()))


class LogIns(logging.Filter):
    """Records log-ins where the hub logs them: JupyterHub calls nobody when one fails."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        if record.msg in _LOG_INS and record.args:
            audit.record("log-in", user=_name(record), outcome=_outcome(record))
        elif record.msg == _LOG_OUT and record.args:
            audit.record("log-out", user=_name(record))
        return True


def _name(record: logging.LogRecord) -> str:
    return str(record.args[0])[:100] if isinstance(record.args, tuple) else str(record.args)[:100]


def _outcome(record: logging.LogRecord) -> audit.Outcome:
    return "success" if _LOG_INS[record.msg] == "success" else "failure"


__all__ = ["LogIns", "configure_logs", "hub_formatter"]
