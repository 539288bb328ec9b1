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
    first = model.predict([1, 5])
    assert tuple(model.trials_.columns) == ("horizon", *TRIAL_COLUMNS)
    assert (model.trials_["round"] == 0).sum() == 2 * 4
    assert model.trials_.groupby("horizon")["trees"].max().le(30).all()
    assert set(model.tuned_) == {1, 5}
    again = forecast.get("gradient_boosting", tuned=model.tuned_, trees=30).fit(returns, features)
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
