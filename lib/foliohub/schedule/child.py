"""The process in which one requested run happens: ``python -m foliohub.schedule.child``, started by the scheduler.

It reads its order as one line from its standard input, which stays open: when it closes, the scheduler is gone, and so
is this. It writes its log to standard error and, as its last word, one line about how it ended to standard output.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from foliohub.errors import FoliohubError, InputError, RunInProgressError

if TYPE_CHECKING:
    from types import FrameType

    from foliohub.config import Settings
    from foliohub.runs.kernel import Step

_PATIENCE = 8.0
"""Seconds a run has to end in order once the scheduler is gone."""


class Order(BaseModel):
    """What to run.

    Attributes
    ----------
    job : str
    as_of : str
    parameters : dict
    force : bool
    by : str
        Who asked: the author of what the run proposes. Empty for the clock.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: str
    as_of: str
    parameters: dict[str, Any] = {}
    force: bool = False
    by: str = ""


class Ending(BaseModel):
    """How it ended.

    Attributes
    ----------
    verdict : str
        "passing": failed, but another try may not. "busy": somebody else runs the job for this session.
    run_id : str or None
    reason : str
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Literal["done", "already done", "failed", "passing", "busy"]
    run_id: str | None = None
    reason: str = ""


def perform(settings: Settings, order: Order) -> Ending:
    """Run what is ordered, once; whether it is tried again is the scheduler's affair."""
    from foliohub import calendars
    from foliohub.runs.execute import PASSING, run_job
    from foliohub.runs.opening import open_records
    from foliohub.runs.spec import Retries, load_jobs

    jobs = load_jobs(settings.jobs, settings.notebooks)
    if order.job not in jobs:
        raise InputError(f"There is no job {order.job!r}.", remedy=f"Known are {', '.join(jobs)}.")
    job = jobs[order.job].model_copy(update={"retries": Retries()})
    began = datetime.now(UTC)
    try:
        outcome = run_job(
            settings.model_copy(update={"started_by": order.by or None}),
            job,
            calendars.to_session(order.as_of),
            parameters=order.parameters,
            force=order.force,
            on_step=_say_step,
        )
    except RunInProgressError as error:
        return Ending(verdict="busy", reason=str(error))
    except FoliohubError as error:
        mine = [r for r in open_records(settings).list(job.name, order.as_of) if r.started_at >= began]
        failure = mine[-1].error if mine else None
        kind = failure.kind if failure else type(error).__name__
        return Ending(
            verdict="passing" if kind in PASSING else "failed",
            run_id=mine[-1].id if mine else None,
            reason=failure.message if failure else str(error),
        )
    return Ending(verdict="done" if outcome.fresh else "already done", run_id=outcome.record.id)


def main() -> None:
    """Read an order, follow it, say how it ended."""
    last_word = os.dup(1)
    os.dup2(2, 1)  # whatever prints goes to the log
    signal.signal(signal.SIGTERM, _stop)
    order = Order.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_watch_scheduler, daemon=True).start()
    _say(f"{order.job} for {order.as_of}")
    from foliohub import logs
    from foliohub.config import load_settings

    try:
        settings = load_settings()
        logs.configure(settings, "job")
        ending = perform(settings, order)
    except FoliohubError as error:
        ending = Ending(verdict="failed", reason=str(error))
    _say(f"{ending.verdict}{f': {ending.reason}' if ending.reason else ''}")
    with os.fdopen(last_word, "w", encoding="utf-8") as out:
        out.write(ending.model_dump_json() + "\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
    sys.stderr.flush()


def _say_step(step: Step) -> None:
    _say(f"cell {step.done + 1} of {step.total}: {step.heading}")


def _stop(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def _watch_scheduler() -> None:
    """End this process in order when the scheduler's end of the pipe closes; by force, where order takes too long."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
