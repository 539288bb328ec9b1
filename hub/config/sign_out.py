"""Signing out ends a log-in for good: a copy of its cookie, wherever it got to, opens nothing afterwards."""

from __future__ import annotations

from jupyterhub.handlers.login import LogoutHandler
from jupyterhub.orm import new_token


class SignOutHandler(LogoutHandler):  # type: ignore[misc]  # JupyterHub is not typed
    """JupyterHub's, which only asks the browser to forget its cookie; the cookie itself would stay good for 14 days.

    All cookies of a person hold the same secret, so that signing out in one browser ends their log-ins in all others.
    """

    async def handle_logout(self) -> None:
        """Give the person another secret."""
        user = self.current_user
        if user is not None:
            user.orm_user.cookie_id = new_token()
            self.db.commit()
