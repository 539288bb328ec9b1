"""From what a vendor gave to the prices everything later stands on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.clean.adjustment import Bars, forward_index
from foliohub.clean.events import Recorder
from foliohub.clean.intake import fields_on, life, record_duplicates, record_non_sessions, sessions_to_clean
from foliohub.clean.levels import settle_levels
from foliohub.clean.quality import QualityReport, make_report
from foliohub.clean.rules.agreement import adjusted_close_disagrees, convention_gap, last_known
from foliohub.clean.screening import screen_bars
from foliohub.clean.thresholds import Thresholds
from foliohub.clean.walk import Levels
from foliohub.errors import InputError
from foliohub.frames import FIELDS, check_dates, check_panel, check_prices
from foliohub.types import DateLike, FloatArray, PricePanel

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class CleanPrices:
    """Clean prices of a universe, as of their last session.

    Parameters
    ----------
    panel : PricePanel
        The fields given, one row per session, without the benchmark: what is doubted is NaN, splits and dividends are
        repaired, and `adjusted_close` is ours.
    adjusted : DataFrame (n_dates, n_tickers)
        Our adjusted close, the prices all returns come from: a total-return index that starts at a ticker's first close
        and runs forward (:mod:`foliohub.clean.adjustment`). NaN only before a ticker's entry or first price, after its
        exit, and from its quarantine on.
    benchmark : Series (n_dates,) or None
        The benchmark's adjusted close, made in the same way.
    quality : QualityReport
        What was touched, and why.

    Notes
    -----
    As of any session *t*, all of this is what cleaning the rows up to *t* gives, bit for bit.
    """

    panel: PricePanel
    adjusted: pd.DataFrame
    benchmark: pd.Series | None
    quality: QualityReport

    @property
    def tickers(self) -> list[str]:
        """Tickers with an adjusted price on the last session: listed, not left, not quarantined."""
        return [str(ticker) for ticker in self.adjusted.columns[self.adjusted.iloc[-1].notna()]]

    @property
    def unsettled(self) -> list[str]:
        """Those of `tickers` whose close on the last session is missing or held: nothing can be ordered at it."""
        last = self.panel["close"].iloc[-1]
        return [ticker for ticker in self.tickers if np.isnan(last[ticker])]

    def returns(self) -> pd.DataFrame:
        """Simple total returns per session (n_dates, n_tickers); the first row of a ticker is NaN."""
        return self.adjusted.pct_change(fill_method=None)


def clean_prices(
    panel: PricePanel,
    *,
    sessions: pd.DatetimeIndex,
    entry: Mapping[str, DateLike | None] | None = None,
    exit: Mapping[str, DateLike | None] | None = None,  # noqa: A002 - the universe's own word
    benchmark: str | None = None,
    duplicates: pd.DataFrame | None = None,
    refused: Mapping[str, str] | None = None,
    thresholds: Thresholds | None = None,
) -> CleanPrices:
    r"""Apply every rule to a panel of raw prices.

    Parameters
    ----------
    panel : PricePanel
        Raw prices as traded, fields of (n_dates, n_tickers); only the close, or the adjusted close in its place, is a
        must. Fields that are absent or NaN count as not given, and the rules that need them are skipped.
    sessions : DatetimeIndex
        When the exchange traded, up to the session as of which to clean. Later rows of the panel are not looked at,
        sessions before its first row are ignored.
    entry, exit : mapping, optional
        Ticker -> first and last day of its life in the universe, both included; None or absent for no bound. What lies
        outside is left out: with an entry, the years of another company under the same ticker can be cut off.
    benchmark : str, optional
        The column of the panel that is no member of the universe.
    duplicates : DataFrame, optional
        Events of the ingest, which saw each answer's dates before they became the index of a panel: columns `ticker`
        and `date`, and what it knows of :data:`~foliohub.clean.EVENT_COLUMNS` (`rule` is "duplicate_date" by default).
    refused : mapping, optional
        Ticker -> reason, for members that have no column because the vendor had nothing; they count as quarantined.
    thresholds : Thresholds, optional
        When the rules speak.

    Returns
    -------
    CleanPrices

    Raises
    ------
    ContractError
        The panel is none (see :func:`foliohub.frames.check_panel`).
    InputError
        No row of the panel is a session, or the benchmark is not among its columns.

    Examples
    --------
    A close with its decimal point lost is held on its day, and the next one shows it up as a spike:

    >>> days = pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"])
    >>> close = pd.DataFrame({"AAA": [50.0, 50.5, 5100.0, 51.0]}, index=days)
    >>> clean = clean_prices({"close": close}, sessions=days)
    >>> clean.adjusted["AAA"].round(4).tolist()
    [50.0, 50.5, 50.5, 51.0]
    >>> clean.quality.events[["date", "rule", "action"]].to_string(index=False, header=False).split("\n")
    ['2020-01-06 unexplained_move held', '2020-01-07 spike_reverted kept']
    """
    limits = thresholds or Thresholds()
    entry, exit = entry or {}, exit or {}  # noqa: A001
    check_panel(panel)
    check_dates(sessions, "the sessions")
    tickers = panel["close"].columns
    if benchmark is not None and benchmark not in tickers:
        raise InputError(f"The panel has no benchmark {benchmark!r}.", remedy="Ingest it, or clean without one.")
    dates = sessions_to_clean(pd.DatetimeIndex(panel["close"].index), sessions)
    recorder = Recorder(dates, tickers)
    record_non_sessions(panel["close"], recorder)
    if duplicates is not None:
        record_duplicates(duplicates, recorder)

    expected = life(dates, tickers, entry, exit)
    received = fields_on(panel, dates, expected)
    fields, bars = screen_bars(received, expected, recorder, limits)
    levels = settle_levels(bars, expected, recorder, limits)
    alive = expected & (np.arange(len(dates))[:, None] < levels.quarantined_from)
    adjusted = np.where(alive, forward_index(bars.close, levels.growth), np.nan)
    _compare_with_vendor(adjusted, bars, levels, recorder, limits)

    for name in ("open", "high", "low", "close", "volume"):
        fields[name] = np.where(levels.held, np.nan, fields[name])
    for name, repaired in (("split", levels.split), ("dividend", levels.dividend)):
        fields[name] = np.where(np.isnan(fields[name]) & (repaired == getattr(bars, name)), np.nan, repaired)
    fields["adjusted_close"] = adjusted
    frames = {
        name: pd.DataFrame(np.where(alive, fields[name], np.nan), index=dates, columns=tickers)
        for name in FIELDS
        if name in panel or name == "adjusted_close"
    }
    check_prices(frames["adjusted_close"], "our adjusted close")
    quality = make_report(
        recorder,
        frames["close"].notna(),
        received=received,
        expected=expected,
        quarantined_from=levels.quarantined_from,
        entry=entry,
        refused=refused or {},
        patience=limits.carried_sessions,
    )
    _LOGGER.info(
        "Cleaned %d tickers over %d sessions to %s: %d events, %d tickers quarantined.",
        len(tickers),
        len(dates),
        f"{dates[-1]:%Y-%m-%d}",
        len(quality.events),
        len(quality.quarantined),
    )
    if benchmark is None:
        return CleanPrices(frames, frames["adjusted_close"], None, quality)
    members = [ticker for ticker in tickers if ticker != benchmark]
    panel = {name: frame[members] for name, frame in frames.items()}
    return CleanPrices(panel, panel["adjusted_close"], frames["adjusted_close"][benchmark], quality)


def _compare_with_vendor(
    adjusted: FloatArray, bars: Bars, levels: Levels, recorder: Recorder, limits: Thresholds
) -> None:
    """Record where the vendor's adjusted close implies another return than ours."""
    vendors = np.where(bars.actions_given, bars.vendor_adjusted, np.nan)
    gap = convention_gap(bars.close, levels.split, levels.dividend)
    disagrees = adjusted_close_disagrees(adjusted, vendors, gap, limits.agreement)
    ours, theirs = adjusted / last_known(adjusted) - 1, vendors / last_known(vendors) - 1
    for row, column in np.argwhere(disagrees).tolist():
        remark = f"the vendor's return is {theirs[row, column]:+.2%}, ours {ours[row, column]:+.2%}"
        received = bars.vendor_adjusted[row, column]
        recorder.add(
            row,
            column,
            rule="adjusted_close_disagrees",
            field="adjusted_close",
            received=received,
            action="kept",
            remark=remark,
        )
