"""Measure what the project promises, each figure against its peer in the same run.

``make bench`` prints the table and keeps it in ``benchmarks/RESULTS.md``.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    agents,
    allocation,
    api,
    arima,
    backtest,
    clusters,
    coverage,
    dashboards,
    notebook,
    startup,
    store,
)
from benchmarks.measure import Measure

MEASURES: tuple[Callable[[], Measure], ...] = (
    startup.import_package,
    startup.command_help,
    startup.platform_up,
    store.read_close_panel,
    store.daily_update,
    backtest.drift_and_costs,
    backtest.drift_and_costs_daily,
    clusters.two_workers,
    clusters.two_workers_arima,
    allocation.minimum_variance_walk_forward,
    agents.environment_steps,
    agents.environment_against_finrl,
    arima.choose_and_fit,
    arima.criterion,
    arima.walk_forward,
    arima.likelihood_and_arithmetic,
    arima.memory,
    coverage.calibrated_intervals,
    notebook.overhead,
    api.cached_read,
    api.cached_read_by_many,
    api.unchanged_read,
    dashboards.pages_from_the_pool,
    dashboards.page_in_a_browser,
    dashboards.moved_control,
    dashboards.twenty_viewers,
)


def main() -> int:
    """Run all measures, or those whose name contains the text given; 1 where a promise is not kept."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("only", nargs="?", default="", help="only measures whose name contains this text")
    only = arguments.parse_args().only
    console = Console()
    results = []
    for measure in MEASURES:
        name = f"{measure.__module__.rpartition('.')[2]}.{measure.__name__}"
        if only in name:
            with console.status(name):
                results.append(measure())
    if not results:
        console.print(f"No measure is called {only!r}.")
        return 1
    table = Table("what", "ours", "peer", "peer's", "ratio", "promised", "", box=None, header_style="bold")
    for result in results:
        table.add_row(*result.row(), "[green]kept[/]" if result.kept else "[red]missed[/]")
    console.print(table)
    for result in results:
        if result.remark:
            console.print(f"[dim]{result.name}: {result.remark}[/]", soft_wrap=True)
    if not only:
        _keep(results)
    return 0 if all(result.kept for result in results) else 1


def _keep(results: list[Measure]) -> None:
    lines = [
        "# Benchmarks",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `make bench`: {platform.machine()}, {os.cpu_count()} cores,",
        f"Python {platform.python_version()}. Each peer ran in the same minute on the same data: read the ratios.",
        "",
        "| what | ours | peer | peer's | ratio | promised | kept |",
        "|---|---:|---|---:|---:|---|---|",
    ]
    lines += [f"| {' | '.join(result.row())} | {'yes' if result.kept else 'no'} |" for result in results]
    remarks = [f"- {result.name}: {result.remark}" for result in results if result.remark]
    if remarks:
        lines += ["", *remarks]
    Path(__file__).with_name("RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
