"""Asking for a run: checked at once, for what the scheduler would find out later; asking again changes nothing."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, Field

from foliohub.runs.parameters import check_parameters, declared_parameters, read_notebook
from foliohub.runs.sessions import check_as_of
from foliohub.schedule import Request, open_requests
from hub.api.access import authorise
from hub.api.context import Context
from hub.api.identity import Identity
from hub.api.parameters import Day, text
from hub.api.problems import ProblemError

JobName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]


class RunRequest(BaseModel, extra="forbid"):
    """A run that is wanted."""

    job: JobName
    as_of: Day | None = Field(default=None, description="Session; by default the last that has closed.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="In place of those in the job's file.")
    force: bool = Field(default=False, description="Make another attempt although one has succeeded.")


def start_run(at: Context, who: Identity, wanted: RunRequest, key: str | None = None) -> Request:
    """Ask for a run of a job, in somebody's name.

    Parameters
    ----------
    at : Context
    who : Identity
        Has the scope that starting takes; of a job that proposes, also that of proposing.
    wanted : RunRequest
    key : str, optional
        With the same key the same request comes back, whatever became of it. Without one, the same job, session and
        parameters give the request that is still open.

    Raises
    ------
    ProblemError, FoliohubError
        There is no such job, session or parameter; the key was used for something else; or 403, naming the scope
        that is missing.
    """
    _check(at, wanted)
    if at.jobs[wanted.job].proposes:
        authorise(who, "custom:proposals:create")
    requests, day = open_requests(at.settings, at.store), text(wanted.as_of)
    with at.store.lock("schedule/requests"):
        if key is None:
            for known in requests.list(wanted.job, ended=False):
                same = (known.as_of, known.parameters, known.force) == (day, wanted.parameters, wanted.force)
                if same and known.scheduled_at is None and known.cancelled_by is None:
                    return known
        return requests.submit(wanted.job, day, by=who.name, key=key, parameters=wanted.parameters, force=wanted.force)


def cancel_run(at: Context, who: Identity, identifier: str) -> Request:
    """Take a request back, in somebody's name; a run under way is ended within seconds.

    Raises
    ------
    NotStoredError
        There is no such request.
    ProblemError
        409: it has ended already.
    """
    requests = open_requests(at.settings, at.store)
    with at.store.lock("schedule/requests"):
        found = requests.get(identifier)
        if found.state.ended:
            raise ProblemError(409, f"{identifier} has ended already: {found.state}.", kind="ended")
        return requests.cancel(identifier, by=who.name)


def _check(at: Context, wanted: RunRequest) -> None:
    known = at.jobs
    if wanted.job not in known:
        raise ProblemError(
            422, f"There is no job {wanted.job!r}.", f"There are {', '.join(known)}.", kind="unknown-job"
        )
    spec = known[wanted.job]
    declared = declared_parameters(read_notebook(at.settings.notebooks / spec.notebook), spec.notebook)
    check_parameters(wanted.parameters, declared, spec.notebook)
    if wanted.as_of is not None:
        name = str(wanted.parameters.get("universe", spec.parameters.get("universe", "sample")))
        check_as_of(pd.Timestamp(wanted.as_of), at.universe(name).calendar)


__all__ = ["JobName", "RunRequest", "cancel_run", "start_run"]
