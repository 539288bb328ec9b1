"""Gradient boosting's parameters as searches chose them, each with the session from which on it may be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from foliohub.errors import InputError, ModelError


@dataclass(frozen=True, slots=True)
class BoostingSearch:
    """What one search chose.

    Parameters
    ----------
    session : Timestamp
        The last whose close it knew.
    chosen : mapping of int to mapping
        By horizon, in sessions: `learning_rate`, `leaves` and `smallest_leaf`.
    trials : int
        Parameters tried, over all horizons and rounds.
    """

    session: pd.Timestamp
    chosen: Mapping[int, Mapping[str, Any]]
    trials: int


@dataclass(frozen=True, slots=True)
class TunedBoosting:
    """Searches in the order of their sessions; a forecast takes what the last one before it chose.

    Parameters
    ----------
    searches : tuple of BoostingSearch
        Each of a session of its own.

    Notes
    -----
    Parameters chosen on later sessions have seen what came: forecasts tried at past cutoffs with them would flatter
    themselves. So a forecaster is given all searches, and takes for each cutoff what was known there, or, before the
    first of them, its own parameters.

    Examples
    --------
    >>> small, large = ({5: {"learning_rate": 0.1, "leaves": leaves, "smallest_leaf": 50}} for leaves in (2, 16))
    >>> one = TunedBoosting().adding(BoostingSearch(pd.Timestamp("2020-01-03"), small, 12))
    >>> two = one.adding(BoostingSearch(pd.Timestamp("2020-01-10"), large, 12))
    >>> [two.known_at(pd.Timestamp(day)).get(5, {}).get("leaves") for day in ("2020-01-02", "2020-01-09", "2020-01-10")]
    [None, 2, 16]
    >>> two.trials
    24
    """

    searches: tuple[BoostingSearch, ...] = ()

    def __post_init__(self) -> None:
        sessions = [one.session for one in self.searches]
        if sessions != sorted(set(sessions)):
            days = ", ".join(f"{session:%Y-%m-%d}" for session in sessions)
            raise InputError(
                f"The searches are of {days}.", remedy="Give them in the order of their sessions, one for each."
            )

    @property
    def trials(self) -> int:
        """Parameters tried by all searches."""
        return sum(one.trials for one in self.searches)

    def known_at(self, cutoff: pd.Timestamp) -> Mapping[int, Mapping[str, Any]]:
        """Parameters by horizon, of the last search that knew no session after `cutoff`; empty before the first."""
        known = [one for one in self.searches if one.session <= cutoff]
        return known[-1].chosen if known else {}

    def adding(self, search: BoostingSearch) -> TunedBoosting:
        """These searches and one more, which replaces one of its own session.

        Raises
        ------
        InputError
            Where there is a later one already.
        """
        return TunedBoosting((*(one for one in self.searches if one.session != search.session), search))

    def to_bytes(self) -> bytes:
        """All searches as JSON; the same ones are the same bytes."""
        searches = [
            {
                "session": f"{one.session:%Y-%m-%d}",
                "trials": one.trials,
                "chosen": {str(horizon): dict(chosen) for horizon, chosen in sorted(one.chosen.items())},
            }
            for one in self.searches
        ]
        return json.dumps({"searches": searches}, indent=1, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read searches back.

        Raises
        ------
        ModelError
            Where there are none.
        """
        try:
            return cls(
                tuple(
                    BoostingSearch(
                        pd.Timestamp(one["session"]),
                        {int(horizon): dict(chosen) for horizon, chosen in one["chosen"].items()},
                        int(one["trials"]),
                    )
                    for one in json.loads(content)["searches"]
                )
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"These are no searches: {error}", remedy="Search anew.") from error
