"""Clean prices: named rules, our own adjusted close, and a report of everything they touched.

Nothing here looks ahead. What cleaning does to a day it does with what was known at that day's close, and no later day
changes it: cleaning the rows up to *t* gives, bit for bit, the rows up to *t* of cleaning all.
"""

from __future__ import annotations

from foliohub.clean.enough import require_enough
from foliohub.clean.events import EVENT_COLUMNS, Action
from foliohub.clean.prices import CleanPrices, clean_prices
from foliohub.clean.quality import QualityReport
from foliohub.clean.rules import RULES, Rule
from foliohub.clean.thresholds import Thresholds

__all__ = [
    "EVENT_COLUMNS",
    "RULES",
    "Action",
    "CleanPrices",
    "QualityReport",
    "Rule",
    "Thresholds",
    "clean_prices",
    "require_enough",
]
