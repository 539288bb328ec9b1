"""How long a manager waits: for a page from the pool, for a control to be answered, and among twenty others."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

from benchmarks.home import ROOT, seeded_home
from benchmarks.measure import Measure

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PAGES = ("today", "portfolio", "forecasts", "what_if", "operations")
_TIMES = 5
_MOVES = {"risk_aversion": "ArrowRight", "upper": "ArrowRight", "turnover": "ArrowLeft", "cost": "ArrowRight"}
"""Sliders, and the key that moves each from where it stands at first."""


def pages_from_the_pool() -> Measure:
    """A plain GET of each dashboard, whole; the slowest of the five counts."""
    with _service() as (url, process):
        medians, sizes = {}, {}
        for page in _PAGES:
            seconds = []
            for _ in range(_TIMES):
                _quiet(process)
                began = time.perf_counter()
                sizes[page] = len(_get(url + page))
                seconds.append(time.perf_counter() - began)
            medians[page] = statistics.median(seconds)
        private = max(psutil.Process(pid).memory_full_info().uss for pid in _kernels(process))
    slowest = max(medians, key=lambda page: medians[page])
    each = ", ".join(f"{page} {seconds:.2f} s ({sizes[page] / 1e3:.0f} kB)" for page, seconds in medians.items())
    remark = f"{each}; medians of {_TIMES}. A kernel that waits takes {private / 1e6:.0f} MB of its own."
    return Measure(f"dashboard from the pool: {slowest}, GET", medians[slowest], promised=0.8, remark=remark)


def page_in_a_browser() -> Measure:
    """The same page in Chromium, from the click until all in the window is drawn; figures below it follow at once."""
    with _service() as (url, process), _browser() as tab:
        drawn: dict[str, dict[str, float]] = {}
        for page in _PAGES:
            seconds: dict[str, list[float]] = {"ready": [], "whole": []}
            for _ in range(_TIMES):
                _quiet(process)
                tab.goto(url + page)
                tab.wait_for_selector("html[data-whole]", state="attached")
                for mark, found in seconds.items():
                    found.append(float(tab.get_attribute("html", f"data-{mark}") or "nan") / 1000)
            drawn[page] = {mark: statistics.median(found) for mark, found in seconds.items()}
    slowest = max(drawn, key=lambda page: drawn[page]["ready"])
    each = ", ".join(f"{page} {marks['ready']:.2f} s ({marks['whole']:.2f} s)" for page, marks in drawn.items())
    remark = f"{each}; medians of {_TIMES}, until the last figure in the window is drawn, and the last one below it."
    return Measure(f"dashboard in Chromium: {slowest}", drawn[slowest]["ready"], promised=0.8, remark=remark)


def moved_control() -> Measure:
    """What if: from a key on a slider until the answer has been put into the page; the slowest allocator counts."""
    with _service() as (url, process), _browser() as tab:
        tab.goto(f"{url}what_if")
        offered = tab.locator("#allocator option").evaluate_all("options => options.map(option => option.value)")
        seconds: dict[str, list[float]] = {}
        for allocator in offered:
            _quiet(process)
            tab.goto(f"{url}what_if?allocator={allocator}")
            tab.wait_for_selector("body[data-connected]", state="attached")
            seconds[allocator] = []
            for name, key in [*_MOVES.items()] * 2:
                tab.evaluate("document.querySelector('[data-live]').removeAttribute('data-milliseconds')")
                tab.locator(f"#{name}").press(key)
                tab.wait_for_selector("[data-live][data-milliseconds]", state="attached")
                seconds[allocator].append(float(tab.get_attribute("[data-live]", "data-milliseconds") or "nan") / 1000)
    medians = {allocator: statistics.median(found) for allocator, found in seconds.items()}
    slowest = max(medians, key=lambda allocator: medians[allocator])
    each = ", ".join(f"{allocator} {found:.2f} s" for allocator, found in medians.items())
    longest = max(max(found) for found in seconds.values())
    remark = f"{each}; medians of {2 * len(_MOVES)} moves of {len(_MOVES)} sliders; the longest took {longest:.2f} s."
    return Measure(f"What if: a slider moved, {slowest}", medians[slowest], promised=0.3, remark=remark)


def twenty_viewers() -> Measure:
    """Twenty viewers at once, four of each dashboard: until the last one has a whole page."""
    with _service() as (url, process):
        _quiet(process)
        began = time.perf_counter()
        with ThreadPoolExecutor(20) as viewers:
            answers = list(viewers.map(lambda page: _get(url + page), _PAGES * 4))
        seconds = time.perf_counter() - began
        kernels = [psutil.Process(pid).memory_full_info().uss for pid in _kernels(process)]
    broken = sum("cannot be shown" in answer or not answer.rstrip().endswith("</html>") for answer in answers)
    memory = f"{len(kernels)} kernels then take {sum(kernels) / 1e6:.0f} MB of their own"
    remark = f"{broken} of 20 pages with an error; {memory}."
    return Measure(
        "dashboards: 20 viewers at once", seconds if not broken else float("inf"), promised=20, remark=remark
    )


@contextmanager
def _service() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The service over a finished cycle of the sample."""
    url = "http://127.0.0.1:18390/services/dashboards/"
    with seeded_home() as home:
        environment = os.environ | {
            "FOLIOHUB_HOME": str(home),
            "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:18390",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "hub.dashboards", "--open"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            _quiet(process)
            yield url, process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _kernels(process: subprocess.Popen[bytes]) -> list[int]:
    return [kernel.pid for nursery in psutil.Process(process.pid).children() for kernel in nursery.children()]


def _quiet(process: subprocess.Popen[bytes]) -> None:
    """Wait until the pool is full and nothing is being made ready."""
    until, before = time.monotonic() + 180, -1.0
    while time.monotonic() < until:
        try:
            times = [psutil.Process(pid).cpu_times() for pid in _kernels(process)]
        except psutil.NoSuchProcess:  # one that has served its page ends
            continue
        spent = sum(each.user + each.system for each in times)
        if len(times) >= 2 * len(_PAGES) and spent == before:
            return
        before = spent
        time.sleep(0.7)
    raise TimeoutError("The pool of dashboards was never full and quiet.")


def _get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=120) as answer:
        return str(answer.read().decode())


@contextmanager
def _browser() -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            yield browser.new_page(viewport={"width": 1280, "height": 900})
        finally:
            browser.close()
