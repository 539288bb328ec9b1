"""Today shows what is stored now, puts first what needs attention, and is honest about missing quotes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from foliohub.dashboards import kit, today
from foliohub.ledger import Fill, Verdict
from foliohub.quotes import Feed, FeedState, Quote, Snapshot, write_snapshot
from foliohub.reporting.formats import fixed, percent
from foliohub.signatures import digest

PARTS = ("head", "worth", "attention", "proposal", "changes", "forecasts", "quality", "freshness")


def board(installation, now: datetime, **query: str) -> today.Board:
    return today.Board(installation.sources, kit.Request(query), now)


def drawn(installation, now: datetime, *parts: str) -> str:
    one = board(installation, now)
    return "".join(kit.part("", getattr(one, name)).html for name in parts or PARTS)


def buy(installation, ticker: str = "KO", shares: int = 100) -> None:
    day = date(2022, 12, 28)
    fill = Fill(fill_id=f"1-{ticker}", traded_on=day, ticker=ticker, side="buy", shares=shares, price=50.0, cost=1.0)
    installation.ledger.import_fills([fill], by="operator")


def quote(installation, at: datetime, state: FeedState = FeedState.LIVE, **prices: float) -> None:
    quotes = {
        name: Quote(ticker=name, price=price, time=at, received=at, market="regular") for name, price in prices.items()
    }
    feed = Feed(state=state, detail="Said by the service.", since=at, at=at)
    write_snapshot(Snapshot(feed=feed, quotes=quotes), installation.settings.home / "quotes" / "last.json")


def test_an_installation_that_has_not_run_says_what_to_do(installation, now, failures):
    html = drawn(installation, now)
    assert not failures(html)
    assert "foliohub run daily-ingest" in html
    assert "foliohub run daily-rebalance" in html


def test_every_part_is_drawn_with_its_run_and_date(cycled, now, failures):
    html = drawn(cycled, now)
    assert not failures(html)
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert len(figures) == 3
    for figure in figures:
        assert "as of 2022-12-28" in figure
        assert "operations?run=" in figure


def test_data_stored_after_the_page_was_made_ready_are_shown(cycled, now):
    one = board(cycled, now)
    cycled.run("daily-forecast", {"forecasts": cycled.reader.latest("forecasts").frame}, attempt=7)
    assert "daily-forecast.2022-12-28.7" in kit.part("", one.freshness).html


def test_an_open_proposal_leads_to_where_it_is_decided(cycled, now):
    html = drawn(cycled, now, "attention", "proposal")
    found = cycled.ledger.proposals(now)[0]
    assert html.count(f"href='../api/proposals/{found.id}'") >= 2
    assert "Decide on this proposal" in html
    assert "1 warns of 1 limit" in html
    assert fixed(found.expected_cost, 0) in html
    assert percent(found.turnover) in html


def test_a_blocked_proposal_is_not_offered_for_decision(cycled, now):
    verdict = Verdict(limit="cost", value=30.0, bound=25.0, unit="basis points", outcome="block", sentence="Too much.")
    cycled.run("daily-rebalance", {}, attempt=5)
    cycled.rebalance(run_id="daily-rebalance.2022-12-28.5", verdicts=(verdict,))
    html = drawn(cycled, now, "attention", "proposal")
    assert "cannot be approved" in html
    assert "Decide" not in html
    assert "blocks" in html


def test_an_expired_proposal_needs_no_attention(cycled, now):
    later = now + timedelta(days=3)
    assert "expired" in drawn(cycled, later, "proposal")
    assert not [alert for alert in board(cycled, later).alerts() if alert.word == "decide"]


def test_an_approval_that_nobody_signed_is_told_and_the_ledger_is_not_believed(cycled, now):
    store, folder = cycled.store, "ledger/sample/"
    links = store.documents(folder)
    body = {"proposal": links[-1]["body"]["id"], "decision": "approved", "reason": "Mine.", "hash": links[-1]["hash"]}
    forged = {**links[-1], "number": len(links) + 1, "kind": "decision", "body": body, "by": "max"}
    forged = {**forged, "previous": links[-1]["hash"], "hash": ""}
    forged["hash"] = digest({name: value for name, value in forged.items() if name not in {"hash", "signature"}})
    store.write_document(f"{folder}{forged['number']:08d}", forged)
    for part in ("proposal", "worth", "attention"):
        html = drawn(cycled, now, part)
        assert "not written by this installation" in html, part
        assert "approved" not in html


def test_a_failed_run_comes_first_and_leads_to_its_record(cycled, now):
    cycled.run("daily-forecast", {}, error="ARIMA found <no> parameters.", attempt=3)
    first = board(cycled, now).alerts()[0]
    assert (first.word, first.tone) == ("failed", "bad")
    html = drawn(cycled, now, "attention")
    assert "ARIMA found &lt;no&gt; parameters." in html
    assert "operations?run=daily-forecast.2022-12-28.3" in html


def test_quarantine_and_what_cleaning_did_are_told(installation, now, failures):
    events = pd.DataFrame(
        {
            "ticker": ["GE"],
            "date": [pd.Timestamp("2022-12-28")],
            "rule": ["stale_run"],
            "field": ["close"],
            "received": [12.5],
            "action": ["removed"],
            "remark": ["unchanged for <9> sessions"],
        }
    )
    installation.ingest(events=events, barred="GE")
    html = drawn(installation, now, "attention", "quality")
    assert not failures(html)
    assert "In quarantine, and neither forecast nor traded: GE." in html
    assert "unchanged for &lt;9&gt; sessions" in html


def test_old_prices_are_told_by_sessions_of_the_market(installation, now):
    installation.ingest(installation.prices.index[-4])
    words = {alert.word: alert.sentence for alert in board(installation, now).alerts()}
    assert words["old prices"].endswith("3 sessions closed since.")
    assert "behind the market" in drawn(installation, now, "freshness")


def test_the_sample_that_has_ended_is_not_called_old(cycled):
    years_later = datetime(2026, 11, 23, tzinfo=UTC)
    words = {alert.word for alert in board(cycled, years_later).alerts()}
    assert "sample" in words
    assert "old prices" not in words


def test_without_a_feed_the_value_is_that_of_the_closes_and_says_so(cycled, now):
    buy(cycled)
    html = drawn(cycled, now, "worth")
    value = 1e6 - 5001.0 + 100 * cycled.prices["KO"].iloc[-1]
    assert fixed(value, 0) in html
    assert "at closes of 2022-12-28" in html
    assert "The quotes service has not run here yet." in html
    assert "data-every" not in html


def test_quotes_move_the_value_and_show_their_age(cycled, failures):
    buy(cycled)
    moment = datetime(2022, 12, 29, 16, tzinfo=UTC)
    close = float(cycled.prices["KO"].iloc[-1])
    quote(cycled, moment, KO=close * 1.05)
    html = drawn(cycled, moment + timedelta(seconds=7), "worth")
    assert not failures(html)
    assert fixed(5 * close, 0, signed=True) in html
    assert "+5.00%" in html
    assert "<td class='fh-number'>7 s</td>" in html
    assert "data-every='5'" in html


@pytest.mark.parametrize("state", [FeedState.UNREACHABLE, FeedState.SILENT, FeedState.CLOSED, FeedState.IDLE])
def test_a_feed_without_quotes_says_why(cycled, now, state, failures):
    buy(cycled)
    quote(cycled, now, state)
    html = drawn(cycled, now, "worth")
    assert not failures(html)
    assert "Said by the service." in html
    assert "no quote yet" in html


def test_moves_beyond_what_was_expected_are_named(cycled, now):
    cycled.prices.loc[cycled.prices.index[-1], "KO"] *= 1.4
    cycled.ingest()
    cycled.run("daily-ingest", {"adjusted": cycled.prices.tail(504).reset_index()}, attempt=4)
    surprise = next(alert for alert in board(cycled, now).alerts() if alert.word == "surprise")
    assert "KO +" in surprise.sentence


@pytest.mark.parametrize(
    ("champion", "shown"),
    [("mean", "Historical mean"), ("lstm", "Gradient boosting"), ("", "Gradient boosting")],
    ids=["forecasts", "forecasts nothing", "is not chosen yet"],
)
def test_the_champions_forecasts_are_shown_where_there_are_any(cycled, now, champion, shown):
    if champion:
        before, rows = cycled.prices.index[-2], pd.DataFrame({"model": ["mean", "gradient_boosting", "lstm"]})
        cycled.run("weekly-champion", {"champion": rows.assign(is_champion=rows["model"] == champion)}, before)
    one = board(cycled, now)
    assert f"{shown}, " in kit.part("", one.forecasts).html
    assert f"{shown} the session before" in kit.part("", one.changes).html
    frame = cycled.reader.at("forecasts", f"{cycled.prices.index[-2]:%Y-%m-%d}").frame
    ranges = frame[(frame["model"] == one.model) & (frame["horizon"] == 1)].set_index("ticker")
    assert one.moves["low"].to_dict() == ranges["lo_95"].to_dict()
