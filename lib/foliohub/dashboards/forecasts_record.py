"""The live record: forecasts as they were published, those made before their outcome apart from those made after it."""

from __future__ import annotations

import pandas as pd

from foliohub import reporting
from foliohub.dashboards import kit
from foliohub.dashboards.reading import Reader
from foliohub.runs.published import publications
from foliohub.runs.registered import REGISTERED, REPLAYED, choose, standing

_BOARD = ["cutoffs", "mae", "rmse", "skill", "dm_p_value", "hit_rate", "coverage_80", "coverage_95"]
_MEANING = {
    REGISTERED: "Registered: published before the first outcome",
    REPLAYED: "Replayed: published after it, from what was known",
}


def standings(reader: Reader) -> pd.Series:
    """Whether the forecasts of each session were registered before their outcome or replayed after it.

    Parameters
    ----------
    reader : Reader

    Returns
    -------
    Series (n_sessions,)
        "registered" or "replayed", by session (YYYY-MM-DD); of several runs for one session that which counts.
    """
    if not reader.publications("forecasts"):
        return pd.Series(dtype=object)
    calendar = reader.universe.calendar
    every = [one for one in publications(reader.runs) if (one.kind, one.universe) == ("forecasts", reader.name)]
    return pd.Series({one.as_of: standing(one, calendar) for one in choose(every, calendar)}, dtype=object)


def counted_apart(reader: Reader) -> kit.Html:
    """How many sessions were registered and how many replayed.

    Parameters
    ----------
    reader : Reader
    """
    counts = standings(reader).value_counts()
    return kit.cards(
        [
            kit.KeyFigure("Registered", f"{counts.get(REGISTERED, 0):,}", "sessions", note="before the first outcome"),
            kit.KeyFigure(
                "Replayed", f"{counts.get(REPLAYED, 0):,}", "sessions", note="afterwards: shows no foresight"
            ),
        ]
    )


def scored(reader: Reader) -> kit.Piece:
    """The scores of the record, registered and replayed apart.

    Parameters
    ----------
    reader : Reader

    Raises
    ------
    NotStoredError
        The record has never been scored.
    """
    reading = reader.latest("registered_scores")
    if reading.frame.empty:
        return kit.empty(
            "None of them can be scored yet",
            "The first are scored once the next session has closed and is ingested.",
            command="foliohub run daily-score",
        )
    pieces: list[kit.Html] = []
    for name, caption in _MEANING.items():
        rows = reading.frame[reading.frame["standing"] == name].set_index(["horizon", "model"])
        if len(rows):
            board = rows[_BOARD].astype("float64")
            pieces.append(reporting.leaderboard(board, columns=_BOARD, sort_by="rmse", caption=caption))
    link = kit.downloads({"live-record.csv": reading.frame.set_index("standing")}, label="Download the record as CSV")
    return kit.stack(*pieces, link)
