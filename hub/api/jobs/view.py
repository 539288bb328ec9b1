"""What the pages on jobs show, in the words of the Operations dashboard."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foliohub.dashboards.kit.grid import Tone, ago, clock
from foliohub.runs.spec import JobSpec
from foliohub.schedule import Pause, Request, Requests, State, upcoming
from hub.api.frame import Frame, Pages

PAGES = Pages(Path(__file__).parent / "template")

_ENDED_SHOWN = 20
_TONES: dict[State, Tone] = {
    State.DONE: "good",
    State.ALREADY_DONE: "good",
    State.FAILED: "bad",
    State.RUNNING: "busy",
    State.RETRYING: "busy",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks, as far as the page depends on it.

    Parameters
    ----------
    csrf : str
        The secret of this log-in's forms.
    may_start, may_schedule : bool
        Whether the page offers to run jobs; to pause, resume and cancel.
    """

    csrf: str
    may_start: bool
    may_schedule: bool


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the page lists it.

    Parameters
    ----------
    name, title : str
    due : str
        The next time, in the job's own zone; empty where there is none.
    soon : str
        How soon that is.
    pause : Pause or None
        Who holds it back.
    under_way : bool
    last : Request or None
        What has ended last.
    """

    name: str
    title: str
    due: str
    soon: str
    pause: Pause | None
    under_way: bool
    last: Request | None


def overview_page(
    frame: Frame, jobs: Mapping[str, JobSpec], requests: Requests, visitor: Visitor, about: str = ""
) -> str:
    """Every job, what waits or runs, and what has ended lately.

    Parameters
    ----------
    frame : Frame
    jobs : mapping of name to JobSpec
    requests : Requests
    visitor : Visitor
    about : str
        The job or request that was just changed: the page begins with how it stands.
    """
    now, paused, known = datetime.now(UTC), requests.paused(), requests.list()
    waiting = sorted((r for r in known if not r.state.ended), key=_queue_order)
    ended = sorted((r for r in known if r.state.ended), key=lambda r: r.ended_at or r.due_at, reverse=True)
    return PAGES.render(
        "overview.html.j2",
        frame,
        visitor=visitor,
        said=_said(about, jobs, known, paused, now),
        jobs=_lines(jobs, waiting, ended, paused, now),
        waiting=waiting,
        ended=ended[:_ENDED_SHOWN],
        tone=lambda request: _TONES.get(request.state, ""),
        clock=clock,
        ago=lambda moment: ago(moment, now),
        form=secrets.token_hex(16),
        now=now,
    )


def _lines(
    jobs: Mapping[str, JobSpec],
    waiting: Sequence[Request],
    ended: Sequence[Request],
    paused: Mapping[str, Pause],
    now: datetime,
) -> list[JobLine]:
    times = upcoming(jobs, now)
    last = {request.job: request for request in reversed(ended)}
    running = {request.job for request in waiting if request.state is State.RUNNING}
    return [
        JobLine(
            name=name,
            title=job.title,
            due=f"{times[name][0]:%a %Y-%m-%d %H:%M %Z}" if times[name] else "",
            soon=ago(times[name][0], now) if times[name] else "",
            pause=paused.get(name),
            under_way=name in running,
            last=last.get(name),
        )
        for name, job in jobs.items()
    ]


def _said(
    about: str, jobs: Mapping[str, JobSpec], known: Sequence[Request], paused: Mapping[str, Pause], now: datetime
) -> tuple[str, str]:
    """Title and text on what was just changed, from how it stands; empty where there is nothing of that name."""
    if about in jobs:
        if about in paused:
            return f"{about} is paused", f"Its times pass without a run until somebody resumes it. {_by(paused[about])}"
        due = upcoming(jobs, now)[about]
        return f"{about} runs at its times", f"Next: {due[0]:%A, %Y-%m-%d %H:%M %Z}." if due else "There are none."
    request = next((request for request in known if request.id == about), None)
    if request is None:
        return "", ""
    session = f" for {request.as_of}" if request.as_of else ""
    if request.cancelled_by and not request.state.ended:
        return f"{request.job}{session} is being cancelled", "Its run ends within seconds."
    texts = {
        State.WAITING: ("was asked for", "The scheduler starts it as soon as nothing else runs."),
        State.RUNNING: ("is under way", "It is listed below until it ends."),
        State.RETRYING: ("will be tried again", request.reason),
    }
    title, text = texts.get(request.state, (f"has ended: {request.state.value}", request.reason))
    return f"{request.job}{session} {title}", text


def _by(pause: Pause) -> str:
    return f"Paused by {pause.by} at {clock(pause.at)} UTC."


def _queue_order(request: Request) -> tuple[bool, datetime, str]:
    return request.state is not State.RUNNING, request.due_at, request.id


__all__ = ["PAGES", "Visitor", "overview_page"]
