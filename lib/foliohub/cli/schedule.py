"""Commands to the scheduler: what is due, what is wanted, pause, resume, run now, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from foliohub.config import Settings
    from foliohub.runs.spec import JobSpec
    from foliohub.schedule import Request, Requests

app = typer.Typer(help="See what is due and what was asked for; pause, resume, run now, cancel.", no_args_is_help=True)

Job = Annotated[str, typer.Argument(metavar="JOB", help="Name of a job; `foliohub jobs list` shows them.")]

_COLOURS = {
    "waiting": "cyan",
    "running": "cyan",
    "retrying": "yellow",
    "done": "green",
    "already done": "green",
    "failed": "red",
    "skipped": "yellow",
    "cancelled": "yellow",
}


@app.command("list")
def list_schedule(last: Annotated[int, typer.Option(min=1, help="How many requests.")] = 15) -> None:
    """Show when each job is due next, and the latest requests with what became of them."""
    from datetime import UTC, datetime

    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console
    from foliohub.schedule import upcoming

    _, jobs, requests = _opened()
    paused = requests.paused()
    table = Table("job", "cron", "next due", box=None, header_style="bold", pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    for name, times in upcoming(jobs, datetime.now(UTC)).items():
        due = f"[yellow]paused by {escape(paused[name].by)}[/]" if name in paused else _shown(times[0]) if times else ""
        table.add_row(name, jobs[name].schedule.cron, due)
    console.print(table)
    console.print()
    wanted = requests.list()[:last]
    if not wanted:
        console.print("Nothing was asked of the scheduler yet.")
        return
    table = Table(
        "request", "session", "by", "due (UTC)", "state", "why", box=None, header_style="bold", pad_edge=False
    )
    for column in table.columns[:-1]:
        column.no_wrap = True
    for request in reversed(wanted):
        state = f"[{_COLOURS[request.state]}]{request.state}[/]"
        table.add_row(
            request.id,
            request.as_of or "",
            escape(request.by),
            f"{request.due_at:%m-%d %H:%M}",
            state,
            escape(request.reason),
        )
    console.print(table)


@app.command()
def pause(job: Job) -> None:
    """Let a job's times pass without a run, until it is resumed."""
    from foliohub.cli.console import console

    requests = _known(job)[2]
    made = requests.pause(job, by=_me())
    console.print(f"{job} is paused by {made.by} since {made.at:%Y-%m-%d %H:%M} UTC.", markup=False)


@app.command()
def resume(job: Job) -> None:
    """Let a paused job run at its times again; those that passed meanwhile are not made up for."""
    from foliohub.cli.console import console

    _, jobs, requests = _known(job)
    requests.resume(job, by=_me())
    console.print(f"{job} runs at its times again, next {_shown(jobs[job].schedule.next_after(_now()))}.", markup=False)


@app.command()
def run(
    job: Job,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="Session to work for, YYYY-MM-DD; by default the last there is.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="KEY=VALUE", help="In place of the job file's.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make another attempt of what has succeeded already.")] = False,
) -> None:
    """Ask the scheduler to run a job now. `foliohub run` runs it here, without the scheduler."""
    from foliohub.cli.console import console
    from foliohub.runs.cycle import choose_as_of
    from foliohub.runs.parameters import declared_parameters, parse_assignments, read_notebook

    settings, jobs, requests = _known(job)
    spec = jobs[job]
    declared = declared_parameters(read_notebook(settings.notebooks / spec.notebook), spec.notebook)
    values = parse_assignments(parameter or [], declared, spec.notebook)
    if as_of is not None:
        choose_as_of(settings, spec.model_copy(update={"parameters": {**spec.parameters, **values}}), as_of)
    made = requests.submit(job, as_of, by=_me(), parameters=values, force=force)
    console.print(
        f"[green]✓[/] {made.id} waits for the scheduler. `foliohub schedule list` shows what becomes of it.",
        soft_wrap=True,
    )
    if not _is_at_work(settings):
        console.print("  [yellow]No scheduler is at work here.[/] `foliohub up` starts the platform.")


@app.command()
def cancel(request: Annotated[str, typer.Argument(metavar="REQUEST", help="Id of a request.")]) -> None:
    """Take a request back, and end its run where it is under way."""
    from foliohub.cli.console import console

    made: Request = _opened()[2].cancel(request, by=_me())
    done = "is cancelled" if made.state.ended else "is being ended"
    console.print(f"{made.id} {done}.", markup=False)


@app.command()
def alerts(last: Annotated[int, typer.Option(min=1, help="How many.")] = 15) -> None:
    """Show the latest alerts: jobs that failed, are late or missing, and who was told."""
    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console, settings
    from foliohub.runs.opening import open_store
    from foliohub.schedule import Alerts

    found = Alerts(open_store(settings())).all()[:last]
    if not found:
        console.print("No alerts.")
        return
    table = Table("raised (UTC)", "kind", "what", "told", box=None, header_style="bold", pad_edge=False)
    table.columns[0].no_wrap = True
    for alert in reversed(found):
        told = ", ".join(f"{channel} {delivery.stage}" for channel, delivery in alert.deliveries.items())
        table.add_row(
            f"{alert.raised_at:%Y-%m-%d %H:%M}", alert.kind, escape(alert.sentence), told or "nobody is set up"
        )
    console.print(table)


def _opened() -> tuple[Settings, dict[str, JobSpec], Requests]:
    from foliohub.cli.console import settings
    from foliohub.runs.spec import load_jobs
    from foliohub.schedule import open_requests

    configured = settings()
    return configured, load_jobs(configured.jobs, configured.notebooks), open_requests(configured)


def _known(job: str) -> tuple[Settings, dict[str, JobSpec], Requests]:
    from foliohub.errors import InputError

    opened = _opened()
    if job not in opened[1]:
        raise InputError(f"There is no job {job!r}.", remedy=f"Known are {', '.join(opened[1])}.")
    return opened


def _me() -> str:
    """Who types: in JupyterHub the person's name there."""
    import getpass
    import os

    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _is_at_work(settings: Settings) -> bool:
    from datetime import datetime, timedelta

    from foliohub.runs.opening import open_store
    from foliohub.schedule.service_reports import service_reports

    try:
        said = service_reports(settings.home, open_store(settings))["scheduler"]
        return said["state"] != "stopped" and _now() - datetime.fromisoformat(said["at"]) < timedelta(seconds=30)
    except (ValueError, KeyError, TypeError):
        return False


def _shown(due: datetime) -> str:
    return f"{due:%a %Y-%m-%d %H:%M} {due.tzname()}"
