"""The routes of the decision pages. Everything they know of the service around them is handed to them.

Without postponed annotations: FastAPI reads those of the routes, which name what only their maker knows.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from foliohub.errors import DecisionRefusedError, NotStoredError
from foliohub.ledger import Ledger, Proposal
from hub.api.decisions.view import PAGES, overview_page, proposal_page
from hub.api.frame import Frame
from hub.api.frame.route import LONGEST_FORM, page_route
from hub.api.problems import from_error

ProposalId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]
_MISSING = "There is no such proposal."


class Person(Protocol):
    """Who looks or decides."""

    @property
    def name(self) -> str:
        """The hub's name for them."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the service around gives for one request.

    Parameters
    ----------
    portfolios : sequence of str
        Names of all portfolios.
    ledger : callable
        Opens the ledger of one of them.
    csrf : str
        The secret of this log-in's forms.
    prefix : str
        Path of these pages, without a slash at the end.
    dashboards : str
        Path of the dashboards, with one.
    """

    portfolios: Sequence[str]
    ledger: Callable[[str], Ledger]
    csrf: str
    prefix: str
    dashboards: str


def decision_router(
    *,
    reader: Callable[..., Awaitable[Person]],
    decider: Callable[..., Awaitable[Person]],
    may_decide: Callable[[Any], bool],
    around: Callable[..., Awaitable[Surroundings]],
) -> APIRouter:
    """The pages, for one service to include under its prefix.

    Parameters
    ----------
    reader : callable
        Dependency: who opens a page, if they may.
    decider : callable
        Dependency: who sent a form, if it was ours, of their log-in, and they may decide; a person.
    may_decide : callable
        Whether a reader may decide, which only changes what the page offers.
    around : callable
        Dependency: the surroundings of a request.
    """
    router = APIRouter(route_class=page_route(PAGES, "proposals"), include_in_schema=False)
    around_it = Annotated[Surroundings, Depends(around)]

    @router.get("")
    @router.get("/")
    async def overview(who: Annotated[Person, Depends(reader)], here: around_it) -> Response:
        """Every proposal, the open ones first."""

        def read() -> list[tuple[Ledger, list[Proposal]]]:
            ledgers = [here.ledger(name) for name in here.portfolios]
            return [(ledger, ledger.proposals()) for ledger in ledgers]

        return PAGES.answer(overview_page(_frame(here, who), await run_in_threadpool(read)))

    @router.get("/{identifier}")
    async def proposal(identifier: ProposalId, who: Annotated[Person, Depends(reader)], here: around_it) -> Response:
        """One proposal, and the form to decide on it."""
        page = await run_in_threadpool(_proposal, here, identifier, who, may_decide(who))
        return PAGES.answer(page)

    @router.post("/{identifier}")
    async def decide(
        identifier: ProposalId,
        who: Annotated[Person, Depends(decider)],
        here: around_it,
        decision: Annotated[str, Form(pattern="^(approve|reject)$")],
        reason: Annotated[str, Form(max_length=LONGEST_FORM)] = "",
    ) -> Response:
        """Decide; what is refused comes back with the form, and the reason as it was written."""

        def enter() -> tuple[DecisionRefusedError, str] | None:
            ledger = _ledger(here, identifier)
            try:
                if decision == "approve":
                    ledger.approve(identifier, by=who.name, reason=reason)
                else:
                    ledger.reject(identifier, by=who.name, reason=reason)
            except DecisionRefusedError as refused:
                return refused, _proposal(here, identifier, who, may_decide(who), refused=refused, reason=reason)
            return None

        refused = await run_in_threadpool(enter)
        if refused is not None:
            return PAGES.answer(refused[1], from_error(refused[0]).status)
        # 303: reloading what comes next sends nothing again.
        return RedirectResponse(f"{here.prefix}/{identifier}", 303, {"Cache-Control": "no-store"})

    @router.get("/{identifier}/trades.csv")
    async def trades(identifier: ProposalId, _: Annotated[Person, Depends(reader)], here: around_it) -> Response:
        """The trade list of an approved proposal."""
        frame = await run_in_threadpool(lambda: _ledger(here, identifier).trade_list(identifier))
        headers = {"Content-Disposition": f'attachment; filename="{identifier}.csv"', "Cache-Control": "no-store"}
        return Response(frame.to_csv(index=False, lineterminator="\r\n"), headers=headers, media_type="text/csv")

    return router


def _proposal(
    here: Surroundings,
    identifier: str,
    who: Person,
    may_decide: bool,
    *,
    refused: DecisionRefusedError | None = None,
    reason: str = "",
) -> str:
    ledger = _ledger(here, identifier)
    return proposal_page(
        _frame(here, who),
        ledger,
        ledger.proposal(identifier),
        objection=ledger.objection(identifier, by=who.name),
        may_decide=may_decide,
        csrf=here.csrf,
        refused=refused,
        reason=reason,
    )


def _ledger(here: Surroundings, identifier: str) -> Ledger:
    name = identifier.partition(".")[0]
    if name not in here.portfolios:
        raise NotStoredError(_MISSING, remedy="The list has all there are.")
    return here.ledger(name)


def _frame(here: Surroundings, who: Person) -> Frame:
    return Frame(here.prefix, here.dashboards, who.name)
