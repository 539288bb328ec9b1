"""The ledger of a portfolio: proposals, decisions and fills, each an event in a chain nobody can rewrite unseen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pandas as pd

from foliohub import audit, calendars
from foliohub.errors import DecisionRefusedError, InputError, LedgerError, NotStoredError
from foliohub.ledger.chain import START, Chain, Link
from foliohub.ledger.decisions import check_approvable, check_decidable
from foliohub.ledger.fills import Fill, FillReport, by_id
from foliohub.ledger.history import History, expired_at, replay
from foliohub.ledger.holdings import Holdings, check_never_short, holdings_after
from foliohub.ledger.portfolio import Opening, Portfolio
from foliohub.ledger.proposal import Draft, Proposal
from foliohub.ledger.slippage import slippage

if TYPE_CHECKING:
    from foliohub.data.store import Store
    from foliohub.signatures import Seal
    from foliohub.types import DateLike


class Ledger:
    """The proposals, decisions, fills and holdings of one portfolio. Every reading is what is stored at that moment.

    Parameters
    ----------
    store : Store
    portfolio : Portfolio
        From :func:`foliohub.ledger.load_portfolio`, or ``foliohub.runs.opening.open_ledger`` for all at once.
    seal : Seal
        Signs what is entered, and tells of everything read whether it was signed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from foliohub.data.store import Store
    >>> from foliohub.ledger import load_portfolio
    >>> from foliohub.signatures import Seal
    >>> store = Store.open("mem://ledger-example", locks=Path(tempfile.mkdtemp()))
    >>> Ledger(store, load_portfolio("sample"), Seal.generate()).holdings().cash
    1000000.0
    """

    def __init__(self, store: Store, portfolio: Portfolio, seal: Seal) -> None:
        self.portfolio = portfolio
        self._store = store
        self._chain = Chain(store, portfolio.name, seal)
        self._told: tuple[str, History] = (START, History())

    # -- reading -------------------------------------------------------------------------------------------------------

    def proposals(self, now: datetime | None = None) -> list[Proposal]:
        """Every proposal, the newest first, as it stands now."""
        found = self._history().at(_moment(now))
        return list(reversed(found.values()))

    def proposal(self, identifier: str, now: datetime | None = None) -> Proposal:
        """One proposal, as it stands now.

        Raises
        ------
        NotStoredError
            There is none of that id; names the last ones.
        """
        return expired_at(self._find(self._history(), identifier), _moment(now))

    def holdings(self, at: DateLike | None = None) -> Holdings:
        """What is held at the end of a day, by the fills imported so far; all fills count by default."""
        history = self._history()
        return holdings_after(self._opening(history), history.fills, _day(at))

    def fills(self, proposal: str | None = None) -> list[Fill]:
        """The fills imported so far, in that order; of one proposal where given."""
        return [fill for fill in self._history().fills if proposal in (None, fill.proposal)]

    def slippage(self, identifier: str) -> pd.DataFrame:
        """Every order of a proposal against its fills (:func:`foliohub.ledger.slippage.slippage`)."""
        history = self._history()
        return slippage(self._find(history, identifier), history.fills)

    def trade_list(self, identifier: str) -> pd.DataFrame:
        """The frozen orders of an approved proposal (n_orders, 7), the columns of a fill where they are the same.

        Raises
        ------
        DecisionRefusedError
            It is not approved: there is nothing to trade.
        """
        found = self.proposal(identifier)
        if found.status != "approved":
            raise DecisionRefusedError(
                f"{identifier} is {found.status}: there is nothing to trade.",
                remedy="Only an approved proposal has a trade list.",
                code="undecided",
            )
        rows = [(found.id, o.ticker, o.side, o.shares, o.price, o.value, o.estimated_cost) for o in found.orders]
        columns = ["proposal", "ticker", "side", "shares", "reference_price", "value", "estimated_cost"]
        return pd.DataFrame(rows, columns=columns)

    def objection(self, identifier: str, *, by: str, now: datetime | None = None) -> DecisionRefusedError | None:
        """Why `by` could not approve a proposal now, given a good reason; None where nothing is in the way.

        Raises
        ------
        NotStoredError
            There is none of that id.
        """
        history = self._history()
        found = expired_at(self._find(history, identifier), _moment(now))
        try:
            check_decidable(found, reason="-")
            self._check_approvable(found, history, by)
        except DecisionRefusedError as refused:
            return refused
        return None

    def events(self) -> tuple[Link, ...]:
        """Every link of the chain, in order."""
        return self._chain.links()

    @property
    def version(self) -> str:
        """Changes whenever anything changes that reading would show: an ETag."""
        history, now = self._history(), datetime.now(UTC)
        expired = any(expired_at(p, now).status != p.status for p in history.proposals.values())
        return self._told[0] + ("-expired" if expired else "")

    def verify(self, head: str | None = None) -> None:
        """Read every link again, and check hashes, signatures, order, end and rules.

        Parameters
        ----------
        head : str, optional
            Hash of a link, noted earlier somewhere else: it must still be in the chain.

        Raises
        ------
        LedgerError
            The chain is broken; names the first bad link.
        """
        links = self._chain.check()
        self._told = (START, History())
        replay(links, self.portfolio.name)
        if head is not None and head not in {link.hash for link in links}:
            raise LedgerError(
                f"The ledger of {self.portfolio.name} has no link with the hash {head}.",
                remedy="It was rewritten since that hash was noted, or the hash is another ledger's.",
            )

    # -- writing -------------------------------------------------------------------------------------------------------

    def propose(self, draft: Draft) -> Proposal:
        """Enter a proposal, once per run; open ones of the same session or an earlier one are superseded.

        Raises
        ------
        InputError
            The draft is another portfolio's.
        LedgerError, SignatureError
            The chain is broken, or this process cannot sign for the installation.
        """
        if draft.portfolio != self.portfolio.name:
            raise InputError(
                f"The draft is of portfolio {draft.portfolio}, the ledger of {self.portfolio.name}.",
                remedy="Open that portfolio's ledger.",
            )
        with self._chain.lock():
            history = self._for_writing()
            known = [proposal for proposal in history.proposals.values() if proposal.run_id == draft.run_id]
            if not known:
                identifier = history.next_id(draft)
                body = {"id": identifier, **draft.model_dump(mode="json")}
                self._chain.append("proposal", by=draft.author, at=_moment(None), body=body)
                audit.record("proposal-entered", user=draft.author, proposal=identifier, run=draft.run_id)
            else:
                identifier = known[-1].id
        return self.proposal(identifier)

    def approve(self, identifier: str, *, by: str, reason: str, now: datetime | None = None) -> Proposal:
        """Approve a proposal, for good. Whether `by` may approve at all is for the caller to have checked.

        Raises
        ------
        NotStoredError
            There is none of that id.
        DecisionRefusedError
            `by` is its author, a limit blocks, it is decided or expired, prices or holdings have moved on, or there is
            no reason; `code` says which.
        LedgerError
            The chain is broken.
        """
        return self._decide(identifier, "approved", by=by, reason=reason, now=_moment(now))

    def reject(self, identifier: str, *, by: str, reason: str, now: datetime | None = None) -> Proposal:
        """Reject a proposal, for good; its author may, too.

        Raises
        ------
        NotStoredError
            There is none of that id.
        DecisionRefusedError
            It is decided or expired, or there is no reason; `code` says which.
        LedgerError
            The chain is broken.
        """
        return self._decide(identifier, "rejected", by=by, reason=reason, now=_moment(now))

    def import_fills(self, rows: Iterable[Fill], *, by: str, now: datetime | None = None) -> FillReport:
        """Import what was traded; nothing else changes holdings. A fill imported before counts once.

        Parameters
        ----------
        rows : iterable of Fill
            As :func:`foliohub.ledger.read_fills` gives them. All are imported or none.
        by : str
            Who imports them.

        Raises
        ------
        LedgerError
            A fill contradicts the ledger: another one of the same id, a proposal that is not approved, a sale of what
            is not held.
        """
        given, moment = tuple(rows), _moment(now)
        with self._chain.lock():
            history = self._for_writing()
            known = by_id(history.fills)
            for fill in given:
                self._check_fill(fill, known, history, moment)
            fresh = tuple(fill for fill in given if fill.fill_id not in known)
            opening = self._opening(history)
            check_never_short(opening, [*history.fills, *fresh])
            if fresh:
                told = [fill.model_dump(mode="json") for fill in fresh]
                self._chain.append("fills", by=by, at=moment, body={"fills": told})
                audit.record("fills-imported", user=by, portfolio=self.portfolio.name, count=len(fresh))
        cash = holdings_after(opening, [*history.fills, *fresh]).cash
        remarks = [f"Cash is {cash:,.2f} {self.portfolio.currency}: more was spent than there was."] if cash < 0 else []
        for identifier in sorted({fill.proposal for fill in fresh if fill.proposal}):
            table = self.slippage(identifier)
            remarks += [
                f"{row.ticker}: {row.filled:,} shares filled, {row.ordered:,} ordered ({identifier})."
                for row in table[table["filled"] > table["ordered"]].itertuples()
            ]
        return FillReport(fresh, len(given) - len(fresh), cash, tuple(remarks))

    # -- within --------------------------------------------------------------------------------------------------------

    def _decide(
        self, identifier: str, decision: Literal["approved", "rejected"], *, by: str, reason: str, now: datetime
    ) -> Proposal:
        with audit.attempt(f"proposal-{decision}", user=by, proposal=identifier), self._chain.lock():
            history = self._for_writing()
            found = expired_at(self._find(history, identifier), now)
            said = check_decidable(found, reason=reason)
            if decision == "approved":
                self._check_approvable(found, history, by)
            body = {"proposal": identifier, "decision": decision, "reason": said, "hash": found.hash}
            self._chain.append("decision", by=by, at=now, body=body)
        return self.proposal(identifier, now)

    def _check_approvable(self, proposal: Proposal, history: History, by: str) -> None:
        held = holdings_after(self._opening(history), history.fills)
        check_approvable(proposal, by=by, newest=self._newest(proposal.universe), holdings=held)

    def _check_fill(self, fill: Fill, known: dict[str, Fill], history: History, now: datetime) -> None:
        before = known.get(fill.fill_id)
        if before is not None and before != fill:
            raise LedgerError(
                f"Fill {fill.fill_id} was imported before as {before.side} {before.shares:,} {before.ticker} at "
                f"{before.price:g} on {before.traded_on}; now it is {fill.side} {fill.shares:,} {fill.ticker} at "
                f"{fill.price:g} on {fill.traded_on}.",
                remedy="Fills cannot be changed: give a correction an id of its own.",
            )
        if fill.traded_on > (now + timedelta(days=1)).date():
            raise LedgerError(f"Fill {fill.fill_id} is of {fill.traded_on}.", remedy="It has not been traded yet.")
        if not fill.proposal:
            return
        proposal = self._find(history, fill.proposal)
        if proposal.status != "approved":
            raise LedgerError(
                f"Fill {fill.fill_id} is of {fill.proposal}, which is {expired_at(proposal, now).status}.",
                remedy="Name an approved proposal, or leave the column empty for a trade outside of any.",
            )
        if fill.traded_on < proposal.as_of:
            raise LedgerError(
                f"Fill {fill.fill_id} was traded on {fill.traded_on}, before {fill.proposal} was computed.",
                remedy="Correct the day, or the proposal.",
            )

    def _history(self) -> History:
        links = self._chain.links()
        told, last = self._told, links[-1].hash if links else START
        if told[0] != last or not links:
            told = self._told = (last, replay(links, self.portfolio.name))
        return told[1]

    def _for_writing(self) -> History:
        """The history as it is under the lock, every link checked; the portfolio opened if it was not."""
        links = self._chain.check()
        history = replay(links, self.portfolio.name)
        opening = self._opening(history)
        if not links:
            body = opening.model_dump(mode="json")
            self._chain.append("opening", by="portfolio file", at=_moment(None), body=body)
        return history

    def _opening(self, history: History) -> Opening:
        opening, written = self.portfolio.opening, history.opening
        if written is not None and written != opening:
            raise LedgerError(
                f"{self.portfolio.name}.yaml opens the portfolio with {opening.cash:,.2f} in cash and "
                f"{len(opening.holdings)} holdings; its ledger was opened with {written.cash:,.2f} and "
                f"{len(written.holdings)}.",
                remedy="An opening cannot be changed later: put it back, or take another name.",
            )
        return opening

    def _find(self, history: History, identifier: str) -> Proposal:
        found = history.proposals.get(identifier)
        if found is None:
            last = ", ".join(list(history.proposals)[-3:]) or "none so far"
            raise NotStoredError(f"There is no proposal {identifier!r}.", remedy=f"The last are: {last}.")
        return found

    def _newest(self, universe: str) -> date | None:
        try:
            as_of = self._store.latest(f"raw/{universe}").as_of
        except NotStoredError:
            return None
        return None if as_of is None else as_of.date()


def _moment(now: datetime | None) -> datetime:
    if now is None:
        return datetime.now(UTC)
    if now.tzinfo is None:
        raise InputError(f"{now} has no time zone.", remedy="Pass an aware datetime.")
    return now.astimezone(UTC)


def _day(at: DateLike | None) -> date | None:
    return None if at is None else calendars.to_session(at).date()
