"""Where people land after logging in: each role on the page it came for."""

from __future__ import annotations

from typing import Any


def landing_page(handler: Any) -> str:
    """Path of the first page for whoever is logged in; empty for nobody, which leads to the log-in page.

    Notes
    -----
    Who may have a server goes to JupyterLab; who may not goes to the dashboards, or, where those are not installed, to
    the hub's own page.
    """
    user = handler.current_user
    if user is None:
        return ""
    base = handler.hub.base_url  # ends in hub/
    groups = {group.name for group in user.groups}
    if "researchers" in groups:
        return f"{base}spawn" if not user.spawner.active else str(user.url)
    if "dashboards" in handler.services:
        return str(handler.services["dashboards"].prefix)
    return f"{base}admin" if "operators" in groups else f"{base}home"
