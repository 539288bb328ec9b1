"""The tree of errors: what a message holds, and that it survives the way between processes."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from foliohub import errors
from foliohub.errors import FoliohubError, FoliohubWarning, RateLimitError, VendorError, VendorUnavailableError

EVERY = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, FoliohubError)]


def test_a_message_says_what_happened_and_what_to_do() -> None:
    error = FoliohubError("KO has no close on 2019-06-28.", remedy="Ingest it again.")
    assert str(error) == "KO has no close on 2019-06-28. Ingest it again."
    assert (error.message, error.remedy) == ("KO has no close on 2019-06-28.", "Ingest it again.")


def test_a_message_without_remedy_ends_with_itself() -> None:
    assert str(FoliohubError("KO has no close.")) == "KO has no close."


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("travel", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_every_error_survives_pickling_and_copying_whole(kind: type[FoliohubError], travel) -> None:
    error = kind("KO has no close.", remedy="Ingest it again.")
    error.ticker = "KO"  # type: ignore[attr-defined]
    arrived = travel(error)
    assert type(arrived) is kind
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)
    assert arrived.args == error.args


def test_a_rate_limit_keeps_when_to_come_back() -> None:
    error = RateLimitError("Too many requests.", remedy="Wait.", retry_after=12.5)
    assert pickle.loads(pickle.dumps(error)).retry_after == 12.5
    assert RateLimitError("Too many requests.").retry_after is None


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_drawing_under_its_parent(kind: type[FoliohubError]) -> None:
    lines = (inspect.getdoc(errors) or "").splitlines()
    depth = {line.split("── ")[-1].split()[0]: len(line) - len(line.lstrip(" │├└─")) for line in lines if line.strip()}
    assert kind.__name__ in depth
    if kind is not FoliohubError:
        parent = kind.__mro__[1]
        assert depth[kind.__name__] > depth[parent.__name__]
        names = list(depth)
        above = names[: names.index(kind.__name__)][::-1]
        assert next(name for name in above if depth[name] < depth[kind.__name__]) == parent.__name__


def test_what_may_pass_by_itself_can_be_told_from_what_may_not() -> None:
    assert issubclass(RateLimitError, VendorUnavailableError)
    assert issubclass(VendorUnavailableError, VendorError)
    assert not issubclass(errors.MalformedAnswerError, VendorUnavailableError)


def test_a_warning_is_no_error() -> None:
    assert issubclass(FoliohubWarning, UserWarning)
    assert not issubclass(FoliohubWarning, FoliohubError)
