"""The sample is what skfolio ships, read without importing skfolio."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

from foliohub.data import sample
from foliohub.data.sample import BENCHMARK, SampleSource
from foliohub.errors import ConfigurationError, UnknownTickerError
from foliohub.frames import check_bars
from foliohub.types import PriceSource


def test_it_is_a_price_source():
    assert isinstance(SampleSource(), PriceSource)


def test_it_holds_twenty_companies_and_the_index_from_1990_to_2022():
    source = SampleSource()
    assert len(source.tickers()) == 21
    assert BENCHMARK in source.tickers()
    for ticker in source.tickers():
        bars = check_bars(source.fetch(ticker, None, date(2030, 1, 1)))
        assert (bars.index[0], bars.index[-1]) == (pd.Timestamp("1990-01-02"), pd.Timestamp("2022-12-28"))
        assert bars["close"].notna().all()
        assert bars.index.is_monotonic_increasing
        assert bars.index.is_unique


def test_closes_are_adjusted_closes_and_nothing_else_is_known():
    bars = SampleSource().fetch("AAPL", None, date(2022, 12, 28))
    assert bars["close"].equals(bars["adjusted_close"])
    assert bars.drop(columns=["close", "adjusted_close"]).isna().all(axis=None)
    assert bars["close"].iloc[[0, -1]].tolist() == [0.264, 125.674]  # first and last line of skfolio's file


def test_the_numbers_are_those_skfolio_loads():
    from skfolio.datasets import load_sp500_dataset, load_sp500_index

    reference = load_sp500_dataset().join(load_sp500_index())
    for ticker in ("XOM", BENCHMARK):
        bars = SampleSource().fetch(ticker, None, date(2022, 12, 28))
        np.testing.assert_array_equal(bars["close"], reference[ticker])
        assert (bars.index == reference.index).all()


def test_both_ends_of_a_range_are_included():
    bars = SampleSource().fetch("AAPL", date(2019, 6, 28), date(2019, 7, 5))
    assert bars.index.strftime("%m-%d").tolist() == ["06-28", "07-01", "07-02", "07-03", "07-05"]


def test_a_caller_cannot_change_the_sample():
    bars = SampleSource().fetch("AAPL", None, date(2022, 12, 28))
    bars.loc[:, "close"] = 0.0
    assert (SampleSource().fetch("AAPL", None, date(2022, 12, 28))["close"] > 0).all()


def test_the_last_session_is_the_files_last():
    assert SampleSource().last_session() == date(2022, 12, 28)


def test_an_unknown_ticker_names_the_known_ones():
    with pytest.raises(UnknownTickerError, match=r"no TSLA. It has AAPL, .*SP500"):
        SampleSource().fetch("TSLA", None, date(2020, 1, 1))


def test_dates_outside_say_what_there_is():
    with pytest.raises(UnknownTickerError, match="8313 from 1990-01-02 to 2022-12-28"):
        SampleSource().fetch("AAPL", date(2023, 1, 3), date(2023, 2, 1))


@pytest.mark.parametrize("content", [None, b"", b"not gzip", b"\x1f\x8b\x08\x00"])
def test_a_damaged_installation_is_named(monkeypatch, tmp_path, content):
    folder = tmp_path / "datasets" / "data"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "sp500_dataset.csv.gz").write_bytes(content)

    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(sample, "find_spec", lambda name: Spec)
    sample._closes.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="cannot be read"):
            SampleSource().last_session()
        monkeypatch.setattr(sample, "find_spec", lambda name: None)
        with pytest.raises(ConfigurationError, match="not installed"):
            SampleSource().last_session()
    finally:
        sample._closes.cache_clear()


def test_skfolio_is_not_imported():
    code = (
        "import sys; from foliohub.data.sources import get; get('sample').last_session(); "
        "sys.exit(any(m in sys.modules for m in ('skfolio', 'yfinance', 'alpha_vantage', 'curl_cffi', 'arcticdb')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
