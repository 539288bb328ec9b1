"""Training that survives being killed: everything it stands on, in one file that is replaced as a whole.

Saved between two updates: networks, optimisers, the replay buffer of the algorithms that have one, where every
portfolio stands, and all generators of random numbers. Training that goes on from there computes what it would have
computed; training that had ended is not done again. The file holds tensors and plain numbers only and is read as such:
nothing in it is executed.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np

from foliohub.errors import InputError

_PORTFOLIOS = ("position", "known", "held")
_COUNTS = ("num_timesteps", "_n_updates", "_episode_num")
_LAST = ("_last_obs", "_last_episode_starts")
_BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def save(path: Path, model: Any, purpose: str, *, ended: bool = False) -> None:
    """Write the state of training; a reader sees the old file or the new one.

    Parameters
    ----------
    path : Path
        Its folder exists.
    model : Stable-Baselines3 algorithm
        Between two updates: in a callback's `on_rollout_start`.
    purpose : str
        What training this is, so that no other one goes on from it.
    ended : bool
        Whether training needs its replay buffer no more, which is nearly all of the file.
    """
    import torch

    environment = model.env.inner
    state = {
        "purpose": purpose,
        "parameters": model.get_parameters(),
        "log_ent_coef": getattr(model, "log_ent_coef", None),
        "counts": {name: getattr(model, name) for name in _COUNTS},
        "last": {name: _tensor(getattr(model, name)) for name in _LAST},
        "portfolios": {name: _tensor(getattr(environment.portfolios, name)) for name in _PORTFOLIOS},
        "steps": _tensor(environment.steps),
        "generators": {
            "python": list(random.getstate()[1]),
            "numpy": _legacy_state(),
            "torch": torch.get_rng_state(),
            "environment": environment.np_random.bit_generator.state,
            "actions": model.action_space.np_random.bit_generator.state,
        },
        "buffer": None if ended else _buffer_state(model),
    }
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def restore(path: Path, model: Any, purpose: str) -> bool:
    """Put training where it was; False where there is nothing to go on from.

    Raises
    ------
    InputError
        Where the file is of other training: other data, parameters or seed.
    """
    import torch

    if not path.exists():
        return False
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["purpose"] != purpose:
        raise InputError(
            f"{path} is the checkpoint of other training, with other data, parameters or seed.",
            remedy="Remove it, or give a path of its own to each training.",
        )
    model.set_parameters(state["parameters"], exact_match=True)
    if state["log_ent_coef"] is not None:
        model.log_ent_coef.data.copy_(state["log_ent_coef"].data)
    for name, count in state["counts"].items():
        setattr(model, name, count)
    for name, array in state["last"].items():
        setattr(model, name, array.numpy())
    model.ep_info_buffer = None  # made anew by the training that follows
    _restore_buffer(model, state["buffer"])
    generators = state["generators"]
    random.setstate((3, tuple(generators["python"]), None))
    np.random.set_state(("MT19937", generators["numpy"]["keys"].numpy(), generators["numpy"]["position"], 0, 0.0))  # noqa: NPY002
    torch.set_rng_state(generators["torch"])
    environment = model.env.inner
    environment.reset(seed=0)  # makes the generator whose state comes next
    for name, array in state["portfolios"].items():
        setattr(environment.portfolios, name, array.numpy())
    environment.steps = state["steps"].numpy()
    environment.np_random.bit_generator.state = generators["environment"]
    model.action_space.np_random.bit_generator.state = generators["actions"]
    return True


def _tensor(array: Any) -> Any:
    import torch

    return torch.from_numpy(np.array(array))


def _legacy_state() -> dict[str, Any]:
    _, keys, position, *_ = np.random.get_state()  # noqa: NPY002 - what Stable-Baselines3 draws from
    return {"keys": _tensor(keys), "position": int(position)}


def _buffer_state(model: Any) -> dict[str, Any] | None:
    buffer = getattr(model, "replay_buffer", None)
    if buffer is None:
        return None
    filled = buffer.buffer_size if buffer.full else buffer.pos
    arrays = {name: _tensor(getattr(buffer, name)[:filled]) for name in _BUFFER}
    return {"pos": buffer.pos, "full": buffer.full, "arrays": arrays}


def _restore_buffer(model: Any, state: dict[str, Any] | None) -> None:
    if state is None:
        return
    buffer = model.replay_buffer
    buffer.pos, buffer.full = state["pos"], state["full"]
    for name, array in state["arrays"].items():
        getattr(buffer, name)[: len(array)] = array.numpy()
