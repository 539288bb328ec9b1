"""The chain of hashes: whatever is edited, removed, moved or added behind its back is named."""

from __future__ import annotations

import copy
import sys
import threading
from datetime import UTC, datetime

import pytest

from foliohub.data.documents import Documents
from foliohub.errors import LedgerError
from foliohub.ledger import Ledger
from foliohub.signatures import Seal, digest

from .conftest import SEAL, draft, fill

FOLDER = "ledger/small/"


@pytest.fixture
def full(ledger) -> Ledger:
    """An opening, a proposal, its approval, a fill, and another proposal: five links."""
    made = ledger.propose(draft(now=datetime.now(UTC)))
    ledger.approve(made.id, by="maria", reason="Fine.")
    ledger.import_fills([fill()], by="otto")
    ledger.propose(draft(2, now=datetime.now(UTC)))
    return ledger


def name(number: int) -> str:
    return f"{FOLDER}{number:08d}"


def content(store, number: int) -> dict[str, object]:
    return copy.deepcopy(store.read_document(name(number)))


def remove(store, document: str) -> None:
    documents = store._documents
    assert isinstance(documents, Documents)
    documents.remove(document)


def rewrite(store, number: int, link: dict[str, object]) -> None:
    """Write a link with a hash that is right for it, signed: as somebody would who has the key."""
    link["hash"] = digest({key: value for key, value in link.items() if key not in {"hash", "signature"}})
    link["signature"] = SEAL.sign("ledger link", link["hash"])
    store.write_document(name(number), link)


def assert_broken_at(number: int, ledger: Ledger, portfolio, store) -> None:
    """Both a ledger that has read the chain before and a new one say so, and neither writes on it."""
    for reader in (ledger, Ledger(store, portfolio, SEAL)):
        with pytest.raises(LedgerError, match=f"at link {number} ") as caught:
            reader.verify()
        assert f"{number:08d}" in str(caught.value)
        with pytest.raises(LedgerError, match=f"at link {number} "):
            reader.propose(draft(9, now=datetime.now(UTC)))
        with pytest.raises(LedgerError, match=f"at link {number} "):
            reader.approve("small.2022-12-28.2", by="maria", reason="Fine.")
        with pytest.raises(LedgerError, match=f"at link {number} "):
            reader.import_fills([fill(9)], by="otto")


def test_an_untouched_chain_verifies(full, store, portfolio):
    full.verify()
    Ledger(store, portfolio, SEAL).verify()
    links = full.events()
    assert [link.kind for link in links] == ["opening", "proposal", "decision", "fills", "proposal"]
    assert [link.by for link in links[1:]] == ["job:daily-rebalance", "maria", "otto", "job:daily-rebalance"]
    for link in links:
        full.verify(link.hash)


def test_a_hash_noted_elsewhere_shows_up_a_chain_that_was_written_anew(full):
    with pytest.raises(LedgerError, match="no link with the hash"):
        full.verify("0" * 64)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("key", ["body", "by", "at", "kind", "previous", "hash", "number", "portfolio"])
def test_a_changed_link_is_named(full, store, portfolio, number, key):
    link = content(store, number)
    link[key] = {"body": {**link["body"], "reason": "Other."}, "number": 7}.get(key, f"{link[key]}x")
    store.write_document(name(number), link)
    assert_broken_at(number, full, portfolio, store)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_link_with_a_new_hash_of_its_own_breaks_the_next_one(full, store, portfolio, number):
    link = content(store, number)
    link["by"] = "somebody else"
    rewrite(store, number, link)
    assert_broken_at(number + 1, full, portfolio, store)


def test_the_last_link_with_a_new_hash_contradicts_the_head(full, store, portfolio):
    link = content(store, 5)
    link["by"] = "somebody else"
    rewrite(store, 5, link)
    assert_broken_at(5, full, portfolio, store)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_removed_link_is_named(full, store, portfolio, number):
    remove(store, name(number))
    assert_broken_at(number, full, portfolio, store)


def test_two_links_in_each_others_place_are_named(full, store, portfolio):
    third, fourth = content(store, 3), content(store, 4)
    store.write_document(name(3), fourth)
    store.write_document(name(4), third)
    assert_broken_at(3, full, portfolio, store)


def test_another_portfolios_link_is_named(full, store, portfolio):
    link = content(store, 5)
    link["portfolio"] = "other"
    rewrite(store, 5, link)
    assert_broken_at(5, full, portfolio, store)


def test_a_missing_head_is_named(full, store, portfolio):
    remove(store, "ledger-head/small")
    assert_broken_at(5, full, portfolio, store)


@pytest.mark.parametrize("head", [{}, {"number": "5"}, {"number": 0, "hash": ""}, {"number": 6, "hash": "x"}])
def test_a_head_that_makes_no_sense_is_refused(full, store, portfolio, head):
    store.write_document("ledger-head/small", SEAL.signed("ledger head", head))
    with pytest.raises(LedgerError, match="head"):
        full.verify()


@pytest.mark.parametrize("signature", [None, "", "ed25519:0:0", 7, "of another key", "of another link", "of a request"])
def test_a_decision_this_installation_did_not_sign_is_refused(full, store, portfolio, signature):
    open_one = full.proposal("small.2022-12-28.2")
    body = {"proposal": open_one.id, "decision": "approved", "reason": "Mine.", "hash": open_one.hash}
    append(store, "decision", body, by="maria")
    link = content(store, 6)
    link["signature"] = {
        "of another key": Seal.generate().sign("ledger link", link["hash"]),
        "of another link": content(store, 5)["signature"],
        "of a request": SEAL.sign("request", link["hash"]),
    }.get(signature, signature)
    store.write_document(name(6), {key: value for key, value in link.items() if value is not None})
    with pytest.raises(LedgerError, match="not written by this installation"):
        full.proposals()
    assert_broken_at(6, full, portfolio, store)


def test_a_chain_written_anew_by_somebody_without_the_key_is_refused_from_its_first_link_on(full, store, portfolio):
    Ledger(store, portfolio, SEAL).verify()
    with pytest.raises(LedgerError, match=r"at link 1 .* a key that is not accepted here"):
        Ledger(store, portfolio, Seal.generate()).proposals()


def test_a_head_put_back_by_hand_is_refused(full, store):
    remove(store, name(5))
    store.write_document("ledger-head/small", {"number": 4, "hash": content(store, 4)["hash"]})
    with pytest.raises(LedgerError, match="the head was not written by this installation"):
        full.verify()


def test_an_append_that_was_killed_before_the_head_was_written_counts_and_is_gone_on_from(full, store, portfolio):
    before = store.read_document("ledger-head/small")
    full.reject("small.2022-12-28.2", by="maria", reason="No.")
    store.write_document("ledger-head/small", before)  # as if killed between the two writes
    again = Ledger(store, portfolio, SEAL)
    again.verify()
    assert again.proposal("small.2022-12-28.2").status == "rejected"
    again.propose(draft(3, now=datetime.now(UTC)))
    assert store.read_document("ledger-head/small")["number"] == 7
    again.verify()


def append(store, kind: str, body: dict[str, object], by: str = "mallory") -> None:
    """A link that is chained rightly, and that Foliohub would not have written."""
    last = store.read_document(f"{FOLDER}{len(store.document_names(FOLDER)):08d}")
    link = {**last, "number": last["number"] + 1, "kind": kind, "by": by, "body": body, "previous": last["hash"]}
    link["at"] = datetime.now(UTC).isoformat()
    rewrite(store, link["number"], link)


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("decision", {"proposal": "small.2022-12-28.1"}, "was approved already"),
        ("decision", {"proposal": "small.2022-12-28.7"}, "which there is not"),
        ("decision", {"decision": "withdrawn"}, "which there is not"),
        ("decision", {"hash": "0" * 64}, "another small.2022-12-28.2"),
        ("fills", {"fills": [{"fill_id": "X1"}]}, "traded_on"),
        ("fills", {"fills": [fill().model_dump(mode="json")]}, "imported before"),
        ("opening", {"cash": 1e9}, "opened once"),
        ("proposal", {"id": "small.2022-12-28.9"}, "portfolio"),
        ("gift", {}, "no events of the kind"),
    ],
)
def test_an_event_no_rule_allows_is_named_though_its_hash_is_right(full, store, portfolio, kind, change, said):
    open_one = full.proposal("small.2022-12-28.2")
    proposal = (
        full.proposal(change.get("proposal", open_one.id))
        if change.get("proposal") != "small.2022-12-28.7"
        else open_one
    )
    decision = {"proposal": open_one.id, "decision": "approved", "reason": "Mine.", "hash": proposal.hash}
    append(store, kind, (decision if kind == "decision" else {}) | change)
    with pytest.raises(LedgerError, match=said):
        Ledger(store, portfolio, SEAL).verify()
    with pytest.raises(LedgerError, match="at link 6 "):
        full.proposals()


def test_an_approval_by_the_author_is_named_though_its_hash_is_right(full, store, portfolio):
    open_one = full.proposal("small.2022-12-28.2")
    body = {"proposal": open_one.id, "decision": "approved", "reason": "Mine.", "hash": open_one.hash}
    append(store, "decision", body, by=open_one.author)
    with pytest.raises(LedgerError, match="by its author"):
        Ledger(store, portfolio, SEAL).verify()


def test_a_ledger_sees_what_another_process_has_appended(full, store, portfolio):
    other = Ledger(store, portfolio, SEAL)
    assert len(other.proposals()) == 2
    full.reject("small.2022-12-28.2", by="maria", reason="No.")
    assert other.proposal("small.2022-12-28.2").status == "rejected"
    assert other.version == full.version


def test_reading_again_reads_only_what_is_new(full, store, monkeypatch):
    full.proposals()
    monkeypatch.setattr(store, "documents", None)
    monkeypatch.setattr(store, "read_document", None)
    assert len(full.proposals()) == 2


def test_an_opening_that_was_changed_in_the_file_is_refused(full, store, portfolio):
    richer = portfolio.model_copy(update={"opening": portfolio.opening.model_copy(update={"cash": 1e6})})
    changed = Ledger(store, richer, SEAL)
    with pytest.raises(LedgerError, match="cannot be changed later"):
        changed.holdings()
    with pytest.raises(LedgerError, match="cannot be changed later"):
        changed.propose(draft(3, now=datetime.now(UTC)))
    changed.verify()


@pytest.fixture
def hurried():
    """Threads that give way to each other all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
def test_threads_that_share_a_ledger_read_it_whole_while_it_is_checked_and_added_to(full) -> None:
    expected, problems = {one.id for one in full.proposals()}, []

    def read() -> None:
        for _ in range(60):
            try:
                assert {one.id for one in full.proposals()} >= expected
                full.verify()
            except (LedgerError, AssertionError, ValueError) as error:
                problems.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(3, 9):
        full.propose(draft(number, now=datetime.now(UTC)))
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(full.proposals()) == len(expected) + 6
