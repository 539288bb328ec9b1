"""Each role comes in by the same form and lands where it works; what is not theirs says so kindly."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.browser.conftest import log_in
from tests.hub.live import LiveHub

Visiting = Callable[..., AbstractContextManager[Any]]


def test_a_wrong_password_is_told_and_the_right_one_lets_in(visit: Visiting, hub: LiveHub) -> None:
    with visit() as visitor:
        page = visitor.page
        visitor.picture("login")
        log_in(visitor, "max", "not max's password")
        page.get_by_text("Invalid username or password").wait_for()
        visitor.picture("login-wrong")
        visitor.errors.clear()  # the answer to a wrong password is 403
        log_in(visitor, "max", hub.passwords["max"])
        page.wait_for_url("**/services/dashboards/**")
        assert visitor.errors == []


@pytest.mark.parametrize(
    ("name", "landing", "heading"),
    [
        ("rita", "**/user/rita/lab**", ""),
        ("max", "**/services/dashboards/**", "Overview"),
        ("olga", "**/services/dashboards/**", "Overview"),
    ],
)
def test_each_role_lands_where_it_works(visit: Visiting, name: str, landing: str, heading: str) -> None:
    with visit(name) as visitor:
        visitor.page.wait_for_url(landing)
        if heading:
            visitor.page.get_by_role("heading", name=heading, level=1).wait_for()
        else:
            visitor.page.locator(".jp-Launcher, .jp-NotebookPanel").first.wait_for()
        visitor.picture(f"landing-{name}")
        assert visitor.errors == []


def test_a_manager_finds_no_way_to_run_code(visit: Visiting) -> None:
    with visit("max") as visitor:
        page = visitor.page
        page.wait_for_url("**/services/dashboards/**")
        for path in ("/hub/spawn", "/user/rita/lab", "/user/max/lab", "/hub/admin"):
            page.goto(visitor.url + path)
            assert page.locator(".jp-Launcher, .jp-NotebookPanel, .jp-Notebook").count() == 0
            assert re.search(r"40[34]|not|no ", page.inner_text("body"))
            visitor.picture(f"manager-at{path.replace('/', '-')}")


def test_an_operator_sees_who_is_there(visit: Visiting) -> None:
    with visit("olga") as visitor:
        page = visitor.page
        page.wait_for_url("**/services/dashboards/**")
        page.goto(f"{visitor.url}/hub/admin")
        page.get_by_test_id("user-row-olga").wait_for()
        assert (
            page.get_by_role("button", name="Start Server").or_(page.get_by_role("button", name="Stop Server")).count()
        )
        for refused in ("Shutdown Hub", "Add Users", "Manage Groups", "Edit User", "Spawn Page", "Access Server"):
            assert not any(button.is_visible() for button in page.get_by_text(refused, exact=True).all()), refused
        visitor.picture("operator-admin")


def test_an_operator_pauses_a_job_and_lets_it_go_on(visit: Visiting) -> None:
    with visit("olga") as visitor:
        page = visitor.page
        page.wait_for_url("**/services/dashboards/**")
        page.goto(f"{visitor.url}/services/dashboards/operations")
        page.get_by_role("link", name="Run a job now, pause, resume or cancel").click()
        page.get_by_role("heading", name="Jobs", level=1).wait_for()
        visitor.picture("operator-jobs")
        page.get_by_role("button", name="Pause weekly-report").click()
        page.get_by_text("weekly-report is paused").wait_for()
        page.get_by_role("button", name="Resume weekly-report").click()
        page.get_by_text("weekly-report runs at its times").wait_for()
        assert visitor.errors == []


def test_signing_out_leads_back_to_the_door(visit: Visiting) -> None:
    with visit("max") as visitor:
        page = visitor.page
        page.wait_for_url("**/services/dashboards/**")
        page.get_by_role("link", name="Sign out").click()
        page.get_by_role("button", name="Sign in").wait_for()
        page.goto(f"{visitor.url}/services/dashboards/operations")
        page.get_by_role("button", name="Sign in").wait_for()
