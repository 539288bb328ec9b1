"""Operators run the schedule on a page without scripts; nobody else, and no other page, does it for them."""

from __future__ import annotations

import re

import pytest

from foliohub.schedule import State
from tests.hub.browsing import PEOPLE
from tests.hub.jobs.conftest import PAGE

FORM = "0123456789abcdef" * 2


def test_the_page_lists_jobs_with_next_times_and_buttons(browser):
    olga = browser("olga")
    said = olga.words()
    for shown in ("Jobs", "daily-ingest", "Prices and their quality", "weekly-report", "Nothing waits", "olga"):
        assert shown in said
    page = olga.open().text
    assert f'action="{PAGE}/daily-ingest/pause"' in page
    assert f'action="{PAGE}/daily-ingest/run"' in page
    assert 'aria-current="page">Jobs' in page


def test_the_page_runs_no_scripts_of_others_and_loads_nothing(browser):
    for path in ("", "?about=daily-ingest", "/none/pause"):
        page = browser("olga").open(path)
        policy = page.headers["content-security-policy"]
        if path != "/none/pause":
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", page.text)
        assert " style=" not in page.text
        assert not re.search(r"\son\w+=", page.text)


def test_pausing_and_resuming_lead_back_to_how_it_stands(browser, requests):
    olga = browser("olga")
    answer = olga.submit("/daily-ingest/pause")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?about=daily-ingest")
    assert requests.paused()["daily-ingest"].by == "olga"
    said = olga.words("?about=daily-ingest")
    assert "daily-ingest is paused Its times pass without a run until somebody resumes it. Paused by olga" in said
    assert "Resume daily-ingest" in said
    assert olga.submit("/daily-ingest/resume").status_code == 303
    assert requests.paused() == {}
    assert "daily-ingest runs at its times Next: " in olga.words("?about=daily-ingest")


def test_run_now_asks_once_however_often_its_form_is_sent(browser, requests):
    olga = browser("olga")
    form = {"form": olga.hidden("form"), "as_of": "2022-12-28"}
    answers = [olga.submit("/daily-forecast/run", **form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303] * 3
    assert len({answer.headers["location"] for answer in answers}) == 1
    (found,) = requests.list("daily-forecast", ended=False)
    assert (found.by, found.as_of, found.force, found.state) == ("olga", "2022-12-28", False, State.WAITING)
    assert "daily-forecast for 2022-12-28 was asked for" in olga.words(f"?about={found.id}")
    assert olga.submit("/daily-forecast/run", **form | {"as_of": "2022-12-27"}).status_code == 303
    assert olga.submit("/daily-forecast/run", **form, again="true").status_code == 303
    assert len(requests.list("daily-forecast", ended=False)) == 3
    assert olga.hidden("form") != form["form"]


def test_without_a_date_it_is_for_the_last_session_that_has_closed(browser, requests):
    assert browser("rita").submit("/daily-ingest/run", form=FORM, as_of="").status_code == 303
    (found,) = requests.list("daily-ingest", ended=False)
    assert (found.by, found.as_of) == ("rita", None)


@pytest.mark.parametrize(
    ("path", "form", "status", "said"),
    [
        ("/daily-ingest/run", {"form": FORM, "as_of": "2022-12-25"}, 422, "2022-12-25"),
        ("/daily-ingest/run", {"form": FORM, "as_of": "2099-01-02"}, 422, "2099-01-02"),
        ("/daily-ingest/run", {"form": FORM, "as_of": "tomorrow"}, 422, "is no date"),
        ("/daily-ingest/run", {"form": "none"}, 422, "not one of ours"),
        ("/nightly/run", {"form": FORM}, 422, "There is no job"),
        ("/nightly/pause", {}, 404, "There is no job"),
        ("/requests/none-1/cancel", {}, 404, "There is no request"),
        ("/daily-ingest/run", {"form": FORM, "as_of": "x" * 70_000}, 413, "too long"),
    ],
)
def test_what_cannot_be_done_is_said_on_a_page(browser, requests, path, form, status, said):
    answer = browser("olga").submit(path, **form)
    assert answer.status_code == status
    assert "text/html" in answer.headers["content-type"]
    assert said in answer.text
    assert "All jobs" in answer.text
    assert requests.list(ended=False) == []


def test_a_request_is_taken_back_and_what_has_ended_is_not(browser, requests):
    olga = browser("olga")
    wanted = requests.submit("daily-ingest", by="rita")
    assert f"Cancel {wanted.id}" in olga.words()
    assert olga.submit(f"/requests/{wanted.id}/cancel").status_code == 303
    assert requests.get(wanted.id).state is State.CANCELLED
    assert "has ended: cancelled Cancelled by olga." in olga.words(f"?about={wanted.id}")
    assert olga.submit(f"/requests/{wanted.id}/cancel").status_code == 409


def test_others_see_what_they_may_do_and_can_do_no_more(browser, requests):
    wanted = requests.submit("daily-ingest", by="olga")
    paths = ["/daily-ingest/pause", "/daily-ingest/resume", f"/requests/{wanted.id}/cancel"]
    operator = browser("olga")
    for name, more in (("rita", []), ("max", ["/daily-ingest/run"])):
        reader = browser(name)
        page = reader.open().text
        assert "take the role of an operator" in page
        for path in [*paths, *more]:
            assert f'action="{PAGE}{path}"' not in page
            for csrf in (own_secret(reader), operator.hidden("csrf")):
                answer = reader.submit(path, csrf=csrf, form=FORM)
                assert answer.status_code == 403
                assert "text/html" in answer.headers["content-type"]
    assert f'action="{PAGE}/daily-ingest/run"' in browser("rita").open().text
    assert requests.paused() == {}
    assert requests.list(ended=False) == [wanted]


def test_who_may_not_propose_starts_no_job_that_does(browser, requests):
    starter = browser("olga", scopes=tuple(scope for scope in PEOPLE["olga"] if scope != "custom:proposals:create"))
    answer = starter.submit("/daily-rebalance/run", form=FORM)
    assert answer.status_code == 403
    assert "custom:proposals:create" in answer.text
    assert requests.list(ended=False) == []
    assert starter.submit("/daily-ingest/run", form=FORM).status_code == 303


def own_secret(client) -> str:
    """What a person can compute from their own cookie."""
    from starlette.requests import Request

    from hub.api.pages import csrf_token

    cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    return csrf_token(Request({"type": "http", "headers": [(b"cookie", cookie.encode())]}))


@pytest.mark.parametrize(
    "changes",
    [
        {"csrf": None},
        {"csrf": "0" * 64},
        {"headers": {"origin": "http://evil.example"}},
        {"headers": {"origin": "null"}},
        {"headers": {"origin": "http://localhost:81"}},
        {"headers": {"origin": None}},
        {"headers": {"sec-fetch-site": "cross-site"}},
        {"headers": {"sec-fetch-mode": "cors"}},
    ],
)
def test_a_form_that_is_not_ours_is_refused(browser, requests, changes):
    olga = browser("olga")
    for path in ("/daily-ingest/pause", "/daily-ingest/run"):
        assert olga.submit(path, **{"form": FORM} | changes).status_code == 403
    assert requests.paused() == {}
    assert requests.list(ended=False) == []


def test_a_program_and_somebody_who_is_not_logged_in_do_nothing(browser, requests):
    assert browser("olga", kind="service").submit("/daily-ingest/pause").status_code == 403
    nobody = browser()
    assert nobody.open(follow_redirects=False).status_code == 302
    assert nobody.submit("/daily-ingest/pause", csrf="0" * 64).status_code == 403
    assert browser("max", scopes=()).open().status_code == 403
    assert requests.paused() == {}


def test_what_others_wrote_is_shown_as_text(browser, requests):
    requests.pause("daily-ingest", by="<b>x</b>")
    assert "&lt;b&gt;x&lt;/b&gt;" in browser("max").open().text
    assert browser("max").open("?about=<script>").status_code == 422
