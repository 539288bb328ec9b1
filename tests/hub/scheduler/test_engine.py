"""What runs when: exactly once, in order, again after failures and interruptions, never two at once."""

from __future__ import annotations

import pytest

from foliohub.errors import NotStoredError
from foliohub.schedule import State


@pytest.fixture
def chain(project):
    """Three jobs of a cycle, and a weekly one."""
    project.job("a", "0 18 * * 1-5", retries={"attempts": 2, "wait_seconds": 60})
    project.job("b", "30 18 * * 1-5", after=["a"])
    project.job("c", "0 19 * * 1-5", after=["b"])
    project.job("w", "0 20 * * 5", after=["a"])


def alerts(stage) -> dict[str, str]:
    return {f"{alert.kind} {alert.job} {alert.as_of}": alert.sentence for alert in stage.alerts.all()}


def test_a_cycle_runs_at_its_times_and_each_time_once(chain, stage):
    stage = stage()
    stage.tick()
    assert stage.started == []
    for _ in range(120):
        stage.tick(minutes=1)
        stage.end_all()
    assert stage.started == ["a 2026-06-01", "b 2026-06-01", "c 2026-06-01"]
    assert set(stage.states().values()) == {"done"}
    assert alerts(stage) == {}


def test_only_one_runs_at_a_time_and_the_next_waits_for_what_it_depends_on(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.at("2026-06-01 19:30")
    assert stage.started == ["a 2026-06-01"]
    stage.end()
    assert stage.started[1:] == ["b 2026-06-01"]
    stage.end()
    assert stage.started[2:] == ["c 2026-06-01"]


def test_what_depends_on_a_failure_is_skipped_and_both_are_told(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end("failed", "no prices")
    stage.at("2026-06-01 19:00")
    assert stage.states() == {"a 2026-06-01": "failed", "b 2026-06-01": "skipped", "c 2026-06-01": "skipped"}
    told = alerts(stage)
    assert set(told) == {"failed a 2026-06-01", "missing b 2026-06-01", "missing c 2026-06-01"}
    assert "no prices" in told["failed a 2026-06-01"]
    assert "a did not succeed for 2026-06-01" in told["missing b 2026-06-01"]
    stage.tick(minutes=5)
    assert len(stage.alerts.all()) == 3


def test_what_was_blocked_runs_by_itself_once_what_it_depends_on_has_succeeded_and_once(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end("failed", "no prices")
    stage.at("2026-06-01 19:00")
    stage.at("2026-06-02 09:00")
    stage.requests.submit("a", "2026-06-01", by="olga")
    stage.tick(seconds=1)
    stage.end_all()
    assert stage.started == ["a 2026-06-01", "a 2026-06-01", "b 2026-06-01", "c 2026-06-01"]
    again = [request for request in stage.requests.list() if request.follows]
    assert [(r.job, r.state, r.by) for r in again] == [("c", "done", "schedule"), ("b", "done", "schedule")]
    assert not any(alert.kind == "late" for alert in stage.alerts.all())
    for _ in range(3):
        stage.open()
        stage.tick(seconds=5)
    assert len(stage.runs) == 4


def test_what_fails_then_is_not_asked_for_a_third_time(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end("failed", "no prices")
    stage.at("2026-06-01 19:00")
    stage.good["a", "2026-06-01"] = "a.1"
    stage.tick(seconds=1)
    stage.end("failed", "too few")
    stage.tick(minutes=5)
    assert stage.started == ["a 2026-06-01", "b 2026-06-01"]
    assert [r.id for r in stage.requests.list("b") if r.follows] == [f"{stage.requests.list('b')[-1].id}-again"]


def test_what_is_paused_or_was_blocked_long_ago_stays_as_it_is(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end("failed", "no prices")
    stage.at("2026-06-01 19:00")
    stage.requests.pause("b", by="olga")
    for job in "abc":
        stage.requests.pause(job, by="olga")
    stage.good["a", "2026-06-01"] = "a.1"
    stage.tick(minutes=5)
    assert len(stage.runs) == 1
    stage.at("2026-06-09 09:00")
    for job in "abc":
        stage.requests.resume(job, by="olga")
    stage.tick(seconds=1)
    assert len(stage.runs) == 1


def test_a_passing_failure_is_tried_again_later_each_time_and_then_fails(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end("passing", "no answer")
    stage.tick(seconds=57)
    assert len(stage.runs) == 1
    stage.tick(seconds=3)
    assert len(stage.runs) == 2
    stage.end("passing", "no answer")
    stage.tick(seconds=115)
    assert len(stage.runs) == 2
    stage.tick(seconds=5)
    assert len(stage.runs) == 3
    assert stage.alerts.all() == []
    stage.end("passing", "no answer")
    assert stage.states() == {"a 2026-06-01": "failed"}
    assert set(alerts(stage)) == {"failed a 2026-06-01"}


def test_a_second_firing_for_a_session_that_is_done_is_a_success_and_no_alert(chain, stage):
    stage = stage()
    stage.good["a", "2026-06-01"] = "a.2026-06-01.1"
    stage.tick()
    stage.at("2026-06-01 18:00")
    assert stage.states() == {"a 2026-06-01": "already done"}
    assert stage.runs == []
    assert stage.alerts.all() == []


def test_a_scheduler_that_comes_back_takes_up_what_was_interrupted_and_repeats_nothing(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.open()
    assert [(r.state, r.interruptions) for r in stage.requests.list()] == [(State.WAITING, 1)]
    stage.tick(seconds=1)
    assert stage.started == ["a 2026-06-01"] * 2
    stage.end()
    stage.open()
    stage.tick(seconds=1)
    assert len(stage.runs) == 2
    assert [(r.state, r.tries) for r in stage.requests.list()] == [(State.DONE, 1)]


def test_what_kills_every_scheduler_is_given_up(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    for _ in range(8):
        stage.open()
        stage.tick(seconds=1)
    assert len(stage.runs) == 6
    assert stage.states()["a 2026-06-01"] == "failed"
    assert "interrupted 6 times" in alerts(stage)["failed a 2026-06-01"]


def test_stopping_in_order_leaves_the_run_for_the_next_scheduler(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.engine.interrupt(stage.now)
    assert stage.runs[0].stopped
    assert [(r.state, r.tries) for r in stage.requests.list()] == [(State.WAITING, 0)]


def test_what_was_missed_is_made_up_for_newest_first_and_bounded(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-11 21:00")  # Thursday of the week after
    stage.end_all()
    # The present time and three more of each job.
    assert stage.started == [f"{job} 2026-06-{day:02}" for day in (11, 10, 9, 8) for job in ("a", "b", "c")]
    missed = {alert.job: alert.sentence for alert in stage.alerts.all() if alert.kind == "missing"}
    assert "5 times of a passed" in missed["a"]
    assert "2026-06-01 18:00 to 2026-06-05 18:00" in missed["a"]
    assert "One time of w passed" not in missed.get("w", "")
    # Of the times that are made up for only the newest is told to be late.
    assert sorted(a.as_of for a in stage.alerts.all() if a.kind == "late" and a.job == "a") == ["2026-06-11"]


def test_a_weekly_job_made_up_for_that_lacks_its_session_is_missing(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-11 21:00")
    stage.end_all()
    assert stage.states()["w 2026-06-05"] == "skipped"
    assert "missing w 2026-06-05" in alerts(stage)


def test_a_job_that_cannot_begin_in_time_is_late_once(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.at("2026-06-01 18:44")
    assert stage.alerts.all() == []
    for _ in range(5):
        stage.tick(minutes=1)
    assert set(alerts(stage)) == {"late b 2026-06-01"}
    assert "15 minutes after its time" in alerts(stage)["late b 2026-06-01"]


def test_a_run_that_takes_too_long_is_ended_and_tried_again(project, stage):
    project.job("a", "0 18 * * 1-5", timeout_seconds=600, retries={"attempts": 1, "wait_seconds": 10})
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.at("2026-06-01 18:10")
    assert not stage.runs[0].stopped
    stage.tick(seconds=31)
    assert stage.runs[0].stopped
    stage.tick(seconds=1)
    assert [(r.state, r.reason) for r in stage.requests.list()] == [
        (State.RETRYING, "It took longer than its 600 seconds.")
    ]
    stage.tick(seconds=11)
    assert len(stage.runs) == 2


def test_a_run_under_way_is_cancelled_and_not_tried_again(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.requests.cancel(stage.runs[0].request.id, by="otto")
    stage.tick(seconds=1)
    assert stage.runs[0].stopped
    stage.tick(seconds=1)
    assert [(r.state, r.reason) for r in stage.requests.list()] == [(State.CANCELLED, "Cancelled by otto.")]
    stage.tick(minutes=10)
    assert len(stage.runs) == 1
    assert stage.alerts.all() == []


def test_what_waits_for_another_try_is_cancelled(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end("passing", "no answer")
    stage.requests.cancel(stage.runs[0].request.id, by="otto")
    stage.tick(minutes=10)
    assert len(stage.runs) == 1


def test_the_times_of_a_paused_job_pass_without_a_run_and_are_not_made_up_for(chain, stage):
    stage = stage()
    stage.tick()
    stage.requests.pause("a", by="otto")
    stage.at("2026-06-01 18:00")
    stage.at("2026-06-02 17:00")
    stage.requests.resume("a", by="otto")
    stage.tick()
    assert [run.request.job for run in stage.runs] == []
    assert not [r for r in stage.requests.list() if r.job == "a"]
    stage.at("2026-06-02 18:00")
    assert stage.started == ["a 2026-06-02"]


def test_what_waits_when_its_job_is_paused_is_left_out_without_an_alert(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.at("2026-06-01 18:30")
    stage.requests.pause("b", by="otto")
    stage.end()
    assert stage.states()["b 2026-06-01"] == "skipped"
    assert stage.alerts.all() == []


def test_a_paused_job_still_runs_for_who_asks(chain, stage):
    stage = stage()
    stage.requests.pause("a", by="otto")
    stage.requests.submit("a", "2026-05-29", by="rosa")
    stage.tick()
    assert stage.started == ["a 2026-05-29"]


def test_who_asks_goes_before_the_clock_and_in_the_order_of_asking(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.requests.submit("a", "2026-05-29", by="rosa")
    stage.now = stage.now.replace(second=1)
    stage.requests.submit("a", "2026-05-28", by="emil")
    stage.at("2026-06-01 18:30")
    for _ in range(4):
        stage.end()
    assert stage.started == ["a 2026-06-01", "a 2026-05-29", "a 2026-05-28", "b 2026-06-01"]


def test_a_request_for_no_job_fails_and_says_which_there_are(chain, stage):
    stage = stage()
    stage.requests.submit("nothing", by="rosa")
    stage.tick()
    (request,) = stage.requests.list()
    assert (request.state, request.reason) == (State.FAILED, "There is no job 'nothing'; known are a, b, c, w.")


def test_somebody_elses_run_of_the_same_is_waited_for(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end("busy", "being run by another process")
    assert stage.states() == {"a 2026-06-01": "waiting"}
    stage.tick(seconds=11)
    stage.end()
    assert [(r.state, r.tries) for r in stage.requests.list()] == [(State.DONE, 1)]


def test_a_changed_schedule_counts_from_the_change(chain, project, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-03 12:00")
    stage.end_all()
    before = len(stage.runs)
    project.job("a", "*/5 * * * *")
    stage.tick(seconds=30)
    assert len(stage.runs) == before
    stage.at("2026-06-03 12:05")
    assert len(stage.runs) == before + 1


def test_broken_job_files_leave_the_old_ones_in_force_and_are_told_once(chain, project, stage):
    stage = stage()
    stage.tick()
    (project.folder / "jobs" / "b.yaml").write_text("name: [")
    for _ in range(3):
        stage.tick(seconds=1)
    assert [alert.kind for alert in stage.alerts.all()] == ["configuration"]
    stage.at("2026-06-01 18:00")
    assert stage.started == ["a 2026-06-01"]


def test_a_clock_put_back_repeats_nothing_and_stops_nothing(chain, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end()
    stage.at("2026-06-01 17:30")
    stage.at("2026-06-01 18:00")
    assert len(stage.runs) == 1
    stage.at("2026-06-01 18:30")
    stage.end()
    assert stage.started == ["a 2026-06-01", "b 2026-06-01"]


def test_without_its_file_the_store_tells_what_was_asked_for(chain, project, stage):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.end()
    (project.settings.home / "schedule" / "planned.json").unlink()
    stage.now = stage.now.replace(day=2, hour=18, minute=1)
    stage.open()
    stage.tick()
    assert stage.started == ["a 2026-06-01", "a 2026-06-02"]


def test_a_job_that_was_taken_away_and_comes_back_starts_from_then(chain, project, stage):
    stage = stage()
    stage.tick()
    file = project.folder / "jobs" / "w.yaml"
    kept = file.read_text()
    file.unlink()
    stage.at("2026-06-05 21:00")
    stage.end_all()
    file.write_text(kept)
    stage.tick(minutes=1)
    assert not stage.requests.list("w")
    stage.at("2026-06-12 20:00")
    assert len(stage.requests.list("w")) == 1


def test_while_the_files_cannot_be_read_at_all_no_time_is_lost(project, stage):
    project.job("a", "0 18 * * 1-5")
    stage = stage()
    stage.tick()
    file = project.folder / "jobs" / "a.yaml"
    kept = file.read_text()
    file.write_text("name: [")
    stage.open()
    stage.at("2026-06-01 18:00")
    assert stage.runs == []
    file.write_text(kept)
    stage.tick(minutes=1)
    assert stage.started == ["a 2026-06-01"]


@pytest.mark.parametrize(("later", "said"), [("18:45", "15 minutes"), ("20:00", "90 minutes"), ("23:30", "5 hours")])
def test_how_late_is_said_in_a_unit_people_use(chain, stage, later, said):
    stage = stage()
    stage.tick()
    stage.at("2026-06-01 18:00")
    stage.at(f"2026-06-01 {later}")
    assert f"has not begun {said} after its time" in alerts(stage)["late b 2026-06-01"]


def test_a_request_cancelled_just_before_its_start_does_not_start(chain, stage):
    stage = stage()
    made = stage.requests.submit("a", "2026-05-29", by="rosa")
    choose = stage.engine._session
    stage.engine._session = lambda job, request: (stage.requests.cancel(made.id, by="otto"), choose(job, request))[1]
    stage.tick()
    stage.tick(seconds=1)
    assert stage.runs == []
    assert stage.requests.get(made.id).state is State.CANCELLED


def test_asking_for_an_unknown_request_is_an_error_that_says_so(chain, stage):
    with pytest.raises(NotStoredError):
        stage().requests.get("a-1")
