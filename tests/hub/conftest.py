"""One live platform for all tests here: see `tests/hub/live.py`."""

from __future__ import annotations

from tests.hub.live import hub

__all__ = ["hub"]
