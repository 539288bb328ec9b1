"""The named rules of cleaning: each a pure function with one documented threshold.

:data:`RULES` lists them in the order of the quality report. A rule whose fields a vendor does not give is skipped for
that ticker, and the report says "not given".
"""

from __future__ import annotations

from dataclasses import dataclass

from foliohub.clean.rules.bars import (
    high_below_low,
    invalid_dividend,
    invalid_split,
    invalid_volume,
    missing_volume,
    non_positive_price,
    outside_range,
    zero_volume,
)
from foliohub.clean.rules.dates import duplicate_dates, missing_sessions, non_sessions, unordered_dates
from foliohub.clean.rules.moves import Verdict, forgotten_split, is_unit_change, judge_move
from foliohub.clean.rules.runs import stale_run


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the quality report names it.

    Parameters
    ----------
    name : str
        In the report.
    meaning : str
        What it finds and what is done then, in one sentence.
    needs : tuple of str
        Fields without which it is skipped; a close is always there.
    threshold : str
        The member of :class:`~foliohub.clean.Thresholds` that decides; empty where nothing can be chosen.
    """

    name: str
    meaning: str
    needs: tuple[str, ...] = ()
    threshold: str = ""


RULES = (
    Rule("duplicate_date", "The vendor gave a day more than once; the last answer stands."),
    Rule("unordered_date", "The vendor gave days out of order; they were sorted."),
    Rule("non_session", "The exchange did not trade that day; the row is left out."),
    Rule("missing_session", "No close on a session; the adjusted price is carried.", (), "carried_sessions"),
    Rule("non_positive_price", "A price that is not positive and finite; it is set missing."),
    Rule("high_below_low", "The high lies below the low; both are set missing.", ("high", "low")),
    Rule(
        "close_outside_range",
        "The close lies outside the day's range; beyond the tolerance it is set missing, else kept.",
        ("high", "low"),
        "range_tolerance",
    ),
    Rule(
        "open_outside_range",
        "The open lies outside the day's range; beyond the tolerance it is set missing, else kept.",
        ("open", "high", "low"),
        "range_tolerance",
    ),
    Rule("zero_volume", "A close though no share was traded; kept, as it repeats a known price.", ("volume",)),
    Rule("invalid_volume", "A volume below zero or without end; it is set missing.", ("volume",)),
    Rule("missing_volume", "A close without a volume, where volume was given before; kept.", ("volume",)),
    Rule("invalid_split", "A split ratio that is not positive and finite; set to 1.", ("split",)),
    Rule("invalid_dividend", "A dividend below zero or without end; set to 0.", ("dividend",)),
    Rule("stale_run", "The close has not changed for many sessions; kept.", (), "stale_run"),
    Rule("split_without_move", "A split that the price did not follow; set to 1.", ("split",), "quiet_range"),
    Rule("dividend_without_move", "A dividend that the price did not follow; set to 0.", ("dividend",), "quiet_range"),
    Rule(
        "forgotten_split",
        "A quiet move by a common split ratio; the split is put in.",
        ("high", "low"),
        "split_tolerance",
    ),
    Rule("unexplained_move", "A move without evidence of news; the bar is held.", (), "quiet_range"),
    Rule("spike_reverted", "The close returns to where it was before a held bar; kept.", (), "quiet_range"),
    Rule("new_level", "The close confirms a held bar; the new level stands from here on.", (), "quiet_range"),
    Rule(
        "adjusted_close_disagrees",
        "The vendor's adjusted close implies another return than close, splits and dividends; ours stands.",
        ("adjusted_close",),
        "agreement",
    ),
    Rule("quarantine", "Too long or too often without a believable price.", (), "carried_sessions"),
)
"""Every rule, in the order of the quality report."""

__all__ = [
    "RULES",
    "Rule",
    "Verdict",
    "duplicate_dates",
    "forgotten_split",
    "high_below_low",
    "invalid_dividend",
    "invalid_split",
    "invalid_volume",
    "is_unit_change",
    "judge_move",
    "missing_sessions",
    "missing_volume",
    "non_positive_price",
    "non_sessions",
    "outside_range",
    "stale_run",
    "unordered_dates",
    "zero_volume",
]
