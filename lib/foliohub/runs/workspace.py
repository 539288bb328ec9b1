"""What a notebook holds in its hands: a universe, a date, and the store as it was known then.

The same notebook runs in three ways and does not notice: by a researcher in JupyterLab, by a job (which then records
every version read and written), and again by ``foliohub runs reproduce`` (which reads the recorded versions and writes
to a scratch store).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub import calendars
from foliohub.config import Settings, load_settings
from foliohub.errors import InputError, NotStoredError
from foliohub.runs.lineage import Event, LineageFile
from foliohub.runs.records import RunRecords, StoredVersion
from foliohub.runs.replay import Pins, RecordedSource

if TYPE_CHECKING:
    from foliohub.clean import CleanPrices
    from foliohub.data.ingest_report import IngestReport
    from foliohub.data.store import Store
    from foliohub.data.universe import Universe
    from foliohub.data.versions import Version
    from foliohub.reporting import Provenance
    from foliohub.types import DateLike, PricePanel, PriceSource


def workspace(universe: str = "sample", as_of: DateLike | None = None) -> Workspace:
    """Open the store for one universe, as it was known at the close of one session.

    Parameters
    ----------
    universe : str
        Name of a universe; ``foliohub universe list`` shows them.
    as_of : date, optional
        A session. Nothing later is seen, neither prices nor what was stored for later dates. By default (or where it
        is an empty text) the last session that is stored, or that the universe's source can have.

    Raises
    ------
    InputError
        The date is no session.
    """
    return Workspace(load_settings(), universe, as_of or None)


class Workspace:
    """See :func:`workspace`.

    Attributes
    ----------
    universe : Universe
    as_of : Timestamp
        The session worked for.
    run_id : str or None
        The run this belongs to; None in interactive work, which publishes nothing.
    """

    def __init__(self, settings: Settings, universe: str, as_of: DateLike | None = None) -> None:
        self._settings = settings
        self.universe: Universe = open_universe(settings, universe)
        self._pins = Pins.load(settings.pins) if settings.pins else None
        self._store = open_store(settings)
        self._origin = self._pins.open_store() if self._pins else self._store
        self._lineage = LineageFile(settings.lineage) if settings.lineage else None
        self.run_id = settings.run_id
        if as_of is None:
            as_of = self._last_session()
        self.as_of = calendars.require_session(as_of, self.universe.calendar)

    @property
    def raw_name(self) -> str:
        """Name of the universe's raw panel in the store."""
        return f"raw/{self.universe.name}"

    def ingest(self, **parameters: Any) -> IngestReport:
        """Ask the universe's source for what is missing up to `as_of`, and store it.

        Parameters
        ----------
        **parameters
            `source` to take another source than the universe's; the rest goes to it, as `path` to "csv".

        Returns
        -------
        IngestReport
            What came for each ticker, and which did not come, with the vendor's reason.
        """
        from foliohub.data.ingest import ingest

        if self._pins:
            source: PriceSource = self._replay_source(self._pins)
        else:
            source = open_source(self._settings, parameters.pop("source", "") or self.universe.source, **parameters)
        before = self._latest(self._table("fetched"))
        report = ingest(self._store, source, self.universe, as_of=self.as_of)
        if report.before:
            self._note("read", _stored(report.before))
        if report.after and report.changed:
            self._note("written", _stored(report.after))
            self._note("written", StoredVersion(**report.after.metadata["fetched"]))
        elif (fetched := self._latest(self._table("fetched"))) and fetched != before:
            self._note("written", _stored(fetched))
        return report

    def raw_prices(self) -> PricePanel:
        """Raw prices, all fields, up to `as_of`, in the version known then.

        Raises
        ------
        NotStoredError
            Nothing is stored for the universe at that date.
        """
        return self._raw()[1]

    def clean_prices(self, *, enough: bool = True) -> CleanPrices:
        """Clean prices up to `as_of`, the quality report and what was quarantined.

        Parameters
        ----------
        enough : bool
            Refuse to go on with less of the universe than the settings ask for.

        Raises
        ------
        QualityError
            Less of the universe survives than the settings ask for.
        """
        from foliohub.clean import clean_prices, require_enough

        version, panel = self._raw()
        close = panel["close"]
        reasons = version.metadata.get("failed", {})
        missing = [ticker for ticker in self.universe.tickers_at(self.as_of) if ticker not in close.columns]
        clean = clean_prices(
            panel,
            sessions=calendars.sessions(close.index[0], self.as_of, self.universe.calendar),
            entry={member.ticker: member.entry for member in self.universe.members},
            exit={member.ticker: member.exit for member in self.universe.members},
            benchmark=self.universe.benchmark,
            duplicates=self._duplicates(version),
            refused={ticker: reasons.get(ticker, "the vendor gave no prices for it").rstrip(".") for ticker in missing},
        )
        return require_enough(clean, self._settings.minimum_universe) if enough else clean

    def publish(self, kind: str, frame: pd.DataFrame) -> None:
        """Store a table under this universe and date; it counts once the run has succeeded.

        In interactive work nothing is stored: what managers see comes from recorded runs only.

        Parameters
        ----------
        kind : str
            As "forecasts", "weights", "orders".
        frame : DataFrame
        """
        if self.run_id is None:
            return
        version = self._store.write_table(self._table(kind), frame, metadata={"run": self.run_id})
        self._note("written", _stored(version))

    def read(self, kind: str) -> pd.DataFrame:
        """Read the table that the last successful run published for this universe and date.

        Raises
        ------
        NotStoredError
            No run has published it yet.
        """
        name = self._table(kind)
        if self._pins:
            number = self._pins.number(name)
        else:
            found = RunRecords(self._store).published(name, f"{self.as_of:%Y-%m-%d}")
            if found is None:
                raise NotStoredError(
                    f"No run has published {kind} of {self.universe.name} for {self.as_of:%Y-%m-%d}.",
                    remedy=f"Run `foliohub cycle --as-of {self.as_of:%Y-%m-%d}` first.",
                )
            number = found[1].number
        version = _numbered(self._origin.versions(name), number, name)
        frame = self._origin.read_table(name, version=number)
        self._note("read", _stored(version))
        return frame

    def provenance(self, source: str | None = None) -> Provenance:
        """What a figure says of itself: date, source and run."""
        from foliohub.reporting import Provenance

        return Provenance(
            as_of=f"{self.as_of:%Y-%m-%d}",
            source=source or self.universe.title,
            run_id=self.run_id or "interactive",
        )

    def _table(self, kind: str) -> str:
        return f"{kind}/{self.universe.name}/{self.as_of:%Y-%m-%d}"

    def _raw(self) -> tuple[Version, PricePanel]:
        version = self._version(self.raw_name)
        # A run that is being reproduced reads what it wrote itself from the scratch store, everything else as recorded.
        store = self._store if self._pins and self._pins.wrote(self.raw_name) else self._origin
        panel = store.read_panel(self.raw_name, end=self.as_of, version=version.number)
        self._note("read", _stored(version))
        return version, panel

    def _duplicates(self, version: Version) -> pd.DataFrame | None:
        """Rows that the vendor gave more than once, as the ingest saw them, up to `as_of`."""
        if "duplicates" not in version.metadata:
            return None
        reference = StoredVersion(**version.metadata["duplicates"])
        rows = self._origin.read_table(reference.name, version=reference.number)
        self._note("read", reference)
        return rows[rows["date"] <= self.as_of]

    def _version(self, name: str) -> Version:
        if self._pins and not self._pins.wrote(name):
            return _numbered(self._origin.versions(name), self._pins.number(name), name)
        try:
            return self._store.known_at(name, self.as_of)
        except NotStoredError as error:
            raise NotStoredError(
                error.message, remedy=f"Run `foliohub ingest --universe {self.universe.name}` first."
            ) from None

    def _latest(self, name: str) -> Version | None:
        try:
            return self._store.latest(name)
        except NotStoredError:
            return None

    def _last_session(self) -> pd.Timestamp:
        """The last session stored; where nothing is, the last one the universe's source can have."""
        latest = self._latest(self.raw_name)
        if latest is not None and latest.as_of is not None:
            return latest.as_of
        last = open_source(self._settings, self.universe.source).last_session()
        if last is not None:
            return pd.Timestamp(last)
        return calendars.last_closed_session(datetime.now(UTC), self.universe.calendar)

    def _note(self, event: Event, version: StoredVersion) -> None:
        if self._lineage:
            self._lineage.note(event, version)

    def _replay_source(self, pins: Pins) -> PriceSource:
        """The recorded answers; and what was stored before them, put into the scratch store."""
        if pins.reads(self.raw_name):
            before = _numbered(self._origin.versions(self.raw_name), pins.number(self.raw_name), self.raw_name)
            panel = self._origin.read_panel(self.raw_name, version=before.number)
            if before.as_of is not None:
                self._store.write_panel(self.raw_name, panel, as_of=before.as_of, metadata=before.metadata)
        name = self._table("fetched")
        if not pins.wrote(name):
            return RecordedSource.silent()
        version = _numbered(self._origin.versions(name), pins.written(name), name)
        return RecordedSource(self._origin.read_table(name, version=version.number), version.metadata)


def open_universe(settings: Settings, name: str) -> Universe:
    """The universe of that name, from the installation's own folder or the package."""
    from foliohub.data.universe import load_universe

    return load_universe(name, folders=(settings.universes,) if settings.universes else ())


def open_store(settings: Settings) -> Store:
    """The store the settings name."""
    from foliohub.data.store import Store

    return Store.open(settings.store, locks=settings.locks)


def open_source(settings: Settings, name: str, **parameters: Any) -> PriceSource:
    """The source of that name, with what the settings know of it.

    Parameters
    ----------
    settings : Settings
    name : str
    **parameters
        Empty ones are left out, so that a notebook can declare a parameter that most sources do not take.
    """
    from foliohub.data import sources

    parameters = {key: value for key, value in parameters.items() if value not in ("", None)}
    if name == "yahoo" and settings.yahoo_url:
        parameters["base_url"] = settings.yahoo_url
    if name == "alpha_vantage":
        if settings.alpha_vantage_key is None:
            raise InputError(
                "Alpha Vantage wants a key and there is none.",
                remedy="Set ALPHAVANTAGE_API_KEY in the environment, and name it under `secrets` in the job's file.",
            )
        parameters["api_key"] = settings.alpha_vantage_key
        if settings.alpha_vantage_url:
            parameters["base_url"] = settings.alpha_vantage_url
    return sources.get(name, **parameters)


def _stored(version: Version) -> StoredVersion:
    return StoredVersion(name=version.name, number=version.number, content=version.content)


def _numbered(versions: tuple[Version, ...], number: int, name: str) -> Version:
    for version in versions:
        if version.number == number:
            return version
    raise NotStoredError(
        f"Version {number} of {name} is not in the store any more.", remedy="It was pruned, or the store was replaced."
    )


__all__ = ["Workspace", "workspace"]
