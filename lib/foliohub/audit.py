"""Who did what, for good: log-ins, decisions, runs, writes. Each becomes one line of the dataset ``foliohub.audit``.

Wherever something is done that somebody may ask about later, it is recorded here; an entry point's log
(`foliohub.logs.configure`) says where the lines go. Without one, as in a script, they go nowhere.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

LOGGER = logging.getLogger("foliohub.audit")
LOGGER.setLevel(logging.INFO)

Outcome = Literal["success", "failure", "unknown"]
_CATEGORIES = {
    "log-in": "authentication",
    "log-out": "authentication",
    "user": "iam",
    "data": "database",
    "keys": "configuration",
}


def record(action: str, *, user: str | None = None, outcome: Outcome = "success", **details: Any) -> None:
    """Record what somebody did.

    Parameters
    ----------
    action : str
        As "proposal-approved": a thing, and what became of it.
    user : str, optional
        Who did it; where None, whoever the process works for.
    outcome : {"success", "failure", "unknown"}
    **details : Any
        As ``proposal="sample.2022-12-28.1"``: fields of ``foliohub.audit``. Never a secret.
    """
    category = next((found for start, found in _CATEGORIES.items() if action.startswith(start)), "process")
    fields: dict[str, Any] = {
        "event.dataset": "foliohub.audit",
        "event.kind": "event",
        "event.action": action,
        "event.outcome": outcome,
        "event.category": [category],
    }
    if user:
        fields["user.name"] = user
    if address := details.pop("address", None):
        fields["source.ip"] = address
    fields |= {f"foliohub.audit.{name}": value for name, value in details.items() if value is not None}
    told = ", ".join(f"{name} {value}" for name, value in details.items() if value is not None)
    LOGGER.info("%s%s%s", action, f" by {user}" if user else "", f": {told}" if told else "", extra=fields)


@contextmanager
def attempt(action: str, *, user: str | None = None, **details: Any) -> Iterator[None]:
    """Record what somebody does in a block: as a failure, with its kind, where the block raises."""
    try:
        yield
    except Exception as error:
        record(action, user=user, outcome="failure", error=type(error).__name__, **details)
        raise
    record(action, user=user, **details)


__all__ = ["LOGGER", "Outcome", "attempt", "record"]
