"""What a notebook holds in its hands: a universe, a date, and the store as it was known then.

The same notebook runs in three ways and does not notice: by a researcher in JupyterLab, by a job (which then records
every version read and written), and again by ``foliohub runs reproduce`` (which reads the recorded versions and writes
to a scratch store).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub import calendars, logs
from foliohub.config import Settings, load_settings
from foliohub.data.versions import StoredVersion
from foliohub.errors import InputError, NotStoredError
from foliohub.runs.opening import open_ledger, open_source, open_universe
from foliohub.runs.progress_line import progress_line
from foliohub.runs.proposing import DRAFT, draft_name
from foliohub.runs.results import Results
from foliohub.runs.run_store import RunStore
from foliohub.runs.sessions import last_session
from foliohub.runs.unfinished import unfinished_work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from foliohub.clean import CleanPrices
    from foliohub.data.ingest_report import IngestReport
    from foliohub.data.versions import Version
    from foliohub.ledger import Draft, Holdings, Ledger
    from foliohub.orders import RebalanceOrders
    from foliohub.reporting import Provenance
    from foliohub.runs.progress_line import Tell
    from foliohub.types import DateLike, PricePanel


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
    settings = load_settings()
    if settings.run_id and settings.lineage:
        aside = settings.lineage.with_name(logs.OF_NOTEBOOK) if settings.log == "stdout" else None
        logs.configure(settings, "notebook", file=aside)
    return Workspace(settings, universe, as_of or None)


@dataclass(frozen=True, slots=True)
class Training:
    """Of :meth:`Workspace.training`.

    Attributes
    ----------
    folder : Path
        For checkpoints.
    progress : callable
        Called with how much is done and how much there is to do.
    """

    folder: Path
    progress: Tell


class Workspace(Results):
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
        self.universe = open_universe(settings, universe)
        self._store = RunStore(settings)
        self.run_id = self._store.run_id
        if as_of is None:
            as_of = self._last_session()
        self.as_of = calendars.require_session(as_of, self.universe.calendar)

    @property
    def raw_name(self) -> str:
        """Name of the universe's raw panel in the store."""
        return f"raw/{self.universe.name}"

    def ingest(self, **parameters: Any) -> IngestReport:
        """Ask the universe's source for what is missing up to `as_of`, and store it; a notebook shows how far it is.

        Parameters
        ----------
        **parameters
            `source` to take another source than the universe's; the rest goes to it, as `path` to "csv".

        Returns
        -------
        IngestReport
            What came for each ticker, and which did not come, with the vendor's reason.
        """
        name = parameters.pop("source", "") or self.universe.source
        with progress_line(f"Asking {name} for") as tell:
            return self._store.ingest(
                self.universe,
                lambda: open_source(self._settings, name, **parameters),
                self.as_of,
                panel=self.raw_name,
                fetched=self._table("fetched"),
                progress=lambda ticker, done, total: tell(done, total, ticker),
            )

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

    def holdings(self, portfolio: str = "") -> Holdings:
        """Shares and cash of a portfolio at the end of `as_of`, by its ledger.

        Parameters
        ----------
        portfolio : str
            Name of a portfolio; by default the one that is called as the universe.

        Raises
        ------
        InputError
            The portfolio is of another universe.
        """
        from foliohub.ledger import Holdings

        ledger = self._ledger(portfolio)
        return Holdings.from_frame(
            self._store.told(self._table("holdings"), lambda: ledger.holdings(self.as_of).frame())
        )

    def propose(self, orders: RebalanceOrders, *, holdings: Holdings, clean: CleanPrices, portfolio: str = "") -> Draft:
        """Hold the portfolio's limits against a rebalance, and propose it once this run has succeeded.

        Interactive work proposes nothing, nor does a run that is reproduced: both see the verdicts all the same.

        Parameters
        ----------
        orders : RebalanceOrders
        holdings : Holdings
            From :meth:`holdings`; what the orders leave out is kept.
        clean : CleanPrices
            From :meth:`clean_prices`.
        portfolio : str
            As for :meth:`holdings`.

        Returns
        -------
        Draft
            What is proposed, with the verdict of every limit.

        Raises
        ------
        InputError
            The run's job may not propose.
        """
        from foliohub.ledger import draft_proposal

        if self.run_id is not None and not self._settings.proposes:
            raise InputError(
                f"Run {self.run_id} may not propose: its job's file does not say that it does.",
                remedy="Write `proposes: true` into the file; whoever starts the job then needs the right to propose.",
            )
        run_id = self.run_id or "interactive"
        draft = draft_proposal(
            self._ledger(portfolio).portfolio,
            self.universe,
            orders=orders,
            holdings=holdings,
            clean=clean,
            as_of=self.as_of,
            author=self._settings.started_by or f"job:{run_id.split('.')[0]}",
            run_id=run_id,
            now=datetime.now(UTC),
        )
        self._store.keep_document(DRAFT, draft_name(run_id), draft.model_dump(mode="json"))
        return draft

    @contextmanager
    def training(self, kind: str, **made_of: Any) -> Iterator[Training]:
        """Train for long: where this is killed, whoever trains the same again goes on; a notebook shows how far it is.

        Parameters
        ----------
        kind : str
            Of model, as for :meth:`publish_model`.
        **made_of
            What else it depends on besides the universe, the session and the versions of all that was read so far:
            recipe, seeds, the sessions trained on. Texts, numbers, lists and mappings of these.

        Yields
        ------
        Training
            The folder for checkpoints, empty or as left by the same training; gone once the block ends without an
            error. It lies below the home of this machine: see :mod:`foliohub.runs.unfinished`.
        """
        depends_on = {
            "as_of": f"{self.as_of:%Y-%m-%d}",
            "data": sorted([version.name, version.content] for version in self._store.has_read),
            **made_of,
        }
        folder = self._settings.home / "unfinished" / kind / self.universe.name
        with unfinished_work(folder, depends_on) as kept, progress_line(f"Training {kind}") as tell:
            yield Training(kept, tell)

    def provenance(self, source: str | None = None) -> Provenance:
        """What a figure says of itself: date, source and run."""
        from foliohub.reporting import Provenance

        return Provenance(
            as_of=f"{self.as_of:%Y-%m-%d}",
            source=source or self.universe.title,
            run_id=self.run_id or "interactive",
        )

    def _ledger(self, portfolio: str) -> Ledger:
        ledger = open_ledger(self._settings, portfolio or self.universe.name)
        if ledger.portfolio.universe != self.universe.name:
            raise InputError(
                f"The portfolio {ledger.portfolio.name} is of the universe {ledger.portfolio.universe}, "
                f"not of {self.universe.name}.",
                remedy="Name a portfolio of this universe, or work on that one.",
            )
        return ledger

    def _raw(self) -> tuple[Version, PricePanel]:
        return self._store.read_panel(
            self.raw_name, self.as_of, remedy=f"Run `foliohub ingest --universe {self.universe.name}` first."
        )

    def _duplicates(self, version: Version) -> pd.DataFrame | None:
        """Rows that the vendor gave more than once, as the ingest saw them, up to `as_of`."""
        if "duplicates" not in version.metadata:
            return None
        rows = self._store.read_table(StoredVersion(**version.metadata["duplicates"]))
        return rows[rows["date"] <= self.as_of]

    def _last_session(self) -> pd.Timestamp:
        """The last session stored; where nothing is, the last one the universe's source can have."""
        latest = self._store.latest(self.raw_name)
        if latest is not None and latest.as_of is not None:
            return latest.as_of
        try:
            source = open_source(self._settings, self.universe.source)
        except InputError as error:  # a folder of files, or a key, that only whoever ingests can name
            raise NotStoredError(
                f"Nothing is stored of {self.universe.name} yet, and its source {self.universe.source} cannot say "
                f"which session is the last: {error.message}",
                remedy="Ingest it first, or name the session: foliohub.workspace(universe, as_of).",
            ) from None
        return last_session(source, self.universe.calendar)


__all__ = ["Training", "Workspace", "workspace"]
