"""Commands that run jobs and look at what has run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.runs.cycle import CycleEntry
    from foliohub.runs.records import RunRecord
    from foliohub.runs.spec import JobSpec

app = typer.Typer(help="Look at run records, and recompute a run from its id.", no_args_is_help=True)

AsOf = Annotated[
    str | None, typer.Option(metavar="DATE", help="Session to work for, YYYY-MM-DD; by default the last there is.")
]
Force = Annotated[bool, typer.Option("--force", help="Make another attempt of what has succeeded already.")]

_COLOURS = {"succeeded": "green", "failed": "red", "interrupted": "yellow", "running": "cyan", "unsigned": "red"}


def run(
    name: Annotated[str, typer.Argument(help="Name of a job; `foliohub jobs list` shows them.")],
    as_of: AsOf = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="KEY=VALUE", help="In place of the job file's.")
    ] = None,
    force: Force = False,
) -> None:
    """Run one job for one session, exactly once."""
    from foliohub.cli.console import cell_progress, console, settings
    from foliohub.errors import InputError
    from foliohub.runs.cycle import choose_as_of
    from foliohub.runs.execute import run_job
    from foliohub.runs.parameters import declared_parameters, parse_assignments, read_notebook

    configured = settings()
    jobs = _jobs(configured)
    if name not in jobs:
        raise InputError(f"There is no job {name!r}.", remedy=f"Known are {', '.join(jobs)}.")
    job = jobs[name]
    declared = declared_parameters(read_notebook(configured.notebooks / job.notebook), job.notebook)
    values = parse_assignments(parameter or [], declared, job.notebook)
    chosen = job.model_copy(update={"parameters": {**job.parameters, **values}})
    given = values.pop("as_of", None)
    session = choose_as_of(configured, chosen, str(given) if given else as_of)
    with cell_progress() as (start, step):
        start(name)
        outcome = run_job(configured, job, session, parameters=values, force=force, on_step=step)
    record = outcome.record
    if outcome.fresh:
        console.print(f"[green]✓[/] {record.id} succeeded in {record.seconds:.1f} s")
    else:
        console.print(
            f"[green]✓[/] {record.id} had succeeded already, {record.ended_at:%Y-%m-%d %H:%M} UTC: nothing done. "
            "--force makes another attempt."
        )
        if any(record.parameters.get(key) != value for key, value in values.items()):
            console.print("  [yellow]It ran with other parameters than these.[/]")
    _show_outputs(configured, record)


def cycle(
    as_of: AsOf = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="CYCLE", help="Also run the jobs of another cycle, as 'weekly'.")
    ] = None,
    force: Force = False,
) -> None:
    """Run the nightly jobs for one session, in the order of their dependencies."""
    from foliohub.cli.console import cell_progress, console, settings
    from foliohub.errors import InputError
    from foliohub.runs.cycle import choose_as_of, run_cycle

    configured = settings()
    jobs = _jobs(configured)
    known = sorted({job.cycle for job in jobs.values()})
    for wanted in include or []:
        if wanted not in known:
            raise InputError(f"There is no cycle {wanted!r}.", remedy=f"Known are {', '.join(known)}.")
    first = next(job for job in jobs.values() if job.cycle == "nightly")
    session = choose_as_of(configured, first, as_of)
    console.print(f"[bold]Cycle for {session:%A, %Y-%m-%d}[/]")
    with cell_progress() as (start, step):
        entries = run_cycle(
            configured,
            jobs,
            session,
            cycles=("nightly", *(include or [])),
            force=force,
            on_job=start,
            on_step=step,
        )
    _show_entries(entries)
    if any(entry.record is None for entry in entries):
        raise typer.Exit(1)


@app.command("list")
def list_runs(
    job: Annotated[str | None, typer.Option(help="Of one job only.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="For one session only.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
) -> None:
    """List runs, the latest last."""
    from rich.markup import escape
    from rich.table import Table

    from foliohub import calendars
    from foliohub.cli.console import console, settings
    from foliohub.runs.claims import status_now
    from foliohub.runs.opening import open_records

    configured = settings()
    day = None if as_of is None else f"{calendars.to_session(as_of):%Y-%m-%d}"
    records = open_records(configured).list(job, day)[-last:]
    if not records:
        wanted = [f"of {job}"] * (job is not None) + [f"for {day}"] * (day is not None)
        console.print(f"No runs {' '.join(wanted) or 'yet'}. `foliohub cycle` makes some.", markup=False)
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for column in ("run", "status", "started (UTC)", "took", "read", "wrote"):
        right = column in {"took", "read", "wrote"}
        # Where the terminal is too narrow, it is the ids that go on in the next line.
        table.add_column(column, justify="right" if right else "left", no_wrap=column != "run", overflow="fold")
    for record in records:
        status = status_now(configured, record)
        table.add_row(
            record.id,
            f"[{_COLOURS[status]}]{status}[/]",
            f"{record.started_at:%Y-%m-%d %H:%M}",
            "" if record.seconds is None else f"{record.seconds:,.{1 if record.seconds < 100 else 0}f} s",
            str(len(record.read)),
            str(len(record.written)),
        )
    console.print(table)
    for record in records:
        if record.error:
            told = f"{record.error.kind}: {record.error.message}"
            console.print(f"[red]✗[/] {record.id}: {escape(told)}", soft_wrap=True)


@app.command("show")
def show_run(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of a run.")],
    json: Annotated[bool, typer.Option("--json", help="The whole record as JSON.")] = False,
) -> None:
    """Show a run's record: its passport."""
    from rich.markup import escape
    from rich.table import Table

    from foliohub.cli.console import console, settings
    from foliohub.runs.claims import status_now
    from foliohub.runs.opening import open_records

    configured = settings()
    record = open_records(configured).get(identifier)
    if json:
        typer.echo(record.model_dump_json(indent=2))
        return
    table = Table(show_header=False, box=None)
    table.add_row("[bold]run", record.id)
    status = status_now(configured, record)
    table.add_row("[bold]status", f"[{_COLOURS[status]}]{status}[/]")
    table.add_row("[bold]started", f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC")
    if record.seconds is not None:
        table.add_row("[bold]took", f"{record.seconds:.1f} s")
    table.add_row("[bold]notebook", f"{record.notebook}  {record.notebook_hash[:12]}")
    for name, value in record.parameters.items():
        table.add_row("[bold]parameter", escape(f"{name} = {value!r}"))
    table.add_row("[bold]commit", (record.commit or "none") + (" with changes" if record.changes else ""))
    table.add_row("[bold]packages", (record.lock_hash or "none")[:12] + f", Python {record.python}")
    table.add_row("[bold]image", record.image)
    for version in record.read:
        table.add_row("[bold]read", f"{version.name}  version {version.number}  {version.content[:12]}")
    for version in record.written:
        table.add_row("[bold]wrote", f"{version.name}  version {version.number}  {version.content[:12]}")
    if record.error:
        where = "" if record.error.cell is None else f" in cell {record.error.cell}"
        table.add_row("[bold]error", f"[red]{record.error.kind}{where}[/]: {escape(record.error.message)}")
    console.print(table)
    _show_outputs(configured, record)


@app.command("save")
def save_outputs(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of a run.")],
    folder: Annotated[Path, typer.Argument(help="Where to, a folder; made where it is not there.")] = Path(),
) -> None:
    """Save a run's report and its executed notebook as files, wherever they are kept."""
    from foliohub.cli.console import console, settings
    from foliohub.errors import InputError
    from foliohub.runs.opening import open_records
    from foliohub.runs.outputs import Outputs

    configured = settings()
    record, outputs = open_records(configured).get(identifier), Outputs(configured)
    found = outputs.list(record)
    if not found:
        raise InputError(f"Run {identifier} has left no files.", remedy="`foliohub runs show` tells why.")
    for output in found:
        file = folder / identifier / output.file
        body = outputs.read(record, output.name)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        except OSError as error:
            raise InputError(
                f"{file} cannot be written: {error.strerror or error}.", remedy="Name another folder."
            ) from error
        console.print(f"  {output.name:<8} {file}", soft_wrap=True)


@app.command()
def reproduce(identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of a run that succeeded.")]) -> None:
    """Recompute a run from the versions it read and compare every number it published."""
    from rich.table import Table

    from foliohub.cli.console import cell_progress, console, settings
    from foliohub.runs.reproduce import reproduce_run

    configured = settings()
    with cell_progress() as (start, step):
        start(identifier)
        result = reproduce_run(configured, identifier, _jobs(configured), on_step=step)
    table = Table("published", "numbers", "different", "largest difference", "", box=None, header_style="bold")
    for compared in result.tables:
        table.add_row(
            compared.name,
            f"{compared.numbers:,}",
            f"{compared.different:,}",
            "" if compared.equal else f"{compared.largest:.3g}",
            "[green]equal[/]" if compared.equal else f"[red]{compared.remark or 'differs'}[/]",
        )
    console.print(table)
    total = sum(compared.numbers for compared in result.tables)
    if result.equal:
        console.print(f"[green]✓[/] All {total:,} numbers of {identifier} came out again.")
    else:
        console.print(f"[red]✗[/] {identifier} does not reproduce.")
    for change in result.changed:
        console.print(f"  changed since: {change}", style="yellow", soft_wrap=True)
    if not result.equal:
        raise typer.Exit(1)


def _jobs(configured: Settings) -> dict[str, JobSpec]:
    from foliohub.runs.spec import load_jobs

    return load_jobs(configured.jobs, configured.notebooks)


def _show_entries(entries: list[CycleEntry]) -> None:
    from rich.markup import escape

    from foliohub.cli.console import console

    longest = max((len(entry.record.id) for entry in entries if entry.record), default=0)
    for entry in entries:
        record = entry.record
        if record is None:
            console.print(f"[red]✗[/] {entry.job} {entry.verdict}: {escape(entry.reason)}", soft_wrap=True)
        else:
            took = f"{record.seconds:.1f} s" if entry.verdict == "done" else "nothing to do"
            console.print(f"[green]✓[/] {record.id:<{longest}}  {entry.verdict:<12} {took}")


def _show_outputs(configured: Settings, record: RunRecord) -> None:
    from foliohub.cli.console import console
    from foliohub.runs.outputs import Outputs

    outputs = Outputs(configured)
    for name in ("report", "notebook"):
        if name in record.outputs:
            console.print(f"  {name:<8} {outputs.place(record, name)}", soft_wrap=True)
