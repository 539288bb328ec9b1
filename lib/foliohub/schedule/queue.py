"""Which request is next, and which will never be: the rules, without a clock, a process or a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from foliohub.schedule.request import Request, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from foliohub.runs.spec import JobSpec
    from foliohub.schedule.request import Pause


@dataclass(frozen=True, slots=True)
class Turn:
    """What to do with the requests there are.

    Attributes
    ----------
    start : Request or None
        The one to run now; None while one is running.
    ended : tuple of (Request, State, str)
        Those that will not run, with why.
    """

    start: Request | None
    ended: tuple[tuple[Request, State, str], ...]


def next_turn(
    requests: Sequence[Request],
    running: Request | None,
    jobs: Mapping[str, JobSpec],
    paused: Mapping[str, Pause],
    succeeded: Callable[[str, str], bool],
    now: datetime,
    *,
    elsewhere: Sequence[Request] = (),
    expected: Callable[[str, Request], bool] = lambda _, __: False,
) -> Turn:
    """Choose what runs next.

    Parameters
    ----------
    requests : sequence of Request
        All that wait or are to be tried again, each with its session.
    running : Request or None
        The one under way: one at a time.
    jobs : mapping
        In an order that follows their dependencies.
    paused : mapping of job to Pause
    succeeded : callable
        Whether a job has succeeded for a session.
    now : datetime
    elsewhere : sequence of Request
        Open ones that somebody else executes: nothing is done about them here, but what depends on them waits.
    expected : callable
        (job, request) -> whether what a request depends on is still to be asked for by somebody else.

    Notes
    -----
    First what people ask for, in the order they asked. Then what the clock asks for, the newest session first, within
    it in the order of dependencies. What depends on a job that is still to run for the same session waits for it; what
    depends on one that did not succeed is skipped, as in a cycle.
    """
    ended: list[tuple[Request, State, str]] = []
    ready: list[Request] = []
    awaited = {(each.job, each.as_of) for each in elsewhere if not succeeded(each.job, each.as_of or "")}
    if running:
        awaited.add((running.job, running.as_of))

    def is_awaited(job: str, request: Request) -> bool:
        if (job, request.as_of) in awaited:
            return True
        # Somebody else may have asked for it just now and not have chosen its session, or be about to ask.
        is_coming = (job, None) in awaited or expected(job, request)
        return is_coming and not succeeded(job, request.as_of or "")

    order = {name: position for position, name in enumerate(jobs)}
    for request in sorted(requests, key=lambda r: (order.get(r.job, -1), r.due_at)):
        job = jobs.get(request.job)
        if job is None:
            known = ", ".join(sorted(jobs))
            ended.append((request, State.FAILED, f"There is no job {request.job!r}; known are {known}."))
            continue
        if request.scheduled_at and request.job in paused:
            ended.append((request, State.SKIPPED, f"{request.job} is paused by {paused[request.job].by}."))
            continue
        lost = [
            other for other in job.after if not is_awaited(other, request) and not succeeded(other, request.as_of or "")
        ]
        if lost:
            ended.append((request, State.SKIPPED, f"{lost[0]} did not succeed for {request.as_of}."))
            continue
        awaited.add((request.job, request.as_of))
        if any(is_awaited(other, request) for other in job.after):
            continue
        if not running and (request.not_before is None or request.not_before <= now):
            ready.append(request)
    return Turn(min(ready, key=lambda r: _rank(r, order), default=None), tuple(ended))


def _rank(request: Request, order: Mapping[str, int]) -> tuple[bool, float, int, float]:
    if request.scheduled_at is None:
        return False, 0.0, 0, request.due_at.timestamp()
    return True, -float((request.as_of or "0").replace("-", "")), order[request.job], -request.due_at.timestamp()


__all__ = ["Turn", "next_turn"]
