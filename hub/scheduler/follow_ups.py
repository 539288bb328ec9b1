"""What was blocked because another job failed is asked for again, once that one has succeeded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from foliohub.runs.spec import JobSpec
from foliohub.schedule.requests import Requests

logger = logging.getLogger("foliohub.scheduler.follow_ups")

_FOLLOWED_FOR = timedelta(days=7)
"""What was blocked longer ago is not asked for again: nobody waits for it any more."""


class FollowUps:
    """Asks again for what was blocked.

    Parameters
    ----------
    requests : Requests
    is_done : callable
        (job, session) -> whether it has succeeded.
    """

    def __init__(self, requests: Requests, is_done: Callable[[str, str], bool]) -> None:
        self._requests = requests
        self._is_done = is_done

    def ask(self, jobs: Mapping[str, JobSpec], paused: Collection[str], now: datetime) -> None:
        """Ask for what was blocked, if all it depends on has succeeded since; once for a job and a session."""
        known = self._requests.list()
        blocked = [
            request
            for request in known
            if request.blocked
            and request.scheduled_at
            and request.job in jobs
            and request.job not in paused
            and now - request.scheduled_at <= _FOLLOWED_FOR
        ]
        if not blocked:
            return
        settled = {(r.job, r.as_of) for r in known if r.follows or not r.state.ended}
        for request in blocked:
            place, day = (request.job, request.as_of), request.as_of or ""
            if place in settled or self._is_done(request.job, day):
                continue
            if all(self._is_done(other, day) for other in jobs[request.job].after):
                following, _ = self._requests.submit_following(request)
                settled.add(place)
                logger.info("request %s makes up for %s", following.id, request.id)


__all__ = ["FollowUps"]
