"""How often and how long a vendor is asked again."""

from __future__ import annotations

import pytest

from foliohub.data.retrying import RetryPolicy
from foliohub.errors import InputError, MalformedAnswerError, RateLimitError, VendorUnavailableError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


def failing(*errors):
    """An attempt that raises these in turn and then answers."""
    left = list(errors)

    def attempt():
        if left:
            raise left.pop(0)
        return "answer"

    return attempt


def test_an_answer_is_returned_without_waiting(clock):
    assert RetryPolicy(sleep=clock.sleep, clock=clock).call(failing()) == "answer"
    assert clock.waits == []


def test_waits_double_with_a_little_chance(clock):
    errors = [VendorUnavailableError("down") for _ in range(4)]
    RetryPolicy(attempts=5, first_wait=2, sleep=clock.sleep, clock=clock).call(failing(*errors))
    for wait, least in zip(clock.waits, (2, 4, 8, 16), strict=True):
        assert least <= wait <= least + 1


def test_no_wait_is_longer_than_the_longest(clock):
    errors = [VendorUnavailableError("down") for _ in range(5)]
    RetryPolicy(attempts=6, longest_wait=3, sleep=clock.sleep, clock=clock).call(failing(*errors))
    assert max(clock.waits) == 3


def test_attempts_are_bounded_and_counted_in_the_message(clock):
    errors = [VendorUnavailableError("down.", remedy="Wait.") for _ in range(9)]
    with pytest.raises(VendorUnavailableError, match=r"^down\. Tried 3 times in \d s\. Wait\.$"):
        RetryPolicy(attempts=3, sleep=clock.sleep, clock=clock).call(failing(*errors))


def test_no_attempt_starts_after_the_total_time(clock):
    def slow():
        clock.now += 50
        raise VendorUnavailableError("down.")

    with pytest.raises(VendorUnavailableError):
        RetryPolicy(attempts=9, total=120, sleep=clock.sleep, clock=clock).call(slow)
    assert clock.now <= 170  # two attempts of 50 s, their waits, and one more that began in time


def test_a_vendors_wish_is_honoured_exactly_if_it_is_longer_than_the_back_off(clock):
    errors = [RateLimitError("slow down", retry_after=12), RateLimitError("slow down", retry_after=0.1)]
    RetryPolicy(sleep=clock.sleep, clock=clock).call(failing(*errors))
    assert clock.waits[0] == 12
    assert 2 <= clock.waits[1] <= 2.5


def test_a_vendors_wish_beyond_the_longest_wait_ends_it(clock):
    with pytest.raises(RateLimitError) as caught:
        RetryPolicy(longest_wait=60, sleep=clock.sleep, clock=clock).call(failing(RateLimitError("no", retry_after=61)))
    assert caught.value.retry_after == 61
    assert clock.waits == []


def test_what_waiting_does_not_heal_is_not_tried_again(clock):
    with pytest.raises(MalformedAnswerError):
        RetryPolicy(sleep=clock.sleep, clock=clock).call(failing(MalformedAnswerError("other format")))
    assert clock.waits == []


@pytest.mark.parametrize("options", [{"attempts": 0}, {"first_wait": -1}, {"longest_wait": float("nan")}])
def test_a_senseless_policy_is_refused(options):
    with pytest.raises(InputError, match=next(iter(options))):
        RetryPolicy(**options)
