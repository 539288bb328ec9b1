"""Sources by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from foliohub.data import sources
from foliohub.errors import InputError
from foliohub.types import PriceSource

PARAMETERS = {"alpha_vantage": {"api_key": "KEY"}}


@pytest.mark.parametrize("name", sources.names())
def test_every_name_gives_a_source_of_that_name(name, tmp_path):
    parameters = {"path": tmp_path} if name == "csv" else PARAMETERS.get(name, {})
    source = sources.get(name, **parameters)
    assert isinstance(source, PriceSource)
    assert source.name == name


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match=r"no source 'bloomberg'\. Take one of sample, csv, yahoo, alpha_vantage"):
        sources.get("bloomberg")


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("csv", {}, "missing a required argument: 'path'.*It takes path, calendar, now"),
        ("csv", {"path": ".", "folder": "."}, "unexpected keyword argument 'folder'"),
        ("sample", {"path": "."}, "unexpected keyword argument 'path'.*no parameters"),
    ],
)
def test_a_wrong_parameter_is_named_with_the_right_ones(name, parameters, message):
    with pytest.raises(InputError, match=message):
        sources.get(name, **parameters)


def test_parameters_are_listed():
    assert sources.parameters("sample") == ()
    assert "api_key" in sources.parameters("alpha_vantage")


def test_vendors_clients_are_imported_only_when_asked_for():
    code = (
        "import sys, foliohub.data.sources; "
        "sys.exit(any(m in sys.modules for m in ('yfinance', 'alpha_vantage', 'curl_cffi', 'requests', 'tenacity')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
