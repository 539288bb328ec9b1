"""When to ask a vendor again, and when to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from foliohub.errors import InputError, RateLimitError, VendorUnavailableError

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Tries again after a passing fault, waiting twice as long each time.

    Only :class:`~foliohub.errors.VendorUnavailableError` and its subclass
    :class:`~foliohub.errors.RateLimitError` are tried again: nothing else heals by waiting.

    Parameters
    ----------
    attempts : int
        How often to ask at the most.
    first_wait : float
        Seconds before the second attempt; doubled for each later one, plus up to half of `first_wait` at random, so
        that several processes do not return in step.
    longest_wait : float
        The longest single wait in seconds. A vendor that asks for more (`Retry-After`) is not asked again: the error
        says when to come back.
    total : float
        Seconds after which no attempt starts any more. One attempt is bounded by the source's time-outs.
    sleep, clock : callable
        How to wait and what time it is, in seconds; for tests.

    Examples
    --------
    >>> answers = iter([VendorUnavailableError("down"), 42])
    >>> def attempt():
    ...     answer = next(answers)
    ...     if isinstance(answer, Exception):
    ...         raise answer
    ...     return answer
    >>> RetryPolicy(sleep=lambda seconds: None).call(attempt)
    42
    """

    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0
    total: float = 180.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InputError(f"attempts is {self.attempts}.", remedy="Allow at least one.")
        for name in ("first_wait", "longest_wait", "total"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy="Give seconds, zero or more.")

    def call(self, attempt: Callable[[], T]) -> T:
        """Return what `attempt` returns, or raise its last error, which then tells how often it was tried."""
        started = self.clock()
        backoff = tenacity.wait_exponential(multiplier=self.first_wait, max=self.longest_wait)
        backoff_in_company = backoff + tenacity.wait_random(0, self.first_wait / 2)

        def wait(state: tenacity.RetryCallState) -> float:
            return max(min(backoff_in_company(state), self.longest_wait), _asked_for(state))

        def stop(state: tenacity.RetryCallState) -> bool:
            return (
                state.attempt_number >= self.attempts
                or state.upcoming_sleep > self.longest_wait
                or self.clock() - started + state.upcoming_sleep > self.total
            )

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(VendorUnavailableError),
            wait=wait,
            stop=stop,
            sleep=self.sleep,
            before_sleep=_tell,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except VendorUnavailableError as error:
            tries = retrying.statistics["attempt_number"]
            if tries > 1:
                error.message += f" Tried {tries} times in {self.clock() - started:.0f} s."
            raise


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()


def _asked_for(state: tenacity.RetryCallState) -> float:
    error = _error(state)
    return (error.retry_after or 0.0) if isinstance(error, RateLimitError) else 0.0


def _tell(state: tenacity.RetryCallState) -> None:
    logger.warning("%s Next try in %.1f s.", _error(state), state.upcoming_sleep)
