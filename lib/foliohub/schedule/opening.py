"""Opening the requests that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foliohub.runs.opening import open_seal, open_store
from foliohub.schedule.requests import Requests

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.data.store import Store


def open_requests(settings: Settings, store: Store | None = None) -> Requests:
    """The requests of the settings' store, which may be open already, with the installation's seal."""
    return Requests(store or open_store(settings), open_seal(settings))
