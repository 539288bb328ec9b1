"""The command that looks for look-ahead in users' own code."""

from __future__ import annotations

from typing import Annotated

import typer


def check_look_ahead(
    target: Annotated[
        str, typer.Argument(metavar="MODULE:FUNCTION", help="A function of a frame of prices (date x ticker).")
    ],
    universe: Annotated[str, typer.Option(help="Whose stored prices to try it on.")] = "sample",
    seed: Annotated[int, typer.Option(help="Of the perturbations.")] = 0,
) -> None:
    """Try whether a function of prices sees the future: change what comes after t, compare what it says up to t."""
    from foliohub.cli.console import console, settings
    from foliohub.errors import InputError
    from foliohub.proofs import find_look_ahead
    from foliohub.runs.workspace import Workspace

    function = _load(target)
    if not callable(function):
        raise InputError(f"{target} is a {type(function).__name__}, not a function.")
    prices = Workspace(settings(), universe).clean_prices().adjusted
    with console.status(f"Perturbing the future of {target}"):
        report = find_look_ahead(function, prices, seed=seed)
    console.print(str(report), markup=False)
    if not report.clean:
        raise typer.Exit(1)


def _load(target: str) -> object:
    import importlib
    import sys
    from pathlib import Path

    from foliohub.errors import InputError

    module, colon, name = target.partition(":")
    if not colon:
        raise InputError(f"{target!r} names no function.", remedy="Write it as package.module:function.")
    sys.path.insert(0, str(Path.cwd()))
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise InputError(f"The module {module} cannot be imported: {error}.") from None
    except AttributeError:
        raise InputError(f"The module {module} has no {name!r}.") from None
