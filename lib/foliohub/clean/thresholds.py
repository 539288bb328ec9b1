"""Every number cleaning decides by, in one place, each with its reason.

The reasons quote 137,000 daily bars of 29 large US companies, 1999-2021, of one vendor: "in the study" means there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from foliohub.errors import InputError


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a rule of :mod:`foliohub.clean.rules` speaks.

    Moves are absolute log total returns: 0.15 is a rise of 16 % or a fall of 14 %, and up is as far as down.

    Parameters
    ----------
    range_tolerance : float
        How far, as a fraction of the price, a close (or open) may lie outside its day's range before it is set missing;
        nearer ones are kept and flagged. 1 %: closing auctions print a little outside the consolidated range and
        vendors round; an error is seldom that small.
    stale_run : int
        Sessions in a row without any change of the close that make it stale. 5: in the study that happened once, in
        2001, to a stock that traded a few thousand shares a day; a liquid one never stood still for more than two.
    suspicious_move : float
        Moves up to here are believed unseen. 0.15: smaller errors cannot be told from news.
    suspicious_sigmas : float
        Nor is a move doubted within this many robust standard deviations (1.4826 times the median absolute move of the
        63 sessions before). 6: keeps penny stocks and crashes, where 15 % is a common day, out of the question.
    quiet_range : float
        A doubted move is believed if the day's own range, log(high / low), is at least this share of it: real news is
        traded, a changed unit or a spliced company is not. 0.125: in the study real moves beyond 0.15 have shares from
        0.156 up (median 0.8), errors up to 0.112.
    busy_volume : float
        Volume, as a multiple of its median of the 63 sessions before, that counts as evidence of news. 3: all but one
        of the study's real one-day gaps above 0.3 have more; ordinary days rarely do.
    busy_range : float
        The share asked instead of `quiet_range` of a *fall* on a busy day; a *rise* on a busy day is always believed,
        because a take-over bid pins the price in a narrow range. 0.05: in the study AIG's fall of 61 % has 0.88, the
        quietest real one on a busy day (Nvidia, 2008-07-03) 0.16; another company's first day under a ticker 0.013.
    unevidenced_move : float
        Where the vendor gives no range there is no such evidence, and only a move beyond this is doubted. 1.386, a
        factor of four: real one-day moves of that size are nearly unknown, decimal errors are all larger.
    implausible_move : float
        Beyond this a move is held for a day whatever the range says: one wrong tick widens the range too. 2.303, a
        factor of ten.
    split_tolerance : float
        How near a quiet move must come to a common split ratio, in logs, to be repaired as a split that the vendor
        forgot. 0.05: an ordinary day's return on top.
    agreement : float
        Log return by which the vendor's adjusted close may differ from ours unreported. 0.001: above what rounding of
        adjusted prices makes, below what most quarterly dividends are (0.003 and more).
    carried_sessions : int
        Sessions in a row that a missing or doubted price is bridged by the last believed one; with the next the ticker
        is quarantined. 5: a week. Halts of listed US shares are mostly shorter; beyond, the price is not a price.
    bridged_share : float
        Share of the last 252 sessions that may be bridged so before the ticker is quarantined. 0.1: the worst ticker of
        the study has 0.012.

    Examples
    --------
    >>> Thresholds(carried_sessions=2).carried_sessions
    2
    """

    range_tolerance: float = 0.01
    stale_run: int = 5
    suspicious_move: float = 0.15
    suspicious_sigmas: float = 6.0
    quiet_range: float = 0.125
    busy_volume: float = 3.0
    busy_range: float = 0.05
    unevidenced_move: float = 1.386
    implausible_move: float = 2.303
    split_tolerance: float = 0.05
    agreement: float = 0.001
    carried_sessions: int = 5
    bridged_share: float = 0.1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value >= 0:
                raise InputError(f"The threshold {field.name} is {value!r}.", remedy="Give a number of at least 0.")
        if self.stale_run < 1:
            raise InputError(f"stale_run is {self.stale_run}.", remedy="Give a whole number of at least 1.")
        if not self.suspicious_move <= self.unevidenced_move <= self.implausible_move:
            raise InputError(
                f"suspicious_move {self.suspicious_move}, unevidenced_move {self.unevidenced_move} and "
                f"implausible_move {self.implausible_move} are not in ascending order."
            )


WINDOW = 63
"""Sessions, about a quarter, over which a ticker's typical move and volume are taken; always those before the day."""

YEAR = 252
"""Sessions over which `bridged_share` is counted."""

COMMON_SPLITS = (3 / 2, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
"""New shares per old one in nearly all splits of US shares; consolidations use the reciprocals."""
