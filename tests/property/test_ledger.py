"""Whatever is tried on a ledger, in whatever order: it keeps its rules, and a plain book beside it agrees."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from foliohub.data.store import Store
from foliohub.errors import DecisionRefusedError, LedgerError
from foliohub.ledger import Draft, Fill, Ledger, Portfolio
from foliohub.ledger.verdicts import Most, judge
from foliohub.signatures import Seal

PORTFOLIO = Portfolio.model_validate(
    {"name": "p", "title": "P", "universe": "u", "opening": {"cash": 1000.0, "holdings": {"A": 5}}}
)
SEAL = Seal.generate()
SESSIONS = [date(2022, 12, day) for day in (27, 28, 29)]
PEOPLE = st.sampled_from(["anna", "maria", "Maria", "otto"])


class LedgerMachine(RuleBasedStateMachine):
    """A ledger, and a plain book of what must have become of everything."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.open(f"mem://{uuid4()}", locks=Path(self.folder.name))
        self.ledger = Ledger(self.store, PORTFOLIO, SEAL)
        self.now = datetime.now(UTC) + timedelta(hours=1)
        self.book: dict[str, dict[str, object]] = {}
        self.cash, self.shares, self.fills = Decimal(1000), {"A": 5}, dict[str, Fill]()
        self.runs = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def status(self, identifier: str) -> str:
        entry = self.book[identifier]
        return "expired" if entry["status"] == "proposed" and self.now >= entry["expires"] else str(entry["status"])

    @rule(day=st.sampled_from(SESSIONS), author=PEOPLE, blocked=st.booleans(), again=st.booleans())
    def propose(self, day, author, blocked, again) -> None:
        again = again and bool(self.book)
        self.runs += not again
        expires = self.now + timedelta(hours=2)
        verdict = judge("turnover", 0.5, Most(block=0.4) if blocked else Most(warn=0.6), "fraction")
        draft = Draft(
            portfolio="p", universe="u", as_of=day, created_at=self.now, expires_at=expires, author=author,
            run_id=f"r.{self.runs}", target={}, orders=(), holdings_before=dict(self.shares), holdings_after={},
            cash_before=float(self.cash), cash_after=0.0, wealth=1000.0, expected_cost=0.0, turnover=0.0,
            prices_until=day, verdicts=(verdict,),
        )  # fmt: skip
        made = self.ledger.propose(draft)
        if again:
            assert made.id in self.book
            return
        assert made.id not in self.book
        past = any(entry["day"] > day for entry in self.book.values())
        # The ledger's own clock is an hour behind ours: what we call expired by less it still supersedes.
        for entry in self.book.values():
            if entry["status"] == "proposed" and entry["day"] <= day and datetime.now(UTC) < entry["expires"]:
                entry["status"] = "superseded"
        status = "superseded" if past else "proposed"
        self.book[made.id] = {
            "day": day, "author": author, "blocked": blocked, "expires": expires, "status": status,
            "held": (dict(self.shares), self.cash),
        }  # fmt: skip

    @precondition(lambda self: self.book)
    @rule(data=st.data(), by=PEOPLE, approve=st.booleans(), reason=st.sampled_from(["Fine.", " "]))
    def decide(self, data, by, approve, reason) -> None:
        identifier = data.draw(st.sampled_from(sorted(self.book)))
        entry = self.book[identifier]
        allowed = self.status(identifier) == "proposed" and bool(reason.strip())
        if approve:
            allowed = allowed and str(entry["author"]).lower() != by.lower() and not entry["blocked"]
            allowed = allowed and entry["held"] == (self.shares, self.cash)
        call = self.ledger.approve if approve else self.ledger.reject
        try:
            decided = call(identifier, by=by, reason=reason, now=self.now)
        except DecisionRefusedError:
            taken = False
        else:
            taken = True
            entry["status"] = "approved" if approve else "rejected"
            assert (decided.status, decided.decided_by) == (entry["status"], by)
        assert taken == allowed

    @rule(
        number=st.integers(1, 6), ticker=st.sampled_from("AB"), buy=st.booleans(), shares=st.integers(1, 4),
        cents=st.integers(1, 5000),
    )  # fmt: skip
    def trade(self, number, ticker, buy, shares, cents) -> None:
        side = "buy" if buy else "sell"
        fill = Fill(
            fill_id=f"F{number}", traded_on=SESSIONS[-1], ticker=ticker, side=side, shares=shares, price=cents / 100
        )
        known = self.fills.get(fill.fill_id)
        after = self.shares.get(ticker, 0) + fill.sign * shares
        allowed = known == fill or (known is None and after >= 0)
        try:
            report = self.ledger.import_fills([fill], by="otto", now=self.now)
        except LedgerError:
            assert not allowed
            return
        assert allowed
        assert report.known == (known is not None)
        if known is None:
            self.fills[fill.fill_id] = fill
            self.cash -= fill.sign * shares * Decimal(cents) / 100
            self.shares = {name: n for name, n in (self.shares | {ticker: after}).items() if n}

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def a_ledger_that_was_just_opened_agrees_with_the_book(self) -> None:
        fresh = Ledger(self.store, PORTFOLIO, SEAL)
        fresh.verify()
        assert {p.id: p.status for p in fresh.proposals(now=self.now)} == {
            name: self.status(name) for name in self.book
        }
        held = fresh.holdings()
        assert (held.shares.to_dict(), Decimal(repr(held.cash))) == (self.shares, self.cash)
        assert sum(p.status == "proposed" for p in fresh.proposals(now=self.now)) <= 1


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
