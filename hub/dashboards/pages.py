"""Pages as people ask for them, and what they see where there is none."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import iostream, web

from foliohub.dashboards import kit
from hub.dashboards.kernels import FullError

if TYPE_CHECKING:
    from hub.dashboards.app import Dashboards
    from hub.dashboards.prepared import Prepared
    from hub.dashboards.telemetry import Outcome

_log = logging.getLogger(__name__)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_EXPLANATIONS = {
    403: ("You may not see this", "Your account has no access to dashboards.", "Ask your operator for it."),
    404: ("There is no such page", "No dashboard has this address.", "The navigation above leads to all there are."),
    503: ("All seats are taken", "As many people are looking at dashboards as this machine can serve.", ""),
}
_UNFORESEEN = (
    "This page cannot be shown",
    "Something went wrong that we did not foresee.",
    "Load the page again. If it stays, tell your operator: the service's log has the reason.",
)


class FramedHandler(JupyterHandler):
    """Headers and error pages of everything people see."""

    @property
    def dashboards(self) -> Dashboards:
        """The application."""
        app: Dashboards = self.settings["dashboards"]
        return app

    @property
    def content_security_policy(self) -> str:
        """Scripts come from here alone; nothing may frame a page."""
        return _POLICY

    def set_default_headers(self) -> None:
        """Nothing is kept by browsers or proxies: every view reads again."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        if self.dashboards.readiness.draining:
            self.set_header("Connection", "close")  # the next request of this connection is for another replica

    def write_error(self, status_code: int, **_: Any) -> None:
        """A page in our own look, without a word of what went wrong inside."""
        title, message, remedy = _EXPLANATIONS.get(status_code, _UNFORESEEN)
        user = getattr(self.current_user, "username", "") if status_code != 403 else ""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        retry = 10 if status_code == 503 else 0
        self.finish(self.dashboards.frame.page(title, message, remedy, user=user, retry=retry))


class PageHandler(FramedHandler):
    """A dashboard."""

    @web.authenticated
    async def get(self, name: str = "index") -> None:
        """Send the head at once, then what the kernel draws, then free what the page does not need."""
        app = self.dashboards
        if name not in app.frame.names:
            raise web.HTTPError(404)
        user = self.current_user.username
        self.set_header("Content-Type", "text/html; charset=utf-8")
        with app.telemetry.page(name) as told:
            if app.crowded:
                told.outcome = "crowded"
                raise web.HTTPError(503)
            head, foot = app.frame.around(name, user)
            app.under_way += 1
            try:
                self.write(head)
                await self.flush()
                async with app.turn():
                    told.outcome = await self._send(name, user)
                self.write(foot)
                await self.finish()
            except iostream.StreamClosedError:  # the viewer went elsewhere
                told.outcome = "abandoned"
            finally:
                app.under_way -= 1
        app.pool.refill()

    async def _send(self, name: str, user: str) -> Outcome:
        app = self.dashboards
        page: Prepared | None = None
        kept = False
        try:
            async with asyncio.timeout(app.options.page_seconds):
                page = await app.pool.take(name)
                seat = await app.seats.take(page.kernel_id, user)
                app.doorbell.ring(page.kernel_id, self.request.query, user)
                async for html in page.body():
                    self.write(html)
                    await self.flush()
            seat.settle()
            kept = page.live
        except iostream.StreamClosedError:
            raise
        except FullError as error:
            self.write(kit.failure(error).html)
            return "full"
        except Exception:
            _log.exception("Page %s broke off", name)
            self.write(app.frame.failure)
            return "failed"
        finally:
            if page is not None:
                app.doorbell.forget(page.kernel_id)
                if kept:
                    page.stop()
                else:
                    await app.discard(page)
        return "drawn"


class NothingHandler(FramedHandler):
    """Every address that is none of the above."""

    @web.authenticated
    def get(self, *_: str) -> None:
        """Say so, in our own look, to people who are logged in."""
        raise web.HTTPError(404)

    def _refuse(self, *_: str) -> None:
        raise web.HTTPError(404)

    post = put = patch = delete = _refuse


def log_request(handler: web.RequestHandler) -> None:
    """A line for what failed or took long; never a query, which may hold anything, or where kernels wait."""
    milliseconds = 1000 * handler.request.request_time()
    status = handler.get_status()
    if status >= 500 or (milliseconds > 2000 and status != 101):
        _log.warning("%d %s %s took %.0f ms", status, handler.request.method, handler.request.path, milliseconds)
