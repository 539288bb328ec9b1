"""Training: the same from the same seed, the same after a kill, the same without torch."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import tempfile
import textwrap
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.allocate.reinforcement import checkpoints
from foliohub.allocate.reinforcement.finrl_agent import STAND_INS, agent_class
from foliohub.allocate.reinforcement.observation import WIDTH
from foliohub.allocate.reinforcement.policy import TrainedPolicy
from foliohub.allocate.reinforcement.recipe import ALGORITHMS, Recipe
from foliohub.allocate.reinforcement.retraining import net_returns
from foliohub.allocate.reinforcement.training import train_actor
from foliohub.errors import InputError

pytestmark = pytest.mark.slow  # torch takes seconds to import

OFF_POLICY = {"batch_size": 16, "learning_starts": 40, "buffer_size": 200}
SMALL = {
    "ppo": {"n_steps": 16, "batch_size": 32, "n_epochs": 1},
    "a2c": {"n_steps": 8},
    "sac": OFF_POLICY,
    "td3": OFF_POLICY,
    "ddpg": OFF_POLICY,
}


def recipe(algorithm: str = "ppo", steps: int = 192) -> Recipe:
    return Recipe(algorithm, steps=steps, lookback=20, episode=10, portfolios=4, parameters=SMALL[algorithm])


def history(rows: int = 260) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    values = rng.normal(0.0005, 0.01, (rows, 1)) + rng.normal(0, 0.02, (rows, 3))
    return pd.DataFrame(values, pd.bdate_range("2015-01-01", periods=rows), ["A", "B", "C"])


@pytest.fixture(scope="module")
def trained() -> dict[str, TrainedPolicy]:
    return {name: TrainedPolicy.train(history(), recipe(name), seeds=[3, 4]) for name in ALGORITHMS}


def same(one: TrainedPolicy, other: TrainedPolicy) -> bool:
    return one.to_bytes() == other.to_bytes()


def test_finrl_s_agent_is_there_and_no_stand_in_is_left_behind():
    agent = agent_class()
    from finrl.agents.stablebaselines3.models import MODELS, DRLAgent

    assert issubclass(agent, DRLAgent)
    assert set(MODELS) == set(ALGORITHMS)
    for name in STAND_INS:
        if name in sys.modules:
            assert sys.modules[name].__spec__ is not None


def test_the_environment_passes_stable_baselines_checker():
    from stable_baselines3.common.env_checker import check_env

    from foliohub.allocate.reinforcement.environment import PortfolioEnvironment

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(PortfolioEnvironment(recipe().market(history()), episode=10, random_start=True))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_same_seed_trains_the_same_policy_and_another_one_another(name, trained):
    again = TrainedPolicy.train(history(), recipe(name), seeds=[4])
    assert same(again, trained[name].members()[1])
    weights = [member.weights(history().to_numpy()) for member in trained[name].members()]
    assert not np.array_equal(*weights)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_numpy_decides_as_stable_baselines_predicts(name, monkeypatch):
    from foliohub.allocate.reinforcement import training

    models = []
    extract = training.extract_actor
    monkeypatch.setattr(training, "extract_actor", lambda model: models.append(model) or extract(model))
    actor = train_actor(recipe(name).market(history()), recipe(name), seed=1)
    seen = np.random.default_rng(0).uniform(-2, 2, (50, 3 * WIDTH)).astype(np.float32)
    predicted, _ = models[0].predict(seen, deterministic=True)
    acted = actor.act(seen.reshape(50, 3, WIDTH).astype(np.float64))
    np.testing.assert_allclose(acted, predicted, rtol=0, atol=1e-6)
    assert np.ptp(predicted, axis=0).max() > 1e-4


def test_training_leaves_the_generators_of_the_process_alone():
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    TrainedPolicy.train(history(), recipe(steps=64), seeds=[1])
    assert np.random.random() == expected  # noqa: NPY002


def test_training_without_a_folder_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    TrainedPolicy.train(history(), recipe(steps=64), seeds=[1])
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_over_all_seeds_and_logs_are_written(tmp_path):
    told = []
    TrainedPolicy.train(
        history(),
        recipe(),
        seeds=[1, 2],
        folder=tmp_path,
        log_folder=tmp_path / "tensorboard",
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[0] == (0, 384)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert max(done for done, _ in told) > 192
    assert len(list((tmp_path / "tensorboard").rglob("events.out.tfevents*"))) == 2
    assert not list(tmp_path.glob("*.checkpoint"))  # done


def test_another_process_trains_the_same_actor(trained):
    told = []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:

        def mapper(function, items, *shared):
            return pool.map(function, items, *([value] * len(items) for value in shared))

        policy = TrainedPolicy.train(
            history(), recipe("a2c"), seeds=[3, 4], mapper=mapper, progress=lambda done, total: told.append(done)
        )
    assert same(policy, trained["a2c"])
    assert told == [192, 384]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, {root!r})
    from foliohub.allocate.reinforcement import checkpoints
    from foliohub.allocate.reinforcement.training import train_actor
    from tests.unit.allocate.reinforcement import test_training as module
    saved, save = [], checkpoints.save
    def save_and_die(*arguments, **options):
        save(*arguments, **options)
        saved.append(1)
        if len(saved) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    checkpoints.save = save_and_die
    recipe = module.recipe({name!r})
    train_actor(recipe.market(module.history()), recipe, 4, checkpoint=Path({path!r}), checkpoint_every=48)
"""


def test_training_that_was_killed_goes_on_to_the_same_end(trained, tmp_path):
    path = tmp_path / "training.checkpoint"
    script = textwrap.dedent(KILLED).format(root=str(Path(__file__).parents[4]), name="ppo", path=str(path))
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr
    goes_on_to("ppo", path, trained)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_checkpoint_holds_all_that_training_stands_on(name, trained, tmp_path, monkeypatch):
    path, save, saved = tmp_path / "training.checkpoint", checkpoints.save, []

    def save_and_stop(*arguments):
        save(*arguments)
        saved.append(1)
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        train_actor(recipe(name).market(history()), recipe(name), 4, checkpoint=path, checkpoint_every=48)
    monkeypatch.undo()
    goes_on_to(name, path, trained)


def goes_on_to(name: str, path: Path, trained: dict[str, TrainedPolicy]) -> None:
    """Go on from a checkpoint to exactly what training in one go gave."""
    started = []
    actor = train_actor(
        recipe(name).market(history()),
        recipe(name),
        4,
        checkpoint=path,
        progress=lambda done, total: started.append(done),
    )
    assert started[0] >= 96  # not from the beginning
    for layer, array in trained[name].actors[1].arrays.items():
        np.testing.assert_array_equal(actor.arrays[layer], array)


def test_a_seed_that_had_ended_is_not_trained_again(trained, tmp_path, monkeypatch):
    import torch

    def stop_at_the_second(done: int, total: int) -> None:
        if done > 192:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TrainedPolicy.train(history(), recipe("sac"), seeds=[3, 4], folder=tmp_path, progress=stop_at_the_second)
    ended = torch.load(tmp_path / "sac_seed_3.checkpoint", weights_only=True)
    assert ended["buffer"] is None  # nearly all of the file, and needed no more
    told, save, saved = [], checkpoints.save, []
    monkeypatch.setattr(checkpoints, "save", lambda *a, **b: saved.append(a[0].name) or save(*a, **b))
    again = TrainedPolicy.train(
        history(), recipe("sac"), seeds=[3, 4], folder=tmp_path, progress=lambda done, _: told.append(done)
    )
    assert same(again, trained["sac"])
    assert min(told) == 192
    assert saved == ["sac_seed_4.checkpoint"]
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_other_training_is_refused(tmp_path, monkeypatch):
    path, save = tmp_path / "training.checkpoint", checkpoints.save

    def save_and_stop(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        train_actor(recipe().market(history()), recipe(), 1, checkpoint=path, checkpoint_every=1)
    with pytest.raises(InputError, match="checkpoint of other training"):
        train_actor(recipe().market(history()), recipe(), 2, checkpoint=path)


def test_an_agent_learns_what_can_be_learned():
    """One ticker rises and the others fall: after training it is held, before it was 1/N."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.01, (400, 3)) + np.array([0.004, -0.004, -0.004])
    returns = pd.DataFrame(values, pd.bdate_range("2015-01-01", periods=400), ["UP", "B", "C"])
    exploring = {"n_steps": 32, "policy_kwargs": {"log_std_init": -0.7}}
    learner = Recipe("ppo", steps=8_000, lookback=20, episode=20, portfolios=16, parameters=exploring)
    policy = TrainedPolicy.train(returns, learner, seeds=[1])
    assert policy.weights(values)[0] > 0.6
    market = learner.market(returns)
    equal = np.prod(market.earned.mean(axis=1)[::5])
    assert np.prod(1 + net_returns(policy, market)) > 1.2 * equal
