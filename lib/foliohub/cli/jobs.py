"""Commands about job files."""

from __future__ import annotations

import typer

app = typer.Typer(help="Look at the scheduled jobs.", no_args_is_help=True)


@app.command("list")
def list_jobs() -> None:
    """Check every job file, and list the jobs in the order of their dependencies."""
    from datetime import UTC, datetime

    from rich.table import Table

    from foliohub.cli.console import console, settings
    from foliohub.runs.spec import load_jobs

    configured = settings()
    now = datetime.now(UTC)
    table = Table("job", "title", "notebook", "cycle", "after", "next due", box=None, header_style="bold")
    for name, job in load_jobs(configured.jobs, configured.notebooks).items():
        due = job.schedule.next_after(now)
        table.add_row(
            name, job.title, job.notebook, job.cycle, ", ".join(job.after), f"{due:%a %Y-%m-%d %H:%M} {due.tzname()}"
        )
    console.print(table)
