"""All last quotes and the state of their feed, in one file that is always whole."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from foliohub.errors import NotStoredError, StoreError
from foliohub.quotes.quote import STALE_AFTER, Quote


class FeedState(StrEnum):
    """How the feed of quotes is."""

    LIVE = "live"
    """Connected, an exchange is open, quotes come."""
    SILENT = "silent"
    """An exchange is open, the vendor takes the connection, and no quotes come."""
    CLOSED = "closed"
    """Connected; the exchanges are closed, so nothing needs to come."""
    CONNECTING = "connecting"
    """The first connection is being made."""
    UNREACHABLE = "unreachable"
    """The vendor cannot be reached; it is tried again, ever less often."""
    IDLE = "idle"
    """There is no universe to follow."""
    STOPPED = "stopped"
    """The service was ended, or has not reported for a while."""
    ABSENT = "absent"
    """The service has never run with this home folder."""


class Feed(BaseModel):
    """The state of the feed.

    Attributes
    ----------
    state : FeedState
    detail : str
        A sentence for people.
    since : datetime
        When it came into this state.
    at : datetime
        When the service last reported.
    retry_at : datetime or None
        When an unreachable vendor is tried again.
    universes : tuple of str
        What is followed.
    stale_after : float
        Seconds of trading after which a quote is stale.
    """

    model_config = ConfigDict(frozen=True)

    state: FeedState
    detail: str
    since: AwareDatetime
    at: AwareDatetime
    retry_at: AwareDatetime | None = None
    universes: tuple[str, ...] = ()
    stale_after: Annotated[float, Field(gt=0)] = STALE_AFTER


class Snapshot(BaseModel):
    """What `last.json` holds: the feed, and the last quote of each ticker."""

    model_config = ConfigDict(frozen=True)

    feed: Feed
    quotes: dict[str, Quote] = Field(default_factory=dict)

    def stale(self, now: datetime) -> tuple[str, ...]:
        """The tickers whose quotes are stale, sorted."""
        return tuple(
            sorted(ticker for ticker, quote in self.quotes.items() if quote.is_stale(now, self.feed.stale_after))
        )


def snapshot_file(home: Path) -> Path:
    """Where the last quotes lie in a home folder."""
    return home / "quotes" / "last.json"


def write_snapshot(snapshot: Snapshot, file: Path) -> None:
    """Put a snapshot in the place of the one before: a reader sees either, never a part.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    write_whole(snapshot.model_dump_json(), file)


def write_whole(text: str, file: Path) -> None:
    """Put a text in the place of a file, all at once.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    new = file.with_name(f".{file.name}.new")  # one writer: what a killed one left is written over
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, encoding="utf-8")
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise StoreError(
            f"{file} cannot be written: {error.strerror or error}.",
            remedy="Free some disk, or make the folder writable; the service goes on trying.",
        ) from error


def read_snapshot(file: Path) -> Snapshot:
    """Read a snapshot.

    Raises
    ------
    NotStoredError
        There is no such file.
    StoreError
        It cannot be read, or is not one.
    """
    try:
        return Snapshot.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise NotStoredError(
            f"There are no quotes in {file}.", remedy="The quotes service writes it: `foliohub up` starts it."
        ) from None
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror or error}.") from error
    except ValidationError as error:
        raise StoreError(
            f"{file} holds no quotes: {error.errors()[0]['msg']}.",
            remedy="Remove it; the quotes service writes it anew.",
        ) from None


__all__ = ["Feed", "FeedState", "Snapshot", "read_snapshot", "snapshot_file", "write_snapshot", "write_whole"]
