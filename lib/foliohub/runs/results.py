"""What recorded runs have published of a universe up to a session, and publishing more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub.errors import NotStoredError
from foliohub.runs.trained import StoredModel, pack, table_kind, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foliohub.backtest import Challenge
    from foliohub.data.universe import Universe
    from foliohub.runs.registered import ForecastRecord
    from foliohub.runs.run_store import RunStore

CHAMPION = "champion"
"""Kind of table that says who is champion, and why."""


class Results:
    """Tables and trained models of one universe, as published up to one session.

    Attributes
    ----------
    universe : Universe
    as_of : Timestamp
        The session worked for.
    """

    universe: Universe
    as_of: pd.Timestamp
    _store: RunStore

    def publish(self, kind: str, frame: pd.DataFrame) -> None:
        """Store a table under this universe and date; it counts once the run has succeeded.

        In interactive work nothing is stored: what managers see comes from recorded runs only.

        Parameters
        ----------
        kind : str
            As "forecasts", "weights", "orders".
        frame : DataFrame
        """
        self._store.publish(self._table(kind), frame)

    def read(self, kind: str) -> pd.DataFrame:
        """Read the table that the last successful run published for this universe and date.

        Raises
        ------
        NotStoredError
            No run has published it yet.
        """
        return self._store.read_published(self._table(kind), self.as_of)

    def read_latest(self, kind: str) -> pd.DataFrame:
        """Read what was published last up to `as_of`: for this session, or else for the one before that has any.

        Raises
        ------
        NotStoredError
            No run has published it for this session or an earlier one.
        """
        return self._store.read_latest(kind, self.universe.name, self.as_of)[1]

    def find_latest(self, kind: str) -> pd.DataFrame | None:
        """The same; None where no run has published any by then."""
        try:
            return self.read_latest(kind)
        except NotStoredError:
            return None

    def registered_forecasts(self, sessions: int = 250) -> ForecastRecord:
        """The forecasts published for the last sessions up to `as_of`, as they were, and whether they were in time.

        Parameters
        ----------
        sessions : int
            How many sessions with forecasts, the last ones.

        Returns
        -------
        ForecastRecord
            Of several runs for a session the one that counts (:func:`foliohub.runs.registered.choose`); what was
            changed since it was published is left out and named.
        """
        from foliohub.runs import registered

        calendar = self.universe.calendar
        found = self._store.published("forecasts", self.universe.name, self.as_of)
        chosen = registered.choose(found, calendar)[-sessions:]
        return registered.gather(chosen, calendar, lambda one: self._store.read_recorded(one.version))

    def champion(self) -> str:
        """The model whose forecasts portfolios are built on, as it was known at `as_of`.

        Where no run has published one yet, it is :data:`foliohub.backtest.FIRST_CHAMPION`.
        """
        return self._champion(self.as_of)

    def challenge(self, forecasts: pd.DataFrame, *, horizon: int, **conditions: float) -> Challenge:
        """Hold every model against the champion of the sessions before, and publish who is champion from now on.

        Parameters
        ----------
        forecasts : DataFrame
            Of all models, the champion among them, with their outcomes.
        horizon : int
            Sessions ahead; the horizon that portfolios are built on.
        **conditions
            Of :func:`foliohub.backtest.challenge`: `p_value`, `skill`, `cutoffs`, `set_size`, `seed`.

        Returns
        -------
        Challenge
            Published with all numbers behind it as "champion"; as anything a run publishes, it counts once the run
            has succeeded, and making the run again for the same session replaces its decision rather than adding one.
        """
        from foliohub import backtest

        before = self._champion(self.as_of - pd.Timedelta(days=1))
        found = backtest.challenge(before, forecasts, horizon=horizon, **conditions)  # type: ignore[arg-type]
        self.publish(CHAMPION, found.table)
        return found

    def _champion(self, as_of: pd.Timestamp) -> str:
        from foliohub.backtest import FIRST_CHAMPION

        try:
            _, table = self._store.read_latest(CHAMPION, self.universe.name, as_of)
        except NotStoredError:
            return FIRST_CHAMPION
        return str(table.loc[table["is_champion"], "model"].iloc[0])

    def publish_model(self, kind: str, content: bytes, card: Mapping[str, Any]) -> None:
        """Store a trained model for this universe and session; it counts once the run has succeeded.

        In interactive work nothing is stored, as with :meth:`publish`.

        Parameters
        ----------
        kind : str
            As "lstm", "agent".
        content : bytes
            The model itself. The same training must give the same bytes (no clock, no path in them), or reproducing
            the run finds a difference.
        card : mapping
            What it was trained on, and how well it did: texts, numbers, lists and mappings of these.

        Raises
        ------
        InputError
            There are no bytes, or the card holds something that JSON has no form for.
        """
        self._store.publish(self._table(table_kind(kind)), pack(content, card))

    def read_model(self, kind: str) -> StoredModel:
        """The model that was trained last up to `as_of`; one trained for a later session is never seen.

        Raises
        ------
        NotStoredError
            None has been trained for this session or an earlier one.
        """
        published, frame = self._store.read_latest(table_kind(kind), self.universe.name, self.as_of)
        content, card = unpack(frame, published.version.name)
        return StoredModel(content, card, pd.Timestamp(published.as_of), published.run.id)

    def find_model(self, kind: str) -> StoredModel | None:
        """The same; None where none has been trained."""
        try:
            return self.read_model(kind)
        except NotStoredError:
            return None

    def _table(self, kind: str) -> str:
        return f"{kind}/{self.universe.name}/{self.as_of:%Y-%m-%d}"
