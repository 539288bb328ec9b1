"""The command that looks for look-ahead in users' own code."""

from __future__ import annotations

from typing import Annotated

import typer


def check_look_ahead(
    target: Annotated[
        str, typer.Argument(metavar="MODULE:FUNCTION", help="A function of a frame of prices (date x ticker).")
    ],
    universe: Annotated[str, typer.Option(help="Whose stored prices to try it on.")] = "sample",
    seed: Annotated[int, typer.Option(min=0, help="Of the perturbations.")] = 0,
) -> None:
    """Try whether a function of prices sees the future: change what comes after t, compare what it says up to t."""
    from foliohub.cli.console import console, settings
    from foliohub.cli.data import require_stored
    from foliohub.errors import FoliohubError, InputError
    from foliohub.proofs import find_look_ahead
    from foliohub.runs.workspace import Workspace

    function = _load(target)
    if not callable(function):
        raise InputError(f"{target} is a {type(function).__name__}.", remedy="Name a function of a frame of prices.")
    configured = settings()
    require_stored(configured, universe)
    prices = Workspace(configured, universe).clean_prices().adjusted
    try:
        with console.status(f"Perturbing the future of {target}"):
            report = find_look_ahead(function, prices, seed=seed)
    except FoliohubError:
        raise
    except Exception as error:
        raise InputError(
            f"{target} fails on the prices of {universe}: {_told(error)}.",
            remedy="It is called with one frame of prices, date x ticker; correct it, then try again.",
        ) from error
    console.print(str(report), markup=False, soft_wrap=True)
    if not report.clean:
        raise typer.Exit(1)


def _load(target: str) -> object:
    import importlib
    import sys
    from pathlib import Path

    from foliohub.errors import InputError

    module, colon, name = target.partition(":")
    if not colon or not all(part.isidentifier() for part in [*module.split("."), name]):
        raise InputError(f"{target!r} names no function.", remedy="Write it as package.module:function.")
    sys.path.insert(0, str(Path.cwd()))
    try:
        loaded = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # whatever the user's module does when it is imported
        raise InputError(f"The module {module} cannot be imported: {_told(error)}.") from error
    if not hasattr(loaded, name):
        raise InputError(f"The module {module} has no {name!r}.", remedy="Name a function that it defines.")
    return getattr(loaded, name)


def _told(error: BaseException) -> str:
    """What went wrong in a user's own code, and in which line."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    said = f"{type(error).__name__}: {error}".rstrip(": .")
    return said if isinstance(error, ImportError | SyntaxError) else said + where
