"""Commands about job files."""

from __future__ import annotations

import typer

app = typer.Typer(help="Look at the scheduled jobs.", no_args_is_help=True)


@app.command("list")
def list_jobs() -> None:
    """Check every job file, and list the jobs in the order of their dependencies."""
    from datetime import UTC, datetime

    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console, settings
    from foliohub.runs.spec import load_jobs

    configured = settings()
    now = datetime.now(UTC)
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("job", "what it does", "cycle", "next due"):
        table.add_column(column, no_wrap=column != "what it does", overflow="fold")
    for name, job in load_jobs(configured.jobs, configured.notebooks).items():
        due = job.schedule.next_after(now)
        order = f"\n[dim]after {', '.join(job.after)}[/]" if job.after else ""
        table.add_row(
            f"{name}\n[dim]{escape(job.notebook)}[/]",
            escape(job.title) + order,
            job.cycle,
            f"{due:%a %Y-%m-%d}\n{due:%H:%M} {due.tzname()}",
        )
    console.print(table)
