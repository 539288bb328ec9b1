"""What every route is given: the store, what runs have published, and the service's own memory."""

from __future__ import annotations

from collections import Counter
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from foliohub.config import Settings
from foliohub.data.universe import Universe, load_universe, universe_names
from foliohub.errors import NotStoredError
from foliohub.ledger import Ledger, portfolio_names
from foliohub.runs.opening import open_ledger, open_records, open_store
from foliohub.runs.spec import JobSpec, load_jobs
from foliohub.schedule import Requests, open_requests
from hub.api.answers import Answers
from hub.api.catalogue import Catalogue
from hub.api.limits import RateLimit
from hub.api.readiness import Readiness
from hub.api.telemetry import Telemetry

if TYPE_CHECKING:
    from foliohub.data.store import Store
    from foliohub.runs.published import Published
    from hub.api.identity import Authenticator
    from hub.api.settings import ApiSettings


Mark = tuple[tuple[str, int], ...]


class Context:
    """One application's surroundings.

    Attributes
    ----------
    settings : Settings
    service : ApiSettings
    auth : Authenticator
    readiness : Readiness
    limit : RateLimit
        Of every user, at this replica.
    streams : Counter
        Streams of quotes that are open, by user.
    answers : Answers
        Bodies kept ready.
    """

    def __init__(self, settings: Settings, auth: Authenticator, service: ApiSettings) -> None:
        self.settings = settings
        self.service = service
        self.auth = auth
        self.readiness = Readiness()
        self.limit = RateLimit(service.requests_per_second, service.burst)
        self._ledgers: dict[str, tuple[Mark, Ledger]] = {}
        self._jobs: tuple[Mark, dict[str, JobSpec]] = ((), {})
        self.streams: Counter[str] = Counter()
        self.answers = Answers(int(service.cache_megabytes * 2**20))

    async def open(self) -> None:
        """Open the store if it is not: in another thread, as ArcticDB takes seconds to import."""
        if "catalogue" not in self.__dict__:
            await run_in_threadpool(lambda: self.catalogue)

    @cached_property
    def store(self) -> Store:
        """The store; opened when first asked for, so that the service starts and says it is healthy at once."""
        return open_store(self.settings)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What runs have published; :meth:`Catalogue.refresh` it first."""
        return Catalogue(self.store, open_records(self.settings, self.store))

    @cached_property
    def telemetry(self) -> Telemetry:
        """Counts for Prometheus."""
        return Telemetry(lambda: sum(self.streams.values()))

    @cached_property
    def requests(self) -> Requests:
        """Runs that were asked for; what has ended is read once."""
        return open_requests(self.settings, self.store)

    @property
    def published(self) -> Published:
        """The published tables, read anew each time."""
        return self.catalogue.published

    @property
    def universes(self) -> tuple[str, ...]:
        """Names of all universes."""
        return universe_names(self._folders)

    def universe(self, name: str) -> Universe:
        """The universe of that name.

        Raises
        ------
        NotStoredError
            There is none.
        """
        if name not in self.universes:
            raise NotStoredError(f"There is no universe {name!r}.", remedy=f"There are {', '.join(self.universes)}.")
        return _read_universe(name, self._folders, _mark(self.settings.universes))

    @property
    def jobs(self) -> dict[str, JobSpec]:
        """The jobs there are, in an order that follows their dependencies."""
        mark = _mark(self.settings.jobs, self.settings.notebooks)
        if not mark or self._jobs[0] != mark:
            self._jobs = (mark, load_jobs(self.settings.jobs, self.settings.notebooks))
        return self._jobs[1]

    @property
    def portfolios(self) -> tuple[str, ...]:
        """Names of all portfolios."""
        return portfolio_names((self.settings.portfolios,) if self.settings.portfolios else ())

    def ledger(self, name: str) -> Ledger:
        """The ledger of a portfolio.

        Raises
        ------
        NotStoredError
            There is no such portfolio.
        """
        if name not in self.portfolios:
            raise NotStoredError(f"There is no portfolio {name!r}.", remedy=f"There are {', '.join(self.portfolios)}.")
        mark = _mark(self.settings.portfolios, self.settings.universes)
        known = self._ledgers.get(name)
        if known is None or known[0] != mark:
            known = self._ledgers[name] = (mark, open_ledger(self.settings, name, self.store))
        return known[1]

    def ledger_of(self, proposal: str) -> Ledger:
        """The ledger that holds a proposal, if any does.

        Raises
        ------
        NotStoredError
            The id names no portfolio.
        """
        name = proposal.partition(".")[0]
        if name not in self.portfolios:
            raise NotStoredError(
                f"There is no proposal {proposal!r}.", remedy="List the proposals to see which there are."
            )
        return self.ledger(name)

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.settings.universes,) if self.settings.universes else ()


def _mark(*folders: Path | None) -> Mark:
    """Changes when somebody edits a file of the folders; what ships with the package does not change while it runs."""
    files = [file for folder in folders if folder for file in sorted(folder.iterdir()) if file.is_file()]
    return tuple((file.name, file.stat().st_mtime_ns) for file in files)


@lru_cache(maxsize=64)
def _read_universe(name: str, folders: tuple[Path, ...], mark: Mark) -> Universe:  # noqa: ARG001
    return load_universe(name, folders)


async def context(request: Request) -> Context:
    """The context of the application that answers a request; a dependency."""
    found: Context = request.app.state.context
    await found.open()
    return found
