"""The application: Voilà's renderer and its log-in, our doors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import tornado.web
from tornado.httpserver import HTTPServer
from voila.app import Voila

from hub.dashboards.assets import AssetHandler, assets
from hub.dashboards.forking import Nursery, can_fork, register
from hub.dashboards.frame import TEMPLATES, Frame
from hub.dashboards.identity import HubAuthorizer, HubIdentity, OpenAuthorizer, OpenIdentity
from hub.dashboards.kernels import Kernels, OneKernelSpec, kernel_environment
from hub.dashboards.pages import NothingHandler, PageHandler, log_request
from hub.dashboards.peer_sockets import PeerSocket
from hub.dashboards.pool import Pool
from hub.dashboards.prepared import Prepared
from hub.dashboards.readiness import HealthHandler, Readiness, ReadyHandler
from hub.dashboards.renderer import Renderer
from hub.dashboards.replicas import TAG, Replicas, shared_secret
from hub.dashboards.scratch import scratch_folder
from hub.dashboards.seats import Seats
from hub.dashboards.settings import DashboardSettings
from hub.dashboards.sockets import Doorbell, OpenSocket, PageSocket, WaitingSocket
from hub.dashboards.telemetry import DashboardTelemetry
from hub.monitoring.endpoint import serve

_log = logging.getLogger(__name__)
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Dashboards(Voila):  # type: ignore[misc]
    """The service.

    Parameters
    ----------
    options : DashboardSettings
    reports : Path
        Folder of the notebooks.
    open_to_all : bool
        Nobody logs in; for development on the loopback interface.
    """

    def __init__(self, options: DashboardSettings, reports: Path, *, open_to_all: bool = False, **traits: Any) -> None:
        super().__init__(**traits)
        self.options = options
        self.scratch = scratch_folder(options.address[1])
        names = tuple(sorted(path.stem for path in reports.glob("*.ipynb")))
        hub = os.environ.get("JUPYTERHUB_BASE_URL", "/")
        token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        self.cookie_secret = shared_secret(token, "cookies")
        self.replicas = Replicas(options.replica, options.peers, shared_secret(token, "replicas"))
        self.frame = Frame(options.prefix, names, "" if open_to_all else f"{hub}hub/logout", self.replicas.own)
        self.doorbell = Doorbell()
        self.telemetry = DashboardTelemetry(names)
        self.readiness = Readiness(self)
        self.pages: set[Prepared] = set()
        self.sockets: set[OpenSocket] = set()
        self.under_way = 0
        """Pages on their way to their viewers."""
        self._turns = asyncio.Semaphore(options.starts)
        self._waiting = 0
        self._calm = asyncio.Event()
        self._calm.set()
        self.log_level = logging.WARNING
        self.root_dir = str(reports)
        self.base_url = self.server_url = options.prefix
        self.config_file_paths: list[str] = []
        self.identity_provider_class = OpenIdentity if open_to_all else HubIdentity
        self.authorizer_class = OpenAuthorizer if open_to_all else HubAuthorizer
        self._configure()

    def _configure(self) -> None:
        settings = self.config.VoilaConfiguration
        settings.template = "foliohub"
        settings.allow_template_override = "NO"
        settings.allow_theme_override = "NO"
        settings.file_allowlist = []
        settings.preheat_kernel = False  # Voilà's pool; ours is `pool`, which knows whose turn it is
        settings.kernel_spec_manager_class = OneKernelSpec
        settings.multi_kernel_manager_class = Kernels
        self.config.HubOAuth.cache_max_age = 30  # seconds for which a log-in that has ended may still count
        self.config.VoilaExecutor.allow_errors = True  # a cell that fails becomes a card, the next ones go on
        # On a busy machine, what a cell shows may come seconds after word that it is done; by default it is then lost.
        patience = int(self.options.page_seconds) + 1
        self.config.VoilaExecutor.iopub_timeout = self.config.VoilaExecutor.startup_timeout = patience
        self.config.KernelManager.autorestart = False
        self.config.KernelManager.shutdown_wait_time = 1.0
        if can_fork():
            self.config.KernelManager.transport = "ipc"  # sockets in our own folder, of which there are always enough

    def setup_template_dirs(self) -> None:
        """Our template alone, from our folder."""
        self.template_paths = [str(TEMPLATES)]
        self.static_paths: list[str] = []

    def init_handlers(self) -> list[Any]:
        """All there is: pages, sockets for pages and for kernels, assets, probes and log-in."""
        prefix = self.options.prefix
        socket = rf"api/kernels/(?P<kernel_id>{_ID})/channels"
        here = f"replicas/{self.replicas.own}/" if self.replicas.own else ""
        own = [
            (rf"{prefix}health", HealthHandler, {"readiness": self.readiness}),
            (rf"{prefix}ready", ReadyHandler, {"readiness": self.readiness}),
            (rf"{prefix}assets/(.+)", AssetHandler),
            (rf"{prefix}{here}{socket}", PageSocket),
            (rf"{prefix}replicas/(?P<replica>{TAG})/{socket}", PeerSocket),
            (rf"{prefix}waiting/(?P<secret>[\w-]+)/(?P<kernel_id>{_ID})", WaitingSocket, {"dashboards": self}),
            (prefix, PageHandler),
            (rf"{prefix}(?P<name>[a-z_]+)", PageHandler),
        ]
        return [*own[:-1], *self.identity_provider.get_handlers(), own[-1], (r".*", NothingHandler)]

    def renderer(self, name: str) -> Renderer:
        """What renders a notebook; one for each page."""
        return Renderer(
            voila_configuration=self.voila_configuration,
            traitlet_config=self.config,
            root_dir=self.root_dir,
            notebook_path=f"{name}.ipynb",
            template_paths=self.template_paths,
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            base_url=self.base_url,
            kernel_spec_manager=self.kernel_spec_manager,
            page_config={},
        )

    @property
    def crowded(self) -> bool:
        """Whether more viewers wait for their turn than would get it in time."""
        return self._waiting >= self.options.queue

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a page may be drawn."""
        self._waiting += 1
        self._calm.clear()
        began = time.perf_counter()
        try:
            async with self._turns:
                self.telemetry.waited(time.perf_counter() - began)
                yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._calm.set()

    async def quiet(self) -> None:
        """Wait until nobody waits for a page."""
        await self._calm.wait()

    async def discard(self, page: Prepared) -> None:
        """A page is done with: free its seat, end its kernel."""
        await self.seats.leave(page.kernel_id)
        await page.end()

    def _tell(self) -> None:
        """Begin to tell how many there are of everything that is limited."""
        tell = self.telemetry.gauge
        tell("kernels", "Kernels that run, those of pages kept ready included.", lambda: len(self.kernels))
        tell("seats_taken", "Pages that hold a kernel.", lambda: len(self.seats))
        tell("seats", "Pages that may hold one.", lambda: self.options.seats)
        tell("queue", "Viewers whose pages are drawn or wait for their turn.", lambda: self._waiting)
        tell("queue_limit", "How many of them there may be.", lambda: self.options.queue)
        tell("sockets", "Pages connected to their kernels.", lambda: len(self.sockets))
        tell("pages_ready", "Pages kept ready.", lambda: self.pool.ready)
        serve(self.telemetry.registry, ready=lambda: self.readiness.missing)

    async def serve(self) -> None:
        """Serve until SIGTERM or SIGINT, then end everything together."""
        self.connection_dir = str(self.scratch)
        host, port = self.options.address
        self.app = tornado.web.Application(
            **self.init_settings(), dashboards=self, websocket_max_message_size=64_000, log_function=log_request
        )
        self.app.add_handlers(".*$", self.init_handlers())
        self.kernels: Kernels = self.kernel_manager
        reachable = "127.0.0.1" if host in {"0.0.0.0", ""} else host  # noqa: S104
        self.kernels.prepare(
            f"ws://{reachable}:{port}{self.options.prefix}waiting/{self.doorbell.secret}/", self.scratch
        )
        self.seats = Seats(self.kernels, self.options.seats, self.options.idle_seconds, self.options.leave_seconds)
        self.pool = Pool(self, self.options.pool)
        self._tell()
        assets()
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        server = HTTPServer(self.app, xheaders=True, max_header_size=32_768, max_body_size=1_000_000)
        server.listen(port, host)
        _log.info("Dashboards are at http://%s:%d%s", host, port, self.options.prefix)
        nursery = Nursery(kernel_environment(self.scratch), Path(self.root_dir), self.pool.renew)
        if can_fork():
            register(nursery)
        self.seats.open()
        self.pool.open()
        self.readiness.open()
        try:
            await ended.wait()
            await self.readiness.drain(server)
        finally:
            self.readiness.close()
            self.pool.close()
            self.seats.close()
            server.stop()
            for page in list(self.pages):
                page.stop()
            nursery.close()
            await self.kernels.kill_all()
            shutil.rmtree(self.scratch, ignore_errors=True)


def dashboards_at(options: DashboardSettings, reports: Path, *, open_to_all: bool = False) -> Dashboards:
    """The service, set up and not yet listening."""
    app = Dashboards(options, reports, open_to_all=open_to_all)
    app.initialize(argv=[])
    return app
