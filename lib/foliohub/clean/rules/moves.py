"""Rules that tell news from errors in a move between two closes.

The difficulty is causality. That a spike reverts, or that a level stays, is seen the day after; what cleaning does to a
day may use that day's evidence only. The evidence is how the day was traded. Shares that lose half their value change
hands all day at very different prices, in many times their usual number; when a vendor changes the unit, forgets a
split or continues a ticker with another company's prices, the new level is traded as quietly as the old one.

====================================  ======  =====  ============  =======
move, what happened                   move    range  range / move  volume
====================================  ======  =====  ============  =======
AIG 2008-09-15, before the rescue     -0.936  0.825  0.88          19 x
AAPL 2000-09-29, profit warning       -0.731  0.134  0.18          27 x
ANTM 2001-10-30, another company      -1.005  0.014  0.013         38 x
ANTM 2002-03-18, that company's split +0.717  0.030  0.041         0.6 x
ANTM 2004-09-30, that company again   +0.193  0.019  0.099         0.6 x
ANTM 2005-06-02, a forgotten split    -0.676  0.023  0.034         1.7 x
====================================  ======  =====  ============  =======
"""

from __future__ import annotations

import math
from enum import Enum

from foliohub.clean.thresholds import COMMON_SPLITS, Thresholds


class Verdict(Enum):
    """What the evidence of the day itself says about a move."""

    BELIEVED = "believed"
    BREAK = "break"
    """The day was traded as though nothing had happened: the unit of the price changed, not its value."""
    UNPROVEN = "unproven"
    """Too large to believe for what is known; a real loss, if the next day agrees."""


def judge_move(
    move: float,
    *,
    day_range: float = math.nan,
    volume_ratio: float = math.nan,
    sigma: float = math.nan,
    thresholds: Thresholds | None = None,
) -> Verdict:
    """Judge one move by what is known at its close.

    Parameters
    ----------
    move : float
        Log total return from the last believed close.
    day_range : float
        log(high / low) of the day; NaN where the vendor gives no range, 0 where today's is missing or nonsense.
    volume_ratio : float
        Volume over its median of the sessions before; NaN where not known.
    sigma : float
        Robust standard deviation of the sessions before; NaN where there are too few.
    thresholds : Thresholds, optional
        `suspicious_move`, `suspicious_sigmas`, `quiet_range`, `busy_volume`, `busy_range`, `unevidenced_move` and
        `implausible_move` are used; their documentation gives the reasons.

    Examples
    --------
    AIG on 2008-09-15, and a ticker that changed its company overnight:

    >>> judge_move(-0.936, day_range=0.825, volume_ratio=19)
    <Verdict.BELIEVED: 'believed'>
    >>> judge_move(-1.005, day_range=0.014, volume_ratio=38)
    <Verdict.BREAK: 'break'>
    """
    limits = thresholds or Thresholds()
    size = abs(move)
    common = limits.suspicious_sigmas * sigma if sigma == sigma else 0.0  # noqa: PLR0124 - false for NaN only
    if size <= max(limits.suspicious_move, min(common, limits.implausible_move)):
        return Verdict.BELIEVED
    busy = volume_ratio >= limits.busy_volume
    if math.isnan(day_range):
        if size <= (limits.implausible_move if busy else limits.unevidenced_move):
            return Verdict.BELIEVED
        return Verdict.BREAK if is_unit_change(move, limits.split_tolerance) else Verdict.UNPROVEN
    share = limits.busy_range if busy else limits.quiet_range
    bid = busy and 0 < move <= limits.implausible_move
    if day_range < share * size and not bid:
        return Verdict.BREAK
    return Verdict.BELIEVED if size <= limits.implausible_move else Verdict.UNPROVEN


def is_unit_change(move: float, tolerance: float) -> bool:
    """Whether a move is near a factor of 10, 100 or 1,000: pence for pounds, a lost decimal point.

    Examples
    --------
    >>> is_unit_change(math.log(101.5), tolerance=0.05)
    True
    """
    return any(abs(abs(move) - power * math.log(10)) <= tolerance for power in (1, 2, 3))


def forgotten_split(move: float, tolerance: float) -> float | None:
    """The common split ratio (new shares per old) that would explain a move, or None.

    Parameters
    ----------
    move : float
        Log total return, already found to be a break.
    tolerance : float
        How far the return left over may be from zero (`Thresholds.split_tolerance`).

    Examples
    --------
    >>> forgotten_split(math.log(67.64 / 133.0), tolerance=0.05)
    2.0
    >>> forgotten_split(math.log(40.9 / 111.7), tolerance=0.05) is None
    True
    """
    ratios = [*COMMON_SPLITS, *(1 / ratio for ratio in COMMON_SPLITS)]
    nearest = min(ratios, key=lambda ratio: abs(move + math.log(ratio)))
    return nearest if abs(move + math.log(nearest)) <= tolerance else None
