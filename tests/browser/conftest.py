"""A real browser before the live platform: each person by their own door, and a picture of everything they see."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hub.live import LiveHub, hub

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["hub"]

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PATIENCE = 60_000
"""Milliseconds for what should take one second, on a machine that has other work."""


@dataclass
class Visit:
    """Somebody's browser.

    Attributes
    ----------
    page : Page
        Its window.
    url : str
        The platform's address.
    errors : list of str
        What went wrong while they looked: scripts' errors, requests refused or sent elsewhere.
    """

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)

    def picture(self, name: str, *, whole: bool = True) -> None:
        """Keep what is seen as ``build/screenshots/NAME.png``."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)

    def watch(self) -> None:
        """Note what goes wrong."""
        ours = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:", "about:")
        self.page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        self.page.on(
            "request",
            lambda request: None if request.url.startswith(ours) else self.errors.append(f"elsewhere: {request.url}"),
        )
        self.page.on(
            "response",
            lambda answer: self.errors.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
        )


# Of a module, not of the session: as long as it is there, no other test of its worker can run an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium: the machine's, or installed now where this may be done."""
    path = _installed() or _install()
    if path is None:
        pytest.skip(
            "THERE IS NO BROWSER: nothing was looked at. Install Chromium (Debian: apt install chromium) and run again."
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without a sandbox of its own where it would refuse to start (as root); it only ever sees our own pages.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def visit(hub: LiveHub, chromium: Browser) -> Callable[..., AbstractContextManager[Visit]]:
    """Open a browser, log somebody in by the form, and look at the first page they are led to."""

    @contextlib.contextmanager
    def open_one(
        name: str | None = None, *, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = True
    ) -> Iterator[Visit]:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(2 * PATIENCE)
        visitor = Visit(context.new_page(), hub.url)
        visitor.watch()
        visitor.page.goto(hub.url)
        if name is not None:
            log_in(visitor, name, hub.passwords[name])
        yield visitor
        context.close()

    return open_one


def log_in(visitor: Visit, name: str, password: str) -> None:
    """Fill in the form and send it."""
    page = visitor.page
    page.get_by_label("Name", exact=False).fill(name)
    page.locator("#password_input").fill(password)
    page.get_by_role("button", name="Sign in").click()


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install() -> str | None:
    """Install Debian's Chromium where we are root; None where that cannot be done."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]):
        try:
            subprocess.run(command, env=quiet, check=True, capture_output=True, timeout=240)
        except (OSError, subprocess.SubprocessError):
            return None
    return _installed()
