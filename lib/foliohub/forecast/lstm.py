"""The LSTM forecaster: a recurrent network over all tickers, trained ahead of time or when fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.forecaster import ReturnForecaster, check_horizons
from foliohub.forecast.history import MINIMUM_SESSIONS, History
from foliohub.forecast.intervals import Distribution, Intervals, Shape, Spread, mean_simple_return
from foliohub.forecast.lstm_fitting import OWN_RETURN, train, with_own_return
from foliohub.forecast.lstm_network import LstmParameters
from foliohub.forecast.lstm_trained import Outlook, TrainedLstm
from foliohub.forecast.supervised import feature_panel
from foliohub.types import DateLike, Mapper

HORIZONS = (1, 5, 10, 21)
"""Sessions ahead a network is trained for unless told otherwise."""

_SMALL = LstmParameters(length=20, warm_up=8, units=8, epochs=3, patience=2)


@dataclass(eq=False, kw_only=True)
class LstmForecaster(ReturnForecaster):
    """A long short-term memory that reads the last sessions' features and says how the returns ahead will be spread.

    One network serves all tickers, told apart by a short embedding, and all horizons. It speaks in units of the spread,
    as gradient boosting does, and of a whole distribution, a Student one with its location and scale; several seeds'
    distributions are mixed. Intervals are quantiles of the mixture, so that they nest.

    Parameters
    ----------
    trained : TrainedLstm, optional
        From :meth:`train`. Then `fit` learns nothing but the present spread, and refuses a cutoff earlier than the last
        session of the training. Without one, `fit` trains a small network each time.
    horizons : sequence of int
        To train for where there is no `trained` one; others cannot be forecast.
    seeds : sequence of int
        One network each.
    network : LstmParameters
        Size and training, where `fit` trains.

    Attributes
    ----------
    trained_ : TrainedLstm
        After `fit`: the model that speaks.

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation 9(8), 1735-1780.
    .. [2] Salinas, D., Flunkert, V., Gasthaus, J. and Januschowski, T. (2020). DeepAR: probabilistic forecasting with
       autoregressive recurrent networks. International Journal of Forecasting 36(3), 1181-1191 (one network over many
       series, Student likelihood).
    .. [3] Lakshminarayanan, B., Pritzel, A. and Blundell, C. (2017). Simple and scalable predictive uncertainty
       estimation using deep ensembles. NeurIPS 30 (mixing seeds).
    """

    name: str = "lstm"
    window: int | None = 1000
    trained: TrainedLstm | None = None
    horizons: Sequence[int] = HORIZONS
    seeds: Sequence[int] = (0,)
    network: LstmParameters = field(default_factory=lambda: _SMALL)

    @classmethod
    def train(
        cls,
        returns: pd.DataFrame,
        features: pd.DataFrame,
        *,
        horizons: Sequence[int] = HORIZONS,
        seeds: Sequence[int] = (0, 1, 2),
        network: LstmParameters | None = None,
        window: int | None = 1000,
        intervals: Intervals | None = None,
        described: Mapping[str, Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
        mapper: Mapper | None = None,
    ) -> TrainedLstm:
        """Train on everything up to the last row of `returns`.

        Parameters
        ----------
        returns : DataFrame (n_dates, n_tickers)
            Simple returns per session. Tickers that have left, or have too little history, are not learned from.
        features : DataFrame (n_dates * n_tickers, n_features)
            Index (date, ticker), known at the close of their date.
        horizons : sequence of int
            Sessions ahead.
        seeds : sequence of int
            One network each.
        network : LstmParameters, optional
        window : int or None
            Sessions to learn from, the last ones; None for all.
        intervals : Intervals, optional
            What the spread is made with; the forecaster's must be the same.
        described : mapping, optional
            What else the card says of the training data, as universe and versions; plain JSON.
        progress : callable, optional
            Called with (epochs done, epochs to do at most), all seeds together.
        mapper : Mapper, optional
            To train the seeds side by side, as ``foliohub.clusters.mapper(client)``; `progress` then counts whole
            networks. They are the same bits, in this process or in others of the same machine.

        Returns
        -------
        TrainedLstm

        Raises
        ------
        InputError, ModelError
            Where an argument is wrong or the history too short for a horizon.

        Notes
        -----
        The last part of the sessions validates: it ends the training, and training targets that reach into it are left
        out. Features are scaled with what is before it.
        """
        check_horizons(horizons)
        recent = returns if window is None else returns.iloc[-window:]
        learnable = recent.iloc[-1].notna() & (recent.notna().sum() >= MINIMUM_SESSIONS)
        history = History.check(recent.loc[:, learnable])
        return train(
            history,
            features,
            _spread(history, intervals or Intervals()),
            horizons=tuple(int(horizon) for horizon in horizons),
            seeds=tuple(int(seed) for seed in seeds),
            parameters=network or LstmParameters(),
            mapper=mapper,
            progress=progress,
            described=described or {},
        )

    def walk(
        self,
        returns: pd.DataFrame,
        features: pd.DataFrame | None,
        cutoffs: Sequence[DateLike] | pd.DatetimeIndex,
        horizons: Sequence[int],
        *,
        window: int | None = None,
    ) -> pd.DataFrame:
        """Forecast from many cutoffs, the networks reading the sequences of all of them at once.

        Parameters
        ----------
        returns : DataFrame (n_dates, n_tickers)
        features : DataFrame (n_dates * n_tickers, n_features)
        cutoffs : sequence of dates
            Sessions of `returns`.
        horizons : sequence of int
        window : int, optional
            Rows of `returns` up to each cutoff to hand to the forecaster; by default all.

        Returns
        -------
        DataFrame
            As `fit` and `predict` give at each cutoff, one after the other; numbers agree to 1e-6, as float32 sums of
            larger batches round differently.
        """
        panel = self._require(features)
        if self.trained is None:
            fits = (replace(self).fit(_until(returns, cutoff, window), panel) for cutoff in cutoffs)
            return pd.concat([one.predict(horizons) for one in fits], ignore_index=True)
        walkers, sequences, named = [], [], []
        for cutoff in cutoffs:
            history = History.check(_until(returns, cutoff, window), self.window)
            walkers.append(replace(self))
            sequences.append(walkers[-1].prepare(history, panel, self.trained))
            named += list(history.tickers)
        said, row, made = self.trained.speak(np.concatenate(sequences), named), 0, []
        for walker, read in zip(walkers, sequences, strict=True):
            made.append(walker.hear(said.rows(slice(row, row + len(read)))).predict(horizons))
            row += len(read)
        return pd.concat(made, ignore_index=True)

    def prepare(self, history: History, features: pd.DataFrame, trained: TrainedLstm) -> np.ndarray:
        """Take up a cutoff, and say what the networks have to read there: (n_tickers, length, n_features)."""
        trained.refuse_before(history.cutoff)
        self.trained_, self.cutoff_, self.tickers_ = trained, history.cutoff, history.tickers
        self._spread = _spread(history, self.intervals)
        return self._sequences(history, features)

    def hear(self, said: Outlook) -> Self:
        """Take what the networks said of the tickers at the cutoff."""
        self._said = said
        return self

    def _learn(self, history: History, features: pd.DataFrame | None) -> None:
        panel = self._require(features)
        trained = self.trained or train(
            history,
            panel,
            _spread(history, self.intervals),
            horizons=tuple(check_horizons(self.horizons)),
            seeds=tuple(self.seeds),
            parameters=self.network,
            mapper=None,
            progress=None,
            described={},
        )
        self.hear(trained.speak(self.prepare(history, panel, trained), list(history.tickers)))

    def _require(self, features: pd.DataFrame | None) -> pd.DataFrame:
        if features is None:
            raise InputError(f"{self.name} needs features.", remedy="Pass those of the same prices to fit.")
        return features

    def _sequences(self, history: History, features: pd.DataFrame) -> np.ndarray:
        """What the networks read at the cutoff: (n_tickers, length, n_features)."""
        scaling, length = self.trained_.scaling, self.trained_.parameters.length
        names = scaling.columns([*features.columns, OWN_RETURN])[:-1]
        late = History(
            history.dates[-length:], history.tickers, history.returns[-length:], history.log_returns[-length:]
        )
        panel = with_own_return(feature_panel(features[names], late), self._spread)
        scaled = scaling.apply(panel)
        read = np.zeros((len(history.tickers), length, scaled.shape[2]), dtype=np.float32)
        read[:, length - len(scaled) :] = scaled.transpose(1, 0, 2)
        return read

    def _forecast(self, horizon: int) -> Distribution:
        number = self.trained_.number(horizon)
        said, unit = self._said, self.trained_.units[number]
        variance = self._spread.variance(horizon)
        spread = np.sqrt(variance)
        # As for ARIMA: half the long-run variance turns the mean of the logarithm into that of the return.
        shape = Shape(np.empty(0), unit.moment)
        mean = mean_simple_return(said.location[:, number] * spread, self._spread.long_run[-1] * horizon, shape)
        bounds = np.expm1(said.bounds[..., number] * spread)
        return Distribution(
            mean=mean,
            lo_80=np.minimum(bounds[1], mean),
            hi_80=np.maximum(bounds[2], mean),
            lo_95=np.minimum(bounds[0], mean),
            hi_95=np.maximum(bounds[3], mean),
        )


def _spread(history: History, intervals: Intervals) -> Spread:
    return intervals.learn(history.log_returns - np.nanmean(history.log_returns, axis=0))


def _until(returns: pd.DataFrame, cutoff: DateLike, window: int | None) -> pd.DataFrame:
    """The last `window` rows up to a cutoff; None: all."""
    known = returns.loc[: pd.Timestamp(cutoff)]
    return known if window is None else known.iloc[-window:]
