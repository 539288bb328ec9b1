"""A walk-forward of forecasters: what they would have said at past cutoffs, and what happened then."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.backtest.outcomes import outcomes
from foliohub.backtest.scorecard import scorecard
from foliohub.errors import InputError
from foliohub.frames import check_returns
from foliohub.types import DateLike, Forecaster, Mapper, WalkForecaster


@dataclass(frozen=True, slots=True, eq=False)
class ForecastEvaluation:
    """Forecasts at many cutoffs beside their outcomes.

    Parameters
    ----------
    forecasts : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, the cumulative simple return that came: NaN where it is
        not known yet, or the ticker had left before.
    left_out : DataFrame
        Columns cutoff, ticker, reason: what was not forecast, and why.
    """

    forecasts: pd.DataFrame
    left_out: pd.DataFrame

    @property
    def scorecard(self) -> pd.DataFrame:
        """All scores by horizon and model: :func:`foliohub.backtest.scorecard`."""
        return scorecard(self.forecasts)


def evaluate_forecasters(
    returns: pd.DataFrame,
    features: pd.DataFrame | None,
    forecasters: Sequence[Forecaster],
    cutoffs: Sequence[DateLike] | pd.DatetimeIndex,
    horizons: Sequence[int],
    *,
    window: int | None = None,
    minimum_history: int = 252,
    progress: Callable[[int, int], None] | None = None,
    n_jobs: int = 1,
    mapper: Mapper | None = None,
) -> ForecastEvaluation:
    """Fit every forecaster anew at every cutoff, on what was known then, and join what came.

    Forecasters that `walk` (:class:`~foliohub.types.WalkForecaster`) pass all cutoffs in one go, or 126 at a time.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple returns per session; NaN before a ticker's first and after its last.
    features : DataFrame (n_dates * n_tickers, n_features) or None
        Index (date, ticker), known at the close of their date.
    forecasters : sequence of Forecaster
        Each of a name of its own; copied, never changed.
    cutoffs : sequence of dates
        Sessions of `returns` to forecast from.
    horizons : sequence of int
        Sessions ahead.
    window : int, optional
        Sessions up to each cutoff to fit on, the same number at every one; by default all there are, more at each.
    minimum_history : int
        Returns a ticker needs among these to be forecast.
    progress : callable, optional
        Called with (forecasts made, forecasts to make), one being one forecaster at one cutoff.
    n_jobs : int
        Processes; -1 for one per core. The result is the same for any number.
    mapper : Mapper, optional
        Computes in place of these, as ``clusters.mapper(client)`` on the workers of a cluster; again the same.

    Returns
    -------
    ForecastEvaluation

    Raises
    ------
    InputError
        Where two forecasters share a name, a cutoff is no session of `returns` or has fewer than `window` up to it, or
        a forecast is for a day that is no session.
    ModelError
        Of a forecaster, naming the ticker it cannot forecast.

    Notes
    -----
    A forecaster is handed copies of the rows of its window and nothing else; one that walks, those up to the last of
    its cutoffs, of which a property test holds that they change nothing said before them. Tickers that had left by the
    end of the data are forecast as long as they were there: what they did is part of the record.

    Examples
    --------
    >>> import numpy as np
    >>> from foliohub import forecast
    >>> days = pd.bdate_range("2019-01-02", periods=400)
    >>> draws = np.random.default_rng(0).normal(0, 0.01, (400, 2))
    >>> returns = pd.DataFrame(draws, index=days, columns=["A", "B"])
    >>> models = [forecast.get("zero", calendar="24/5"), forecast.get("mean", calendar="24/5")]
    >>> evaluation = evaluate_forecasters(returns, None, models, days[[300, 320, 340]], [1, 5])
    >>> evaluation.scorecard.loc[5, ["observations", "mae", "coverage_80"]].round(4).to_dict("index")
    {'zero': {'observations': 6, 'mae': 0.0231, 'coverage_80': 0.5},
     'mean': {'observations': 6, 'mae': 0.0227, 'coverage_80': 0.5}}
    """
    check_returns(returns)
    _require_own_names(forecasters)
    windows = [_window(returns, _position(returns, cutoff), window) for cutoff in cutoffs]
    _require(bool(windows), "There is no cutoff.", "Give at least one session.")
    places, left_out = [], []
    for rows in windows:
        known = returns.iloc[rows]
        tickers, reasons = _forecastable(known, minimum_history)
        left_out += [(known.index[-1], ticker, reason) for ticker, reason in reasons.items()]
        places += [(rows, tickers)] if len(tickers) else []
    _require(bool(places), f"No ticker has {minimum_history} returns at any cutoff.", "Take later cutoffs.")
    tasks = [(model, *block) for model in forecasters for block in _blocks(model, places)]
    made, done = [], 0
    shared = (returns, features, list(horizons), window, mapper is not None or n_jobs != 1)
    for task, forecasts in zip(tasks, (mapper or _processes(n_jobs))(_forecast, tasks, *shared), strict=True):
        made.append(forecasts)
        for _ in task[1]:
            done += 1
            if progress is not None:
                progress(done, len(places) * len(forecasters))
    frame = _in_order(pd.concat(made, ignore_index=True), [one.name for one in forecasters])
    _require_sessions(returns, frame)
    frame["outcome"] = outcomes(returns, frame)
    return ForecastEvaluation(frame, pd.DataFrame(left_out, columns=["cutoff", "ticker", "reason"]))


_Block = tuple[tuple[slice, ...], pd.Index]
_Task = tuple[Forecaster, tuple[slice, ...], pd.Index]

_WALK = 126  # cutoffs a walk passes in one go: the same whoever computes how many of them at a time


def _blocks(forecaster: Forecaster, places: Sequence[tuple[slice, pd.Index]]) -> Iterable[_Block]:
    """Cutoffs to forecast together: for those that walk, consecutive ones with the same tickers; else each alone."""
    block: list[slice] = []
    tickers = places[0][1]
    for rows, present in places:
        fits = block and len(block) < _WALK and rows.stop > block[-1].stop and present.equals(tickers)
        if block and not (fits and isinstance(forecaster, WalkForecaster)):
            yield tuple(block), tickers
            block = []
        block.append(rows)
        tickers = present
    yield tuple(block), tickers


def _in_order(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """By cutoff, as they were asked for, then by model; within these as they came."""
    cutoff = pd.factorize(frame["cutoff"])[0]
    model = pd.Index(names).get_indexer(pd.Index(frame["model"]))
    return frame.iloc[np.lexsort((model, cutoff))].reset_index(drop=True)


def _processes(n_jobs: int) -> Mapper:
    """What computes here, on so many processes."""

    def run(function: Callable[..., pd.DataFrame], items: Sequence[_Task], *shared: object) -> Iterable[pd.DataFrame]:
        if n_jobs == 1:
            return (function(item, *shared) for item in items)
        from joblib import Parallel, delayed  # type: ignore[import-untyped]

        answers: Iterable[pd.DataFrame] = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(function)(item, *shared) for item in items
        )
        return answers

    return run


def _forecast(
    task: _Task,
    returns: pd.DataFrame,
    features: pd.DataFrame | None,
    horizons: list[int],
    window: int | None,
    spread: bool,
) -> pd.DataFrame:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    forecaster, rows, tickers = task
    known = returns[tickers].iloc[rows[0].start : rows[-1].stop].copy()
    if features is not None:
        dates = features.index.get_level_values("date")
        features = features[(dates >= known.index[0]) & (dates <= known.index[-1])].copy()
    forecaster = copy.deepcopy(forecaster)
    # Of tasks that are computed side by side each takes one core: threads of a forecaster's own would share it.
    if spread and getattr(forecaster, "threads", 1) is None:
        forecaster.threads = 1  # type: ignore[attr-defined]
    # One thread each: sums of linear algebra depend on how many share them, and n_jobs must change no number.
    with threadpool_limits(1):
        if isinstance(forecaster, WalkForecaster):
            cutoffs = pd.DatetimeIndex(returns.index[[one.stop - 1 for one in rows]])
            return forecaster.walk(known, features, cutoffs, horizons, window=window)
        return forecaster.fit(known, features).predict(horizons)


def _forecastable(known: pd.DataFrame, minimum_history: int) -> tuple[pd.Index, dict[str, str]]:
    """Tickers to forecast at the last row, and for the others the reason."""
    reasons = {}
    for ticker in known.columns:
        dates = known.index[known[ticker].notna()]
        if len(dates) < minimum_history:
            reasons[ticker] = f"{len(dates)} returns so far, of {minimum_history} wanted"
        elif dates[-1] != known.index[-1]:
            reasons[ticker] = f"no return at the cutoff; the last is of {dates[-1]:%Y-%m-%d}"
    return known.columns[~known.columns.isin(list(reasons))], reasons


def _require_sessions(returns: pd.DataFrame, forecasts: pd.DataFrame) -> None:
    dates = pd.DatetimeIndex(forecasts["date"])
    foreign = ~dates.isin(returns.index) & (dates <= returns.index[-1])
    if foreign.any():
        row = forecasts[foreign].iloc[0]
        raise InputError(
            f"{row['model']} forecasts {row['date']:%Y-%m-%d}, which is no session of the returns.",
            remedy="Give the forecaster the calendar of the returns.",
        )


def _position(returns: pd.DataFrame, cutoff: DateLike) -> int:
    stamp = pd.Timestamp(cutoff)
    _require(
        stamp in returns.index,
        f"The cutoff {stamp:%Y-%m-%d} is no session of the returns.",
        f"Take sessions from {returns.index[0]:%Y-%m-%d} to {returns.index[-1]:%Y-%m-%d}.",
    )
    return int(returns.index.get_indexer(pd.DatetimeIndex([stamp]))[0])


def _window(returns: pd.DataFrame, position: int, window: int | None) -> slice:
    """Rows to fit on at the cutoff in row `position`."""
    if window is None:
        return slice(0, position + 1)
    _require(window >= 1, f"window is {window}.", "Give sessions from 1, or None for all.")
    known = position + 1
    _require(
        known >= window,
        f"There are {known} sessions up to the cutoff {returns.index[position]:%Y-%m-%d}, of {window} to fit on.",
        "Take later cutoffs, a shorter window or more returns.",
    )
    return slice(known - window, known)


def _require_own_names(forecasters: Sequence[Forecaster]) -> None:
    names = [forecaster.name for forecaster in forecasters]
    _require(bool(names), "There is no forecaster.", "Give at least one.")
    _require(
        len(set(names)) == len(names),
        f"The forecasters {', '.join(names)} do not each have a name of their own.",
        "Name them, as forecast.get('ewma', half_life=21, name='ewma_21').",
    )


def _require(holds: bool, message: str, remedy: str) -> None:
    if not holds:
        raise InputError(message, remedy=remedy)
