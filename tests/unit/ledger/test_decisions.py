"""Who may decide on what, and what becomes of a proposal."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.data.store import Store
from foliohub.errors import DecisionRefusedError, InputError, NotStoredError
from foliohub.ledger import Ledger, Portfolio, Proposal
from foliohub.ledger.verdicts import Most, judge
from foliohub.signatures import KeyFiles, Seal

from .conftest import NOW, PORTFOLIO, SEAL, draft, fill

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def proposed(ledger) -> Proposal:
    return ledger.propose(draft(now=datetime.now(UTC)))


def refused(call, *arguments, **named) -> str:
    """The code of the refusal; that of an approval is foreseen."""
    ledger = call.__self__
    if call.__name__ == "approve" and named["reason"].strip() and len(named["reason"]) < 2000:
        foreseen = ledger.objection(arguments[0], by=named["by"], now=named.get("now"))
        assert foreseen is not None
    with pytest.raises(DecisionRefusedError) as caught:
        call(*arguments, **named)
    assert caught.value.remedy
    return caught.value.code


def test_a_proposal_is_entered_as_it_was_drafted_and_open(ledger, proposed):
    assert proposed.id == "small.2022-12-28.1"
    assert proposed.status == "proposed"
    assert (proposed.decided_by, proposed.decided_at, proposed.reason) == (None, None, None)
    assert proposed.draft.model_dump() == draft(now=proposed.created_at).model_dump()
    assert ledger.proposals() == [proposed]
    assert ledger.proposal(proposed.id) == proposed


def test_nothing_objects_to_what_may_be_approved(ledger, proposed):
    assert ledger.objection(proposed.id, by="maria") is None
    assert ledger.objection(proposed.id, by=proposed.author).code == "author"


def test_an_approval_keeps_who_when_and_why(ledger, proposed):
    approved = ledger.approve(proposed.id, by="maria", reason="  In line with\nthe forecasts. ")
    assert approved.status == "approved"
    assert (approved.decided_by, approved.reason) == ("maria", "In line with the forecasts.")
    assert abs(approved.decided_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert approved.draft == proposed.draft
    assert approved.hash == proposed.hash


@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.parametrize("then", ["approve", "reject"])
def test_a_decision_can_be_neither_undone_nor_repeated(ledger, proposed, first, then):
    decided = getattr(ledger, first)(proposed.id, by="maria", reason="Yes or no.")
    assert refused(getattr(ledger, then), proposed.id, by="otto", reason="Changed my mind.") == "decided"
    assert ledger.proposal(proposed.id) == decided


@pytest.mark.parametrize("by", ["anna", "Anna", " anna "])
def test_nobody_approves_what_is_their_own(ledger, by):
    mine = ledger.propose(draft(author="anna", now=datetime.now(UTC)))
    assert refused(ledger.approve, mine.id, by=by, reason="Looks good to me.") == "author"
    assert ledger.approve(mine.id, by="maria", reason="Looks good to me, too.").decided_by == "maria"


def test_an_author_may_take_back_by_rejecting(ledger):
    mine = ledger.propose(draft(author="anna", now=datetime.now(UTC)))
    assert ledger.reject(mine.id, by="anna", reason="Wrong parameter.").status == "rejected"


def test_nobody_in_particular_approves_nothing(ledger, proposed):
    assert refused(ledger.approve, proposed.id, by=" ", reason="Fine.") == "author"


def test_a_limit_that_blocks_forbids_approval_and_not_rejection(ledger):
    verdicts = (judge("largest weight", 0.6, Most(warn=0.4, block=0.5), "fraction", "KO"),)
    blocked = ledger.propose(draft(verdicts=verdicts, now=datetime.now(UTC)))
    with pytest.raises(DecisionRefusedError, match=r"Largest weight: 60\.00% \(KO\); more than 50% blocks"):
        ledger.approve(blocked.id, by="maria", reason="I dare.")
    assert ledger.reject(blocked.id, by="maria", reason="Too concentrated.").status == "rejected"


def test_a_limit_that_warns_leaves_it_to_people(ledger):
    verdicts = (judge("largest weight", 0.45, Most(warn=0.4, block=0.5), "fraction", "KO"),)
    warned = ledger.propose(draft(verdicts=verdicts, now=datetime.now(UTC)))
    assert warned.warnings
    assert ledger.approve(warned.id, by="maria", reason="Known.").status == "approved"


@pytest.mark.parametrize("decide", ["approve", "reject"])
@pytest.mark.parametrize("reason", ["", "  \n\t", "x" * 2001])
def test_a_decision_needs_a_reason_of_reasonable_length(ledger, proposed, decide, reason):
    assert refused(getattr(ledger, decide), proposed.id, by="maria", reason=reason) == "reason"
    assert ledger.proposal(proposed.id).status == "proposed"


def test_a_proposal_expires_at_its_hour_and_not_before(ledger):
    made = ledger.propose(draft(now=NOW))
    assert ledger.proposal(made.id, now=made.expires_at - timedelta(seconds=1)).status == "proposed"
    expired = ledger.proposal(made.id, now=made.expires_at)
    assert (expired.status, expired.decided_at) == ("expired", made.expires_at)
    assert refused(ledger.approve, made.id, by="maria", reason="Late.", now=made.expires_at) == "expired"
    assert refused(ledger.reject, made.id, by="maria", reason="Late.", now=made.expires_at) == "expired"
    assert ledger.approve(made.id, by="maria", reason="In time.", now=LATER).status == "approved"
    assert ledger.proposal(made.id, now=made.expires_at).status == "approved"


def test_its_version_changes_when_the_clock_changes_a_status(ledger):
    now = datetime.now(UTC)
    open_one = ledger.propose(draft(now=now))
    version = ledger.version
    assert version == ledger.version == open_one.hash
    ledger.propose(draft(2, now=now - timedelta(days=3)))
    assert ledger.version.endswith("-expired")


def test_a_new_proposal_supersedes_the_open_one(ledger, proposed):
    second = ledger.propose(draft(2, now=datetime.now(UTC)))
    first = ledger.proposal(proposed.id)
    assert second.id == "small.2022-12-28.2"
    assert (first.status, first.superseded_by) == ("superseded", second.id)
    assert [proposal.id for proposal in ledger.proposals()] == [second.id, first.id]
    with pytest.raises(DecisionRefusedError, match=f"Decide on {second.id}"):
        ledger.approve(first.id, by="maria", reason="The old one.")


def test_what_is_decided_stays_decided_whatever_is_proposed_later(ledger, proposed):
    ledger.approve(proposed.id, by="maria", reason="Fine.")
    ledger.propose(draft(2, now=datetime.now(UTC)))
    assert ledger.proposal(proposed.id).status == "approved"


def test_a_proposal_for_an_earlier_session_touches_no_later_one_and_is_past_itself(ledger, proposed):
    earlier = ledger.propose(draft(as_of="2022-12-27", now=datetime.now(UTC)))
    assert (earlier.status, earlier.superseded_by) == ("superseded", proposed.id)
    assert ledger.proposal(proposed.id).status == "proposed"


def test_one_run_proposes_once(ledger, proposed):
    assert ledger.propose(draft(now=datetime.now(UTC))) == proposed
    assert len(ledger.proposals()) == 1


def prices(store, *days):
    index = pd.DatetimeIndex(days)
    close = pd.DataFrame({"KO": np.linspace(60.0, 61.0, len(days))}, index=index)
    store.write_panel("raw/three", {"close": close}, as_of=index[-1])


def test_prices_newer_than_it_allows_forbid_approval(ledger, store, proposed):
    prices(store, "2022-12-27", "2022-12-28")
    assert proposed.prices_until.isoformat() == "2022-12-28"
    prices(store, "2022-12-27", "2022-12-28", "2022-12-29")
    assert refused(ledger.approve, proposed.id, by="maria", reason="Still good.") == "stale"
    assert ledger.reject(proposed.id, by="maria", reason="Overtaken.").status == "rejected"


def test_prices_as_new_as_it_allows_do_not(ledger, store):
    prices(store, "2022-12-28", "2022-12-29")
    lenient = ledger.propose(draft(prices_until="2022-12-29", now=datetime.now(UTC)))
    assert ledger.approve(lenient.id, by="maria", reason="Still good.").status == "approved"


def test_holdings_that_changed_since_forbid_approval(ledger, proposed):
    ledger.import_fills([fill(proposal="")], by="otto")
    assert refused(ledger.approve, proposed.id, by="maria", reason="Fine.") == "holdings"


def test_only_what_is_approved_has_a_trade_list(ledger, proposed):
    assert refused(ledger.trade_list, proposed.id) == "undecided"
    ledger.approve(proposed.id, by="maria", reason="Fine.")
    trades = ledger.trade_list(proposed.id)
    assert trades["ticker"].tolist() == ["KO", "PEP"]
    assert trades["shares"].tolist() == [20, 5]
    assert set(trades["proposal"]) == {proposed.id}


def test_an_unknown_proposal_is_named_with_the_last_ones(ledger, proposed):
    for call in (ledger.proposal, ledger.slippage, ledger.trade_list):
        with pytest.raises(NotStoredError, match=proposed.id):
            call("small.2022-12-28.9")
    with pytest.raises(NotStoredError, match=r"small\.2022-12-28\.9"):
        ledger.approve("small.2022-12-28.9", by="maria", reason="Fine.")


def test_another_portfolios_draft_is_refused(ledger):
    with pytest.raises(InputError, match="other"):
        ledger.propose(draft(portfolio="other"))


def test_a_moment_without_time_zone_is_refused(ledger, proposed):
    with pytest.raises(InputError, match="time zone"):
        ledger.approve(proposed.id, by="maria", reason="Fine.", now=datetime(2022, 12, 29))


def on_disk(folder: Path) -> Ledger:
    store = Store.open(f"lmdb://{folder / 'store'}", locks=folder / "locks")
    seal = Seal(KeyFiles(folder / "keys" / "signing.pem", folder / "accepted"))
    return Ledger(store, Portfolio.model_validate(PORTFOLIO), seal)


def decide_at_once(folder: Path, start, name: str, decision: str, outcomes) -> None:
    ledger = on_disk(folder)
    start.wait()
    try:
        getattr(ledger, decision)("small.2022-12-28.1", by=name, reason=f"By {name}.")
        outcomes.put((name, "done"))
    except DecisionRefusedError as error:
        outcomes.put((name, error.code))


@pytest.mark.slow
def test_of_decisions_at_once_by_several_processes_exactly_one_wins(tmp_path):
    ledger = on_disk(tmp_path)
    proposed = ledger.propose(draft(now=datetime.now(UTC)))
    context = multiprocessing.get_context("spawn")
    start, outcomes = context.Barrier(3), context.Queue()
    people = {"maria": "approve", "otto": "approve", "lena": "reject"}
    processes = [
        context.Process(target=decide_at_once, args=(tmp_path, start, name, decision, outcomes))
        for name, decision in people.items()
    ]
    for process in processes:
        process.start()
    told = dict(outcomes.get(timeout=120) for _ in processes)
    for process in processes:
        process.join(timeout=60)
    assert sorted(told.values()) == ["decided", "decided", "done"]
    (winner,) = [name for name, outcome in told.items() if outcome == "done"]
    assert ledger.proposal(proposed.id).decided_by == winner
    assert [link.kind for link in ledger.events()] == ["opening", "proposal", "decision"]
    ledger.verify()


def test_of_decisions_at_once_by_several_threads_exactly_one_wins(store, portfolio, proposed):
    def decide(name: str) -> str:
        try:
            Ledger(store, portfolio, SEAL).approve(proposed.id, by=name, reason="Fine.")
        except DecisionRefusedError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(decide, [f"person{n}" for n in range(8)]))
    assert sorted(told) == ["decided"] * 7 + ["done"]
