"""What `import foliohub` gives, and how little it costs."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import foliohub

HEAVY = (
    "arcticdb",
    "numpy",
    "pandas",
    "papermill",
    "plotly",
    "scipy",
    "skfolio",
    "sklearn",
    "statsmodels",
    "tensorflow",
    "torch",
    "yfinance",
)


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after one statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", foliohub.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(foliohub, name) is not None


def test_public_names_are_sorted_unique_and_shown_by_dir() -> None:
    assert list(foliohub.__all__) == sorted(set(foliohub.__all__))
    assert set(foliohub.__all__) <= set(dir(foliohub))


def test_a_name_is_what_its_home_calls_it() -> None:
    from foliohub.backtest import walk_forward

    assert foliohub.walk_forward is walk_forward
    assert isinstance(foliohub.allocate, ModuleType)
    assert foliohub.allocate.__name__ == "foliohub.allocate"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'foliohub' has no attribute 'alocate'"):
        foliohub.alocate  # type: ignore[attr-defined]  # noqa: B018


def test_a_star_import_gives_exactly_the_public_names() -> None:
    namespace: dict[str, object] = {}
    exec("from foliohub import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(foliohub.__all__)


def test_importing_foliohub_loads_nothing_but_the_standard_library() -> None:
    extra = loaded_by("import foliohub") - loaded_by("pass") - set(sys.stdlib_module_names)
    assert extra == {"foliohub"}


def test_stages_are_reachable_without_importing_them_by_name() -> None:
    assert "pandas" in loaded_by("import foliohub; foliohub.calendars")


def test_the_command_line_shows_its_help_without_loading_anything_heavy() -> None:
    code = """
import contextlib, io, sys
sys.argv = ["foliohub", "--help"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    import foliohub.cli
    foliohub.cli.main()
"""
    loaded = loaded_by(code)
    assert "typer" in loaded
    assert loaded & set(HEAVY) == set()


@pytest.mark.parametrize(
    "stage", ["allocate", "backtest", "clean", "data", "features", "forecast", "metrics", "orders", "proofs", "runs"]
)
def test_importing_a_stage_loads_no_model_library(stage: str) -> None:
    heavy = set(HEAVY) - {"numpy", "pandas"}
    assert loaded_by(f"import foliohub.{stage}") & heavy == set()
