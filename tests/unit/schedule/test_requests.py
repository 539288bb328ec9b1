"""Asking for runs, taking them back, pausing: whoever asks, and however often."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest

from foliohub.data.store import Store
from foliohub.errors import InputError, NotStoredError
from foliohub.schedule import Requests, State

NOW = datetime(2026, 6, 1, 22, 15, tzinfo=UTC)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store.open(f"lmdb://{tmp_path / 'store'}", locks=tmp_path / "locks")


@pytest.fixture
def requests(store) -> Requests:
    return Requests(store, clock=lambda: NOW)


def test_a_request_is_kept_as_it_was_made(requests, store):
    made = requests.submit("daily-ingest", "2022-12-28", by="rosa", parameters={"universe": "av30"}, force=True)
    assert (made.state, made.as_of, made.by, made.submitted_at) == (State.WAITING, "2022-12-28", "rosa", NOW)
    assert Requests(store).get(made.id) == made


def test_the_same_key_gives_the_same_request_even_after_it_has_ended(requests):
    first = requests.submit("daily-ingest", by="rosa", key="k-1")
    requests.change(first.id, lambda _: {"state": State.DONE, "as_of": "2022-12-28"})
    again = requests.submit("daily-ingest", by="rosa", key="k-1")
    assert (again.id, again.state) == (first.id, State.DONE)
    assert len(requests.list()) == 1


def test_two_people_may_use_the_same_key(requests):
    assert requests.submit("daily-ingest", by="rosa", key="1") != requests.submit("daily-ingest", by="emil", key="1")


@pytest.mark.parametrize(
    "other", [{"job": "daily-forecast"}, {"as_of": "2022-12-27"}, {"parameters": {"seed": 2}}, {"force": True}]
)
def test_a_key_cannot_be_used_for_something_else(requests, other):
    requests.submit("daily-ingest", "2022-12-28", by="rosa", key="1")
    with pytest.raises(InputError, match="was used for another request"):
        requests.submit(**{"job": "daily-ingest", "as_of": "2022-12-28", "by": "rosa", "key": "1", **other})


def test_without_a_key_every_request_is_another(requests):
    assert requests.submit("daily-ingest", by="rosa").id != requests.submit("daily-ingest", by="rosa").id


@pytest.mark.parametrize("job", ["", "../runs/x", "a/b", "Daily", "x" * 200])
def test_a_name_that_no_job_can_have_is_refused(requests, job):
    with pytest.raises(InputError):
        requests.submit(job, by="rosa")
    with pytest.raises(InputError):
        requests.pause(job, by="rosa")


@pytest.mark.parametrize("as_of", ["yesterday", "2022-12-28 18:00", "2022-02-30"])
def test_a_date_that_is_none_is_refused(requests, as_of):
    with pytest.raises(InputError):
        requests.submit("daily-ingest", as_of, by="rosa")


def test_what_is_due_by_the_clock_is_asked_for_once_per_job_and_time(requests):
    first, new = requests.submit_scheduled("daily-ingest", NOW)
    again, newer = requests.submit_scheduled("daily-ingest", NOW)
    other, _ = requests.submit_scheduled("daily-ingest", NOW + timedelta(minutes=1))
    assert (new, newer, again) == (True, False, first)
    assert other.id != first.id
    assert first.id == f"daily-ingest-{int(NOW.timestamp()) // 60}"


def test_what_waits_is_cancelled_at_once_and_once(requests):
    made = requests.submit("daily-ingest", by="rosa")
    cancelled = requests.cancel(made.id, by="otto")
    assert (cancelled.state, cancelled.cancelled_by, cancelled.ended_at) == (State.CANCELLED, "otto", NOW)
    with pytest.raises(InputError, match="has ended already: cancelled"):
        requests.cancel(made.id, by="otto")


def test_what_runs_is_marked_for_the_scheduler_to_end(requests):
    made = requests.submit("daily-ingest", by="rosa")
    requests.change(made.id, lambda _: {"state": State.RUNNING})
    assert requests.cancel(made.id, by="otto").state is State.RUNNING
    assert requests.cancel(made.id, by="rosa").cancelled_by == "otto"


@pytest.mark.parametrize("name", ["nothing", "../x", ""])
def test_an_unknown_request_is_said_to_be(requests, name):
    with pytest.raises(NotStoredError, match="There is no request"):
        requests.get(name)
    with pytest.raises(NotStoredError):
        requests.cancel(name, by="otto")


def test_a_pause_lasts_until_it_is_taken_back(requests, store):
    requests.pause("daily-ingest", by="otto")
    requests.pause("daily-ingest", by="rosa")
    assert {job: pause.by for job, pause in Requests(store).paused().items()} == {"daily-ingest": "otto"}
    requests.resume("daily-ingest", by="rosa")
    assert requests.paused() == {}


def test_the_list_is_latest_first_and_shows_what_others_changed(requests, store):
    made = [requests.submit_scheduled("daily-ingest", NOW + timedelta(days=day))[0] for day in (0, 2, 1)]
    requests.submit_scheduled("weekly-report", NOW)
    assert [request.due_at.day for request in requests.list("daily-ingest")] == [3, 2, 1]
    Requests(store).change(made[0].id, lambda _: {"state": State.FAILED, "reason": "no"})
    assert [request.id for request in requests.list(ended=True)] == [made[0].id]
    assert len(requests.list(ended=False)) == 3


def _ask(folder, name):
    store = Store.open(f"lmdb://{folder / 'store'}", locks=folder / "locks")
    requests = Requests(store)
    for _ in range(5):
        requests.submit("daily-ingest", by="rosa", key="one")
        requests.submit_scheduled("daily-ingest", NOW)
        requests.submit("daily-ingest", by=name)


@pytest.mark.slow
def test_many_processes_that_ask_at_once_lose_nothing_and_repeat_nothing(tmp_path, requests):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_ask, args=(tmp_path, f"p{n}")) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(requests.list()) == 2 + 3 * 5
