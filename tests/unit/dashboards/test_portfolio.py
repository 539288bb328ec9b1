"""The Portfolio dashboard shows the numbers that were published, and says what is missing."""

from __future__ import annotations

import base64
import io
import re
from datetime import date

import pandas as pd
import pytest

from foliohub import metrics
from foliohub.dashboards import kit, portfolio
from foliohub.dashboards import portfolio_data as data
from foliohub.ledger import Fill
from foliohub.reporting.formats import fixed, percent

PARTS = ("head", "record", "held")


def board(installation, **query: str) -> portfolio.Board:
    return portfolio.Board(installation.sources, kit.Request(query))


def drawn(installation, **query: str) -> str:
    one = board(installation, **query)
    return "".join(kit.part("", getattr(one, name)).html for name in PARTS)


def net_returns(installation) -> pd.DataFrame:
    return installation.reader.latest("net_returns").dated()


def test_an_installation_that_has_not_run_says_what_to_do(installation, failures):
    html = drawn(installation)
    assert not failures(html)
    assert "foliohub run weekly-report" in html
    assert "Traceback" not in html


def test_every_part_is_drawn_with_its_run_and_date(cycled, failures):
    html = drawn(cycled)
    assert not failures(html)
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert len(figures) == 7
    for figure in figures:
        assert "as of 2022-12-28" in figure
        assert "operations?run=weekly-report.2022-12-28.1" in figure


@pytest.mark.parametrize("period", ["ytd", "1y", "all"])
@pytest.mark.parametrize("strategy", ["max_sharpe", "equal_weight"])
def test_the_large_numbers_are_those_of_the_store(cycled, period, strategy):
    html = drawn(cycled, period=period, strategy=strategy)
    net = net_returns(cycled)
    start = data.period_start(pd.DatetimeIndex(net.index), period)
    mine = data.since(net[[strategy]], start)[strategy]
    cards = html.split("fh-cards")[1].split("</section>")[0]
    assert percent(metrics.total_return(mine), signed=True) in cards
    assert fixed(metrics.sharpe_ratio(mine, 0.0, 252)) in cards
    assert percent(metrics.max_drawdown(mine)) in cards


def test_an_address_with_nonsense_in_it_is_answered_with_the_first_choice(cycled, failures):
    html = drawn(cycled, period="<script>", strategy="nobody", universe="../../etc")
    assert not failures(html)
    assert "nobody" not in html
    assert "<script>" not in html.replace("<script type='application/json'", "")


def test_downloads_hold_the_numbers_shown(cycled):
    html = drawn(cycled, period="all", strategy="equal_weight")
    found = re.search(r"download='returns-equal_weight.csv' href='data:text/csv;base64,([^']*)'", html)
    frame = pd.read_csv(io.BytesIO(base64.b64decode(found[1])), index_col="date", parse_dates=True)
    expected = net_returns(cycled)[["equal_weight", "index"]]
    pd.testing.assert_frame_equal(frame, expected, check_freq=False, rtol=0, atol=1e-8)


def test_a_report_of_before_gains_were_published_leaves_the_rest(cycled, failures):
    cycled.run("weekly-report", {"net_returns": net_returns(cycled).reset_index()}, cycled.prices.index[-1], attempt=2)
    for record in cycled.records.list("weekly-report"):
        if record.attempt == 1:
            cycled.records.save(record.model_copy(update={"written": record.written[:1]}))
    html = drawn(cycled)
    assert not failures(html)
    assert "No run has published monthly gains" in html
    assert "Growth of 1" in html


def test_what_is_held_is_valued_at_the_last_closes(cycled, failures):
    bought = Fill(fill_id="1", traded_on=date(2022, 12, 28), ticker="KO", side="buy", shares=100, price=50.0, cost=1.0)
    cycled.ledger.import_fills([bought], by="operator")
    html = kit.part("", board(cycled).held).html
    assert not failures(html)
    value = 100 * cycled.prices["KO"].iloc[-1]
    assert fixed(1e6 - 5001.0 + value, 0) in html
    assert fixed(value, 0) in html


def test_nothing_held_says_how_that_changes(cycled):
    assert "foliohub fills import" in kit.part("", board(cycled).held).html
