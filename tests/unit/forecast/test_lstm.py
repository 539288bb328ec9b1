"""The LSTM: what it sees, what it learns, and that the same seed is the same bits."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.calendars import sessions
from foliohub.errors import InputError, ModelError
from foliohub.forecast.lstm_network import LstmParameters
from foliohub.forecast.lstm_sequences import Scaling, Sequences, last_sequences
from foliohub.forecast.lstm_training import Lesson, first_validation
from foliohub.forecast.student import fit_tails, mixture_quantiles

HORIZONS = (1, 5)
TINY = LstmParameters(length=6, warm_up=2, units=6, epochs=12, patience=12, learning_rate=0.02, dropout=0.0)


@pytest.fixture(scope="session")
def planted() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns whose expectation is the product of two features' signs: linear models see nothing of it."""
    generator = np.random.default_rng(8)
    days = sessions("2010-01-04", "2014-12-31")[:500].rename("date")
    tickers = [f"T{number}" for number in range(8)]
    first, second = generator.normal(size=(2, 500, 8))
    drift = 0.008 * np.sign(first * second)
    values = generator.normal(0, 0.01, (500, 8))
    values[1:] += drift[:-1]
    returns = pd.DataFrame(values, index=days, columns=tickers)
    wide = {"first": pd.DataFrame(first, days, tickers), "second": pd.DataFrame(second, days, tickers)}
    panel = pd.DataFrame({name: frame.stack(future_stack=True) for name, frame in wide.items()})
    return returns, panel.rename_axis(["date", "ticker"])


@pytest.fixture(scope="session")
def trained(planted) -> forecast.TrainedLstm:
    returns, features = planted
    return _train(returns.iloc[:450], features)


def _train(returns, features, **changes):
    given = {"horizons": HORIZONS, "seeds": (3, 4), "network": TINY, **changes}
    return forecast.LstmForecaster.train(returns, features, **given)


def test_it_learns_what_no_linear_model_could(trained, planted):
    score = trained.card["scores"]["1"]
    assert score["skill"] > 0.1
    assert score["dm_p_value"] < 0.001
    assert "better than a forecast of no change over 1" in trained.card["verdict"]
    returns, features = planted
    model = forecast.get("lstm", trained=trained)
    said = model.walk(returns, features, returns.index[449:-1], [1])
    outcome = returns.iloc[450:].to_numpy().ravel()
    error = ((said["mean"] - outcome) ** 2).sum() / (outcome**2).sum()
    assert error < 0.9, "out of sample too"


def test_where_there_is_nothing_to_learn_it_says_the_mean(planted):
    returns, features = planted
    shuffled = pd.DataFrame(
        np.random.default_rng(1).permutation(returns.to_numpy()), index=returns.index, columns=returns.columns
    )
    trained = _train(shuffled, features, seeds=(3,))
    assert trained.card["scores"]["1"]["skill"] < 0.02
    assert "no better than a forecast of no change" in trained.card["verdict"]


def test_one_seed_gives_one_sequence_of_bits(trained, planted):
    returns, features = planted
    again = _train(returns.iloc[:450], features, seeds=(4,))
    assert again.members[0] == trained.members[1]


def test_another_process_trains_the_same_networks(planted):
    returns, features = planted
    few, told = LstmParameters(length=6, warm_up=2, units=2, epochs=1), []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:

        def mapper(function, items, *shared):
            return pool.map(function, items, *([value] * len(items) for value in shared))

        there = _train(
            returns.iloc[-200:], features, network=few, mapper=mapper, progress=lambda *so_far: told.append(so_far)
        )
    assert there.to_bytes() == _train(returns.iloc[-200:], features, network=few).to_bytes()
    assert told == [(1, 2), (2, 2)]


def test_a_model_survives_its_file(trained, planted):
    returns, features = planted
    content = trained.to_bytes()
    back = forecast.TrainedLstm.from_bytes(content)
    assert back.to_bytes() == content
    first, second = (
        forecast.get("lstm", trained=one).fit(returns, features).predict([1, 5]) for one in (trained, back)
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    with pytest.raises(ModelError, match="no trained LSTM"):
        forecast.TrainedLstm.from_bytes(b"nothing")


def test_a_walk_is_fit_and_predict_at_each_cutoff(trained, planted):
    returns, features = planted
    model = forecast.get("lstm", trained=trained)
    cutoffs = returns.index[[449, 470, 499]]
    walked = model.walk(returns, features, cutoffs, [5, 1], window=300)
    slow = [
        forecast.get("lstm", trained=trained).fit(returns.loc[:cutoff].iloc[-300:], features).predict([5, 1])
        for cutoff in cutoffs
    ]
    pd.testing.assert_frame_equal(walked, pd.concat(slow, ignore_index=True), rtol=1e-6, atol=1e-9)
    assert not hasattr(model, "cutoff_"), "the forecaster itself stays as it was"


def test_a_walk_says_at_a_cutoff_what_it_says_when_nothing_follows(trained, planted):
    returns, features = planted
    model, cutoff = forecast.get("lstm", trained=trained), returns.index[470]
    other, panel = returns.copy(), features.copy()
    other.loc[other.index > cutoff] *= -3
    panel[panel.index.get_level_values("date") > cutoff] = np.nan
    panel.loc[returns.index[-1]] = 7.0
    walked = model.walk(other, panel, [cutoff, returns.index[-1]], [1, 5])
    alone = model.walk(returns.loc[:cutoff], features, [cutoff], [1, 5])
    pd.testing.assert_frame_equal(walked.iloc[: len(alone)], alone, rtol=1e-6, atol=1e-9)


def test_it_refuses_cutoffs_whose_future_it_has_seen(trained, planted):
    returns, features = planted
    model = forecast.get("lstm", trained=trained)
    model.fit(returns.iloc[:450], features)
    with pytest.raises(ModelError, match=r"trained on sessions up to 2011-10-13 .* seen what came"):
        model.fit(returns.iloc[:449], features)


def test_it_refuses_horizons_and_features_it_was_not_trained_with(trained, planted):
    returns, features = planted
    model = forecast.get("lstm", trained=trained)
    with pytest.raises(InputError, match=r"not trained for a horizon of 2\. Take one of 1, 5"):
        model.fit(returns, features).predict([2])
    with pytest.raises(ModelError, match="'second', which is not given"):
        model.fit(returns, features[["first"]])
    with pytest.raises(InputError, match="needs features"):
        model.fit(returns)


def test_a_ticker_it_does_not_know_is_forecast_all_the_same(trained, planted):
    returns, features = planted
    joined = returns.rename(columns={"T0": "NEW"})
    panel = features.rename(index={"T0": "NEW"}, level="ticker")
    said = forecast.get("lstm", trained=trained).fit(joined, panel).predict([1])
    assert said["ticker"].tolist()[0] == "NEW"
    assert said["mean"].notna().all()


def test_the_card_says_what_it_was_trained_on(trained):
    card = trained.card
    assert card["trained_on"]["last"] == f"{trained.last_session:%Y-%m-%d}" == "2011-10-13"
    assert card["trained_on"]["n_sessions"] == 450
    assert card["seeds"] == [3, 4]
    assert card["features"] == ["first", "second", "standardised_return"]
    assert set(card["libraries"]) == {"keras", "tensorflow", "numpy"}
    assert trained.noting(universe="sample").card["universe"] == "sample"


def test_progress_is_told_to_the_end(planted):
    returns, features = planted
    told = []
    few = LstmParameters(length=6, warm_up=2, units=2, epochs=2)
    _train(returns.iloc[-200:], features, network=few, seeds=(0,), progress=lambda *so_far: told.append(so_far))
    assert told[-1] == (2, 2)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": ()}, "seeds are"),
        ({"seeds": (1, 1)}, "seeds are"),
        ({"horizons": ()}, "no horizon"),
    ],
)
def test_senseless_trainings_are_refused(changes, message, planted):
    with pytest.raises(InputError, match=message):
        _train(*planted, **changes)
    with pytest.raises(InputError, match="warm_up is 6 of 6"):
        LstmParameters(length=6, warm_up=6)
    with pytest.raises(InputError, match="dropout is 1"):
        LstmParameters(dropout=1)


def test_too_short_a_history_is_refused(planted):
    returns, features = planted
    with pytest.raises(ModelError, match=r"too few to train and validate a forecast over 40"):
        _train(returns.iloc[-110:], features, horizons=(40,))


def test_scaling_looks_at_the_training_rows_only():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    scaling = Scaling.learn(values, ("level", "silent"))
    assert scaling.centre == (2.0, 0.0)
    assert scaling.apply(np.array([[2.0, 7.0], [100.0, np.nan]])).tolist() == [[0.0, 5.0], [5.0, 0.0]]


def test_each_target_stands_in_exactly_one_sequence():
    generator = np.random.default_rng(0)
    inputs, targets = generator.normal(size=(50, 3, 2)), generator.normal(size=(50, 3, 2))
    targets[:7, 1] = np.nan
    cut = Sequences.cut(inputs, targets, last=49, length=10, warm_up=4)
    taught = cut.targets[~np.isnan(cut.targets)]
    assert np.sort(taught) == pytest.approx(np.sort(targets[~np.isnan(targets)]), abs=1e-6)
    assert np.isnan(cut.targets[:, :4]).all()


def test_sequences_end_where_they_are_asked_to():
    panel = np.arange(12.0).reshape(6, 2, 1)
    read = last_sequences(panel, np.array([1, 5]), length=3)
    assert read[..., 0].tolist() == [[0, 0, 2], [0, 1, 3], [6, 8, 10], [7, 9, 11]]


def test_training_targets_are_over_when_the_validation_begins():
    targets = np.ones((100, 2, 2))
    targets[-1:, :, 0] = targets[-10:, :, 1] = np.nan
    first = first_validation(targets, (1, 10), 0.25)
    lesson = Lesson(np.empty(0), targets, (1, 10), first)
    for number, horizon in enumerate((1, 10)):
        last = np.flatnonzero(~np.isnan(lesson.taught()[:, 0, number])).max()
        assert last + horizon == first
        assert np.flatnonzero(~np.isnan(lesson.validated()[:, 0, number])).min() == first


def test_quantiles_of_a_mixture_are_those_of_many_draws():
    generator = np.random.default_rng(0)
    location, scale, tails = np.array([[-0.5], [1.0]]), np.array([[1.0], [2.0]]), np.array([[4.0], [9.0]])
    parts = zip(location, scale, tails, strict=True)
    draws = np.concatenate([middle + width * generator.standard_t(nu, 400_000) for middle, width, nu in parts])
    found = mixture_quantiles((0.025, 0.1, 0.9, 0.975), location, scale, tails)[:, 0]
    assert found == pytest.approx(np.quantile(draws, [0.025, 0.1, 0.9, 0.975]), abs=0.03)


def test_tails_are_those_of_scipys_likelihood():
    from scipy.stats import t as student

    values = 0.7 * np.random.default_rng(2).standard_t(5, 5000)
    nu, _, scale = student.fit(values, floc=0)
    found = fit_tails(values)
    assert (found.scale, found.degrees_of_freedom) == pytest.approx((scale, nu), rel=1e-3)
