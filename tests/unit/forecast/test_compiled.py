"""Compiled code that an image ships is used where it cannot be written, and never written."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from foliohub.forecast.arima.engine import compiled

SOURCE = """
from foliohub.forecast.arima.engine.compiled import entry

@entry
def double(x):
    return 2 * x
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Import the same source again and again, as processes would."""
    source = tmp_path / "doubling.py"
    source.write_text(SOURCE, encoding="utf-8")

    def load():
        spec = importlib.util.spec_from_file_location("doubling", source)
        loaded = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "doubling", loaded)
        spec.loader.exec_module(loaded)
        return loaded

    return load


@pytest.fixture
def unwritable(tmp_path, monkeypatch):
    """Turn the folder into one of a read-only file system; permissions would not stop root."""

    def turn():
        allowed = os.access
        monkeypatch.setattr(
            compiled.os,
            "access",
            lambda path, mode: allowed(path, mode) and not (mode & os.W_OK and Path(path).is_relative_to(tmp_path)),
        )

    return turn


def test_shipped_code_is_loaded_instead_of_compiled(module, unwritable):
    assert module().double(1.5) == 3.0
    unwritable()
    shipped = module().double
    assert shipped(2.5) == 5.0
    assert sum(shipped.stats.cache_hits.values()) == 1
    assert not shipped.stats.cache_misses


def test_what_was_not_shipped_is_compiled_and_written_nowhere(module, unwritable, tmp_path):
    module().double(1.5)
    unwritable()
    before = sorted((tmp_path / "__pycache__").iterdir())
    assert module().double(3) == 6
    assert sorted((tmp_path / "__pycache__").iterdir()) == before


def test_nothing_is_shipped_beside_a_source_whose_folder_can_be_written(module):
    double = module().double
    double(1.5)
    assert not compiled.shipped(double.py_func)
