"""Asking for runs, taking them back, pausing: whoever asks, and however often."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest

from foliohub.data.store import Store
from foliohub.errors import InputError, NotStoredError, SignatureError
from foliohub.schedule import Requests, State
from foliohub.schedule.request import scheduled_id
from foliohub.signatures import KeyFiles, Seal

SEAL = Seal.generate()
NOW = datetime(2026, 6, 1, 22, 15, tzinfo=UTC)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store.open(f"lmdb://{tmp_path / 'store'}", locks=tmp_path / "locks")


@pytest.fixture
def requests(store) -> Requests:
    return Requests(store, SEAL, clock=lambda: NOW)


def test_a_request_is_kept_as_it_was_made(requests, store):
    made = requests.submit("daily-ingest", "2022-12-28", by="rosa", parameters={"universe": "av30"}, force=True)
    assert (made.state, made.as_of, made.by, made.submitted_at) == (State.WAITING, "2022-12-28", "rosa", NOW)
    assert Requests(store, SEAL).get(made.id) == made


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
    assert {job: pause.by for job, pause in Requests(store, SEAL).paused().items()} == {"daily-ingest": "otto"}
    requests.resume("daily-ingest", by="rosa")
    assert requests.paused() == {}


def test_the_list_is_latest_first_and_shows_what_others_changed(requests, store):
    made = [requests.submit_scheduled("daily-ingest", NOW + timedelta(days=day))[0] for day in (0, 2, 1)]
    requests.submit_scheduled("weekly-report", NOW)
    assert [request.due_at.day for request in requests.list("daily-ingest")] == [3, 2, 1]
    Requests(store, SEAL).change(made[0].id, lambda _: {"state": State.FAILED, "reason": "no"})
    assert [request.id for request in requests.list(ended=True)] == [made[0].id]
    assert len(requests.list(ended=False)) == 3


def _sealed(folder) -> Seal:
    """What processes share that share the key."""
    return Seal(KeyFiles(folder / "keys" / "signing.pem", folder / "accepted"))


def _ask(folder, name):
    store = Store.open(f"lmdb://{folder / 'store'}", locks=folder / "locks")
    requests = Requests(store, _sealed(folder))
    for _ in range(5):
        requests.submit("daily-ingest", by="rosa", key="one")
        requests.submit_scheduled("daily-ingest", NOW)
        requests.submit("daily-ingest", by=name)


@pytest.mark.slow
def test_many_processes_that_ask_at_once_lose_nothing_and_repeat_nothing(tmp_path, store):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_ask, args=(tmp_path, f"p{n}")) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(Requests(store, _sealed(tmp_path)).list()) == 2 + 3 * 5


FORGED = {"by": "rosa", "submitted_at": NOW.isoformat(), "force": True}


def write(store, identifier: str, **content: object) -> None:
    """As a researcher may, whose programs write into the store."""
    store.write_document(
        f"schedule/requests/{identifier}", {"id": identifier, "job": identifier.rpartition("-")[0], **content}
    )


def test_what_somebody_wrote_into_the_store_is_no_request(requests, store):
    good = requests.submit("daily-ingest", by="rosa")
    write(store, "daily-forecast-1", **FORGED)
    write(store, "daily-forecast-2", **Seal.generate().signed("request", FORGED))
    store.write_document("schedule/requests/daily-forecast-3", {"id": 7})
    store.write_document("schedule/requests/daily-forecast-4", store.read_document(f"schedule/requests/{good.id}"))
    store.write_document("schedule/paused/daily-ingest", {"job": "daily-ingest", "by": "rosa", "at": NOW.isoformat()})
    for reader in (requests, Requests(store, SEAL)):
        assert reader.list() == [good]
        assert reader.paused() == {}
        assert sorted(reader.refused) == [
            "schedule/paused/daily-ingest",
            *(f"schedule/requests/daily-forecast-{number}" for number in (1, 2, 3, 4)),
        ]
        with pytest.raises(SignatureError, match=r"daily-forecast-1 does not count: it carries no signature"):
            reader.get("daily-forecast-1")
        with pytest.raises(SignatureError):
            reader.change("daily-forecast-1", lambda _: {"state": State.DONE})


def test_a_forged_one_keeps_nobody_from_what_is_due(requests, store):
    write(store, scheduled_id("daily-ingest", NOW), **FORGED, state="done")
    asked, new = requests.submit_scheduled("daily-ingest", NOW)
    assert (asked.state, new) == (State.WAITING, True)
    assert requests.list() == [asked]
    assert requests.refused == {}


def test_who_has_read_a_request_goes_on_with_it_though_somebody_writes_over_it(requests, store):
    asked = requests.submit("daily-ingest", by="rosa")
    name = f"schedule/requests/{asked.id}"
    first = store.read_document(name)
    write(store, asked.id, **FORGED, state="cancelled")
    assert requests.get(asked.id) == asked
    ended = requests.change(asked.id, lambda _: {"state": State.DONE})
    assert Requests(store, SEAL).get(asked.id) == ended
    store.write_document(name, first)  # signed, and of before
    assert requests.get(asked.id) == ended
    assert "earlier state" in requests.refused[name]


def test_nobody_asks_without_the_key(store, tmp_path):
    (tmp_path / "keys").write_text("no folder")
    confined = Requests(store, _sealed(tmp_path))
    with pytest.raises(SignatureError, match="cannot sign"):
        confined.submit("daily-ingest", by="rosa")
    assert store.document_names("schedule/") == []


def test_what_ended_long_ago_is_forgotten_and_nothing_else(requests):
    long_ago, lately = NOW - timedelta(days=200), NOW - timedelta(days=10)
    times = {}
    for days in (202, 201, 200):
        due = NOW - timedelta(days=days)
        times[days], _ = requests.submit_scheduled("daily-ingest", due)
        requests.change(times[days].id, lambda _: {"state": State.FAILED, "ended_at": long_ago})
    old = requests.submit("daily-ingest", by="rosa")
    requests.change(old.id, lambda _: {"state": State.DONE, "ended_at": long_ago})
    recent = requests.submit("daily-ingest", by="rosa")
    requests.change(recent.id, lambda _: {"state": State.DONE, "ended_at": lately})
    waiting, _ = requests.submit_scheduled("daily-forecast", long_ago)
    assert requests.prune(NOW - timedelta(days=90)) == 3
    assert {r.id for r in requests.list()} == {times[200].id, recent.id, waiting.id}
    assert requests.prune(NOW - timedelta(days=90)) == 0


def test_what_was_blocked_is_asked_for_again_once(requests):
    blocked, _ = requests.submit_scheduled("daily-forecast", NOW)
    again, new = requests.submit_following(requests.change(blocked.id, lambda _: {"as_of": "2022-12-28"}))
    assert (again.job, again.as_of, again.scheduled_at) == ("daily-forecast", "2022-12-28", NOW)
    assert (again.follows, again.by, new) == (blocked.id, "schedule", True)
    assert requests.submit_following(blocked) == (again, False)
