"""What every route is given: the store, what runs have published, and the service's own memory."""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request

from foliohub.config import Settings
from foliohub.data.universe import Universe, load_universe, universe_names
from foliohub.errors import NotStoredError
from foliohub.runs.opening import open_store
from hub.api.answers import Answers
from hub.api.catalogue import Catalogue
from hub.api.limits import RateLimit

if TYPE_CHECKING:
    from foliohub.data.store import Store
    from foliohub.runs.published import Published
    from hub.api.identity import Authenticator
    from hub.api.settings import ApiSettings


class Context:
    """One application's surroundings.

    Attributes
    ----------
    settings : Settings
    service : ApiSettings
    auth : Authenticator
    limit : RateLimit
        Of every user.
    answers : Answers
        Bodies kept ready.
    """

    def __init__(self, settings: Settings, auth: Authenticator, service: ApiSettings) -> None:
        self.settings = settings
        self.service = service
        self.auth = auth
        self.limit = RateLimit(service.requests_per_second, service.burst)
        self.answers = Answers(int(service.cache_megabytes * 2**20))

    @cached_property
    def store(self) -> Store:
        """The store; opened when first asked for, so that the service starts and says it is healthy at once."""
        return open_store(self.settings)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What runs have published; :meth:`Catalogue.refresh` it first."""
        return Catalogue(self.store)

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
        return _read_universe(name, self._folders, self._mark_of_universes(name))

    def _mark_of_universes(self, name: str) -> tuple[float, ...]:
        """Changes when somebody edits the universe's file."""
        files = (folder / f"{name}.yaml" for folder in self._folders)
        return tuple(file.stat().st_mtime if file.is_file() else 0.0 for file in files)

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.settings.universes,) if self.settings.universes else ()


@lru_cache(maxsize=64)
def _read_universe(name: str, folders: tuple[Path, ...], mark: tuple[float, ...]) -> Universe:  # noqa: ARG001
    return load_universe(name, folders)


async def context(request: Request) -> Context:
    """The context of the application that answers a request; a dependency."""
    found: Context = request.app.state.context
    return found
