"""A walk through one ticker's missing prices and doubted moves, with nothing but what each day knew.

The ticker is followed from its last believed close (the *anchor*) until a close is believed again:

- a missing close carries the adjusted price;
- a move that :func:`~foliohub.clean.rules.judge_move` does not believe is explained, if possible, by a split or a
  dividend that did not happen, or by a split that the vendor forgot; otherwise the bar is *held*: it is set missing,
  the adjusted price is carried, and its close becomes a second anchor;
- the next close belongs to the nearer of the two. Near the first, the held bar was a spike. Near the second, the new
  level stands: after a *break* growth resumes from it (the jump was a change of unit, worth nothing); after an
  *unproven* move all of it is booked on the day that confirms it, as the loss is real;
- a ticker that stays without a believed price too long, or too often, is quarantined for good: bridging on would invent
  prices. An entry date after the gap brings it back.

No decision about a day is ever revised by a later one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foliohub.clean.adjustment import Bars
from foliohub.clean.events import Action, BoolArray, Recorder
from foliohub.clean.rules.moves import Verdict, forgotten_split, judge_move
from foliohub.clean.thresholds import WINDOW, YEAR, Thresholds
from foliohub.types import FloatArray


@dataclass(frozen=True)
class Levels:
    """What was decided.

    Parameters
    ----------
    growth : ndarray (n_dates, n_tickers)
        Growth of a share since the session before; 1 where the price is carried, NaN up to the first price.
    held : ndarray of bool (n_dates, n_tickers)
        Bars that are doubted.
    split, dividend : ndarray (n_dates, n_tickers)
        As received, with the repairs.
    quarantined_from : ndarray of int (n_tickers,)
        First row without prices; n_dates for a ticker that is not quarantined.
    """

    growth: FloatArray
    held: BoolArray
    split: FloatArray
    dividend: FloatArray
    quarantined_from: npt.NDArray[np.int64]


@dataclass
class Anchor:
    """A close, and what one share bought at it has become since, apart from the price."""

    row: int
    close: float
    verdict: Verdict = Verdict.BELIEVED
    shares: float = 1.0
    cash: float = 0.0

    def grown(self, close: float, split: float, dividend: float) -> float:
        """Growth of the share if it closes at `close` after the day's split and dividend."""
        return (close * self.shares * split + self.cash + self.shares * dividend) / self.close

    def hold(self, split: float, dividend: float) -> None:
        """Carry the share over a day without a believed price."""
        self.cash += self.shares * dividend
        self.shares *= split


class Walk:
    """One ticker's walk; writes its decisions into `levels` and its events into `recorder`.

    The rules it records: `unexplained_move`, `spike_reverted`, `new_level`, `split_without_move`,
    `dividend_without_move`, `forgotten_split`, `quarantine`.
    """

    def __init__(
        self, column: int, bars: Bars, moves: FloatArray, *, levels: Levels, recorder: Recorder, thresholds: Thresholds
    ) -> None:
        self.column = column
        self.close, self.volume = bars.close[:, column], bars.volume[:, column]
        self.vendor_adjusted, self.actions_given = bars.vendor_adjusted[:, column], bars.actions_given[:, column]
        with np.errstate(invalid="ignore"):
            self.range = np.log(bars.high[:, column] / bars.low[:, column])
        self.moves = moves
        self.growth, self.held = levels.growth[:, column], levels.held[:, column]
        self.split, self.dividend = levels.split[:, column], levels.dividend[:, column]
        self.quarantined_from = levels.quarantined_from
        self.recorder, self.thresholds = recorder, thresholds
        self.bridged: list[int] = []

    def through(self, trouble: npt.NDArray[np.int64], end: int) -> None:
        """Settle every row of trouble before row `end`."""
        position = 0
        while position < len(trouble):
            settled = self._until_settled(int(trouble[position]), end)
            if settled is None:
                return
            position = int(np.searchsorted(trouble, settled, side="right"))

    def _until_settled(self, row: int, end: int) -> int | None:
        """Walk from a row of trouble to the next believed close; None where there is none before `end`."""
        base, second = Anchor(row - 1, float(self.close[row - 1])), None
        while row < end:
            if not np.isnan(self.close[row]):
                anchor, verdict = self._weigh(row, [base, second] if second else [base])
                if anchor is not None:
                    self._accept(row, anchor, base, second)
                    return row
                self._hold(row, base, verdict)
                second = Anchor(row, float(self.close[row]), verdict)
            elif second:
                second.hold(self.split[row], self.dividend[row])
            base.hold(self.split[row], self.dividend[row])
            self.growth[row] = 1.0
            self.bridged.append(row)
            if self._quarantine(row, base):
                return None
            row += 1
        return None

    def _weigh(self, row: int, anchors: list[Anchor]) -> tuple[Anchor | None, Verdict]:
        """The anchor today's close belongs to, or None and why; repairs the day's split or dividend if that helps."""
        split, dividend = float(self.split[row]), float(self.dividend[row])
        nearest = min(anchors, key=lambda anchor: abs(self._move(row, anchor, split, dividend)))
        move = self._move(row, nearest, split, dividend)
        verdict = self._judge(row, move)
        if verdict is Verdict.BELIEVED:
            return nearest, verdict
        for rule, without in (("split_without_move", (1.0, dividend)), ("dividend_without_move", (split, 0.0))):
            left = self._move(row, nearest, *without)
            if abs(left) < abs(move) and self._judge(row, left) is Verdict.BELIEVED:
                why = f"the day's return is {math.expm1(left):+.1%} then, not {math.expm1(move):+.1%}"
                self._repair(row, rule, (split, dividend), without, why)
                return nearest, Verdict.BELIEVED
        ratio = forgotten_split(move, self.thresholds.split_tolerance) if verdict is Verdict.BREAK else None
        if ratio is not None and not np.isnan(self.range[row]):
            repaired = (split * ratio, dividend)
            left = self._move(row, nearest, *repaired)
            why = f"a quiet day's return is {math.expm1(left):+.1%} then, not {math.expm1(move):+.1%}"
            self._repair(row, "forgotten_split", (split, dividend), repaired, why)
            return nearest, Verdict.BELIEVED
        return None, verdict

    def _accept(self, row: int, anchor: Anchor, base: Anchor, second: Anchor | None) -> None:
        """Book the growth up to a believed close."""
        booked = anchor if anchor.verdict is Verdict.BREAK else base
        self.growth[row] = self._grown(row, booked, float(self.split[row]), float(self.dividend[row]))
        if second is None:
            return
        held = f"{second.close:g} of {self.recorder.dates[second.row]:%Y-%m-%d}"
        if anchor is base:
            self._record(row, "spike_reverted", "kept", f"{held} was a spike: this is near the close before it")
        elif booked is second:
            self._record(
                row, "new_level", "kept", f"confirms {held}: growth resumes there, the jump counts for nothing"
            )
        else:
            booking = f"the whole move of {self.growth[row] - 1:+.1%} is booked today"
            self._record(row, "new_level", "kept", f"confirms {held}: {booking}")

    def _hold(self, row: int, base: Anchor, verdict: Verdict) -> None:
        move = self._move(row, base, float(self.split[row]), float(self.dividend[row]))
        remark = f"{math.expm1(move):+.1%} since {base.close:g} of {self.recorder.dates[base.row]:%Y-%m-%d}"
        day_range, ratio = self._range(row), self._volume_ratio(row)
        if not math.isnan(day_range):
            remark += f", in a day's range of {math.expm1(day_range):.1%}"
        if not math.isnan(ratio):
            remark += f" on {ratio:.1f} times the usual volume"
        why = "traded as though nothing had happened" if verdict is Verdict.BREAK else "too large to believe for a day"
        self.held[row] = True
        self._record(row, "unexplained_move", "held", f"{remark}: {why}")

    def _repair(
        self, row: int, rule: str, received: tuple[float, float], repaired: tuple[float, float], why: str
    ) -> None:
        """Put another split and dividend in the place of those received."""
        self.split[row], self.dividend[row] = repaired
        which, field = (1, "dividend") if rule == "dividend_without_move" else (0, "split")
        self.recorder.add(
            row,
            self.column,
            rule=rule,
            field=field,
            received=received[which],
            action="repaired",
            remark=f"set to {repaired[which]:g}: {why}",
        )

    def _quarantine(self, row: int, base: Anchor) -> bool:
        """Whether the ticker has been without a believed price too long or too often; records it."""
        limits = self.thresholds
        recent = len(self.bridged) - bisect_right(self.bridged, row - YEAR)
        if row - base.row > limits.carried_sessions:
            reason = (
                f"no believable price for {row - base.row} sessions, since {self.recorder.dates[base.row]:%Y-%m-%d}"
            )
        elif recent > limits.bridged_share * YEAR:
            reason = f"no believable price on {recent} of the last {YEAR} sessions"
        else:
            return False
        self.quarantined_from[self.column] = row
        self._record(row, "quarantine", "quarantined", reason)
        return True

    def _grown(self, row: int, anchor: Anchor, split: float, dividend: float) -> float:
        """Growth of a share from an anchor to today's close; by the vendor's adjusted close for want of actions."""
        vendors = float(self.vendor_adjusted[row] / self.vendor_adjusted[anchor.row])
        if not self.actions_given[row] and vendors > 0:
            return vendors
        return anchor.grown(float(self.close[row]), split, dividend)

    def _move(self, row: int, anchor: Anchor, split: float, dividend: float) -> float:
        return math.log(self._grown(row, anchor, split, dividend))

    def _judge(self, row: int, move: float) -> Verdict:
        return judge_move(
            move,
            day_range=self._range(row),
            volume_ratio=self._volume_ratio(row),
            sigma=self._sigma(row),
            thresholds=self.thresholds,
        )

    def _range(self, row: int) -> float:
        """Log range of the day; 0, no evidence at all, where the vendor gave ranges before and none today."""
        if not np.isnan(self.range[row]):
            return float(self.range[row])
        return math.nan if np.isnan(self.range[:row]).all() else 0.0

    def _volume_ratio(self, row: int) -> float:
        """Today's volume, in shares of before the day's split, over the median of the sessions before."""
        before = self.volume[max(0, row - WINDOW) : row]
        before = before[~np.isnan(before)]
        usual = float(np.median(before)) if len(before) >= 5 else math.nan
        return float(self.volume[row] / self.split[row]) / usual if usual > 0 else math.nan

    def _sigma(self, row: int) -> float:
        """Robust standard deviation of the log moves of the sessions before; NaN for fewer than 21."""
        before = self.moves[max(0, row - WINDOW) : row]
        before = before[~np.isnan(before)]
        return 1.4826 * float(np.median(np.abs(before))) if len(before) >= 21 else math.nan

    def _record(self, row: int, rule: str, action: Action, remark: str) -> None:
        received = float(self.close[row])
        self.recorder.add(row, self.column, rule=rule, field="close", received=received, action=action, remark=remark)
