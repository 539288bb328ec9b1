"""`foliohub schedule`: what is due, what is wanted, and what cannot be."""

from __future__ import annotations

import re

import pytest


def test_the_list_shows_every_job_and_what_was_asked_for(command):
    code, said = command("schedule", "list")
    assert code == 0
    assert "Nothing was asked of the scheduler yet." in said
    assert re.search(r"daily-ingest +15 18 \* \* 1-5 +\w{3} \d{4}-\d\d-\d\d 18:15 E[SD]T", said)
    code, said = command("schedule", "run", "daily-ingest", "--as-of", "2022-12-28", "-p", "universe=sample")
    assert (code, "No scheduler is at work here." in said) == (0, True)
    identifier = re.search(r"daily-ingest-\w+", said)[0]
    assert re.search(rf"{identifier} +2022-12-28 .* waiting", command("schedule", "list")[1])
    assert command("schedule", "cancel", identifier) == (0, f"{identifier} is cancelled.\n")
    assert "cancelled" in command("schedule", "list")[1]
    code, said = command("schedule", "cancel", identifier)
    assert (code, "has ended already: cancelled" in said) == (1, True)


def test_a_job_is_paused_and_resumed(command):
    assert "daily-ingest is paused by" in command("schedule", "pause", "daily-ingest")[1]
    assert re.search(r"daily-ingest .*paused by", command("schedule", "list")[1])
    assert "daily-ingest runs at its times again, next" in command("schedule", "resume", "daily-ingest")[1]
    assert "paused by" not in command("schedule", "list")[1]


def test_without_alerts_it_says_so(command):
    assert command("schedule", "alerts") == (0, "No alerts.\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pause", "nothing"], "There is no job 'nothing'"),
        (["resume", "nothing"], "Known are daily-ingest"),
        (["run", "nothing"], "There is no job 'nothing'"),
        (["run", "daily-ingest", "--as-of", "2022-12-25"], "is not a session"),
        (["run", "daily-ingest", "-p", "colour=red"], "colour"),
        (["cancel", "nothing"], "There is no request 'nothing'"),
    ],
)
def test_what_cannot_be_is_said_without_a_traceback(command, arguments, told):
    code, said = command("schedule", *arguments)
    assert code == 1
    assert told in said
    assert "Traceback" not in said
