"""Gradient boosting's quantiles and the search for its parameters."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.calendars import sessions
from foliohub.errors import InputError, ModelError
from foliohub.forecast.gradient_search import TRIAL_COLUMNS, HalvingSearch, PurgedFolds

TICKERS = [f"T{number}" for number in range(12)]


@pytest.fixture(scope="module")
def nervous() -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Returns whose spread tomorrow is told by a feature today, and by nothing in the returns themselves."""
    generator = np.random.default_rng(12)
    days = sessions("2010-01-04", "2014-12-31")[:700].rename("date")
    alarm = (generator.random((700, 12)) < 0.5).astype(float)
    scale = np.full((700, 12), 0.01)
    scale[1:] = np.where(alarm[:-1] > 0, 0.02, 0.005)
    returns = pd.DataFrame(generator.normal(size=(700, 12)) * scale, index=days, columns=TICKERS)
    panel = pd.DataFrame({"alarm": pd.DataFrame(alarm, days, TICKERS).stack(future_stack=True)})
    return returns, panel.rename_axis(["date", "ticker"]), alarm


def test_quantiles_are_as_wide_as_the_features_say(nervous):
    returns, features, alarm = nervous
    covered, widths = [], []
    for row in range(640, 699, 16):
        model = forecast.get("gradient_boosting", quantiles=True, smallest_leaf=50, trees=30, learning_rate=0.1)
        said = model.fit(returns.iloc[: row + 1], features).predict([1])
        outcome = returns.iloc[row + 1].to_numpy()
        covered.append(((said["lo_80"] <= outcome) & (outcome <= said["hi_80"])).to_numpy())
        widths.append([(said["hi_80"] - said["lo_80"])[alarm[row] == state].mean() for state in (0, 1)])
    calm, wild = np.mean(widths, axis=0)
    assert np.mean(covered) == pytest.approx(0.8, abs=0.1)
    assert wild / calm == pytest.approx(4, rel=0.25)


def test_quantiles_nest_around_the_mean(returns, features):
    said = forecast.get("gradient_boosting", quantiles=True, smallest_leaf=20).fit(returns, features).predict([1, 10])
    for low, high in (("lo_95", "lo_80"), ("lo_80", "mean"), ("mean", "hi_80"), ("hi_80", "hi_95")):
        assert (said[low] <= said[high]).all()


def test_the_mean_is_the_same_with_and_without_quantiles(returns, features):
    first, second = (
        forecast.get("gradient_boosting", quantiles=quantiles).fit(returns, features).predict([5])["mean"]
        for quantiles in (False, True)
    )
    assert first.equals(second)


def test_a_search_says_all_it_tried_and_what_it_chose(nervous):
    returns, features, _ = nervous
    search = HalvingSearch(candidates=4, folds=2, seed=1)
    model = forecast.get("gradient_boosting", search=search, trees=30).fit(returns, features)
    found = model.tune([1, 5])
    first = model.predict([1, 5])
    assert tuple(model.trials_.columns) == ("horizon", *TRIAL_COLUMNS)
    assert found.trials == len(model.trials_), "forecasting searches no second time"
    assert (model.trials_["round"] == 0).sum() == 2 * (4 + 1), "what stands is tried beside the candidates"
    assert model.trials_.groupby("horizon")["trees"].max().le(30).all()
    assert set(model.tuned_) == {1, 5}
    searches = forecast.TunedBoosting().adding(found)
    again = forecast.get("gradient_boosting", tuned=searches, trees=30).fit(returns, features)
    pd.testing.assert_frame_equal(again.predict([1, 5]), first, check_exact=True)
    assert again.trials_.empty


def test_a_search_of_one_seed_is_the_same_search(nervous):
    returns, features, _ = nervous
    search = HalvingSearch(candidates=3, folds=2, seed=1)
    models = [forecast.get("gradient_boosting", search=search, trees=30).fit(returns, features) for _ in range(2)]
    for model in models:
        model.predict([1])
    pd.testing.assert_frame_equal(models[0].trials_, models[1].trials_, check_exact=True)


def _rows():
    generator = np.random.default_rng(3)
    dates = np.repeat(np.arange(150), 4)
    x = generator.normal(size=(600, 3))
    return x, np.where(x[:, 0] > 0, 1.0, -1.0) + generator.normal(size=600), dates


def test_a_search_goes_on_as_scikit_learns_does():
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - what the next import needs
    from sklearn.model_selection import HalvingRandomSearchCV

    from foliohub.forecast.gradient_search import _SPACE

    x, y, dates = _rows()
    chosen, trials = HalvingSearch(candidates=5, folds=2, seed=4).run(x, y, dates, 5, 40)
    theirs = HalvingRandomSearchCV(
        HistGradientBoostingRegressor(early_stopping=False, random_state=4),
        {name: list(values) for name, values in _SPACE.items()},
        n_candidates=5,
        resource="max_iter",
        max_resources=40,
        min_resources=10,
        cv=PurgedFolds(dates, 5, 2),
        scoring="neg_mean_squared_error",
        random_state=4,
        refit=False,
    ).fit(x, y)
    tried = theirs.cv_results_
    assert trials["trees"].tolist() == tried["n_resources"].tolist() == [10] * 5 + [30] * 2
    assert np.sort(trials["loss"]) == pytest.approx(np.sort(-tried["mean_test_score"]), rel=1e-9)
    assert np.sort(trials["loss_error"]) == pytest.approx(np.sort(tried["std_test_score"]), rel=1e-9)
    names = {"learning_rate": "learning_rate", "leaves": "max_leaf_nodes", "smallest_leaf": "min_samples_leaf"}
    assert chosen == {ours: theirs.best_params_[name] for ours, name in names.items()}


def test_a_search_is_the_same_wherever_its_trials_are_computed():
    def mapper(function, items, *shared):
        """As elsewhere: from copies, and in another order."""
        sent = [pickle.dumps((function, item, shared)) for item in items]
        answers = {}
        for place in reversed(range(len(sent))):
            copied, item, others = pickle.loads(sent[place])
            answers[place] = copied(item, *others)
        return [answers[place] for place in range(len(sent))]

    there = HalvingSearch(candidates=3, folds=2, mapper=mapper).run(*_rows(), 5, 30)
    here = HalvingSearch(candidates=3, folds=2).run(*_rows(), 5, 30)
    assert there[0] == here[0]
    pd.testing.assert_frame_equal(there[1], here[1], check_exact=True)


def test_no_training_return_reaches_into_its_fold():
    dates = np.repeat(np.arange(0, 200, 4), 3)
    for early, late in PurgedFolds(dates, horizon=21, folds=4).split():
        first, last = dates[late].min(), dates[late].max()
        before, after = dates[early][dates[early] < first], dates[early][dates[early] > last]
        assert (before + 21 <= first).all()
        assert (last + 21 <= after).all()
        assert not set(early) & set(late)


def test_searches_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="candidates is 1"):
        HalvingSearch(candidates=1)
    rows = np.zeros((30, 1)), np.zeros(30)
    with pytest.raises(ModelError, match="10 dates are too few for 2 folds 10 sessions apart"):
        HalvingSearch(folds=2).run(*rows, np.repeat(np.arange(10), 3), 10, 20)


def test_features_that_a_fold_knows_nothing_of_are_left_out_there():
    x, y, dates = _rows()
    silent = np.where(dates < 75, np.nan, x[:, 0])
    search = HalvingSearch(candidates=2, folds=2, seed=1)
    _, without = search.run(np.full((600, 1), 1.0), y, dates, 5, 10)
    _, half = search.run(silent[:, None], y, dates, 5, 10)
    _, whole = search.run(x[:, :1], y, dates, 5, 10)
    assert whole["loss"].min() < half["loss"].min() <= without["loss"].min()


def test_a_search_for_quantiles_scores_by_the_pinball_loss_at_the_best_number_of_trees():
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.metrics import mean_pinball_loss

    x, y, dates = _rows()
    search = HalvingSearch(candidates=2, folds=2, seed=4, probabilities=(0.1, 0.9))
    standing = {"learning_rate": 0.1, "leaves": 4, "smallest_leaf": 20}
    _, trials = search.run(x, y, dates, 5, 5, quantiles=True, standing=standing)
    stood = trials[trials["standing"]].iloc[0]
    folds = list(PurgedFolds(dates, 5, 2).split())
    wanted, kept = [], []
    for probability in (0.1, 0.9):
        by_trees = []
        for trees in range(1, 6):
            model = HistGradientBoostingRegressor(
                loss="quantile", quantile=probability, max_iter=trees, early_stopping=False, random_state=4,
                learning_rate=0.1, max_leaf_nodes=4, min_samples_leaf=20,
            )  # fmt: skip
            losses = [
                mean_pinball_loss(y[late], model.fit(x[early], y[early]).predict(x[late]), alpha=probability)
                for early, late in folds
            ]
            by_trees.append(np.mean(losses))
        wanted.append(min(by_trees))
        kept.append(1 + int(np.argmin(by_trees)))
    assert stood["loss"] == pytest.approx(np.mean(wanted), rel=1e-9)
    assert stood["kept"] == np.mean(kept)
    assert stood["gain"] == 0
    assert stood["skill"] > 0


def test_what_stands_is_replaced_only_by_what_saves_more_than_two_standard_errors():
    standing = {"learning_rate": 0.1, "leaves": 2, "smallest_leaf": 50}
    x, y, dates = _rows()
    better = HalvingSearch(candidates=3, folds=3, seed=4)
    for against, replaced in ((standing, False), ({**standing, "learning_rate": 0.01, "smallest_leaf": 400}, True)):
        chosen, trials = better.run(x, y, dates, 5, 30, standing=against)
        assert (chosen != against) is replaced
        summary = forecast.search_summary(trials.assign(horizon=5))
        assert summary.loc[5, "replaced"] == replaced
        assert (summary.loc[5, "gain"] > 2 * summary.loc[5, "gain_error"]) == replaced
        assert ("gains nothing" in forecast.search_verdict(summary)) is not replaced


def test_a_cutoff_takes_no_parameters_that_were_chosen_after_it(nervous):
    returns, features, _ = nervous
    chosen = {1: {"learning_rate": 0.01, "leaves": 2, "smallest_leaf": 50}}
    search = forecast.BoostingSearch(returns.index[600], chosen, 12)
    searches = forecast.TunedBoosting().adding(search)
    said = {}
    for row in (599, 600):
        for tuned in (None, searches):
            model = forecast.get("quantile_boosting", tuned=tuned, window=300, trees=10)
            said[row, tuned is None] = model.fit(returns.iloc[: row + 1], features).predict([1])
    pd.testing.assert_frame_equal(said[599, False], said[599, True], check_exact=True)
    assert not said[600, False]["lo_80"].equals(said[600, True]["lo_80"])
    assert said[600, False]["mean"].equals(said[600, True]["mean"]), "parameters chosen are for the quantiles"


def test_searches_come_back_from_their_bytes():
    chosen = {1: {"learning_rate": 0.1, "leaves": 16, "smallest_leaf": 50}}
    first = forecast.BoostingSearch(pd.Timestamp("2020-01-03"), chosen, 12)
    searches = forecast.TunedBoosting().adding(first).adding(forecast.BoostingSearch(pd.Timestamp("2020-01-10"), {}, 3))
    assert forecast.TunedBoosting.from_bytes(searches.to_bytes()) == searches
    assert searches.trials == 15
    assert searches.adding(searches.searches[-1]) == searches, "made again, a search replaces itself"
    with pytest.raises(InputError, match="in the order of their sessions"):
        searches.adding(first).adding(forecast.BoostingSearch(pd.Timestamp("2020-01-01"), {}, 3))
    with pytest.raises(ModelError, match="no searches"):
        forecast.TunedBoosting.from_bytes(b"nothing")


def test_only_what_has_a_search_and_is_fitted_can_be_tuned():
    with pytest.raises(InputError, match="has no search"):
        forecast.get("quantile_boosting").tune([1])
    with pytest.raises(InputError, match="is not fitted"):
        forecast.get("quantile_boosting", search=HalvingSearch()).tune([1])
    with pytest.raises(InputError, match="probabilities are"):
        HalvingSearch(probabilities=(0.1, 1.0))
