"""The command line: each command one call of the library, its result shown with rich.

Nothing heavy is imported until a command needs it: ``foliohub --help`` answers at once.
"""

from __future__ import annotations

import sys

import typer

from foliohub.cli import data, jobs, proofs, runs, store
from foliohub.cli.summary import summary
from foliohub.errors import FoliohubError

app = typer.Typer(
    name="foliohub",
    help="Prices in, forecasts, weights, a rebalance with its orders and a report out; every number with its passport.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("run")(runs.run)
app.command("cycle")(runs.cycle)
app.command("summary")(summary)
app.command("ingest")(data.ingest)
app.command("quality")(data.quality)
app.command("check-look-ahead")(proofs.check_look_ahead)
app.add_typer(runs.app, name="runs")
app.add_typer(jobs.app, name="jobs")
app.add_typer(data.app, name="universe")
app.add_typer(store.app, name="store")


def main() -> None:
    """Run the command line; what a user can cause ends in one clear message and exit code 1, never a traceback."""
    from foliohub.cli.console import show_error

    try:
        app()
    except FoliohubError as error:
        show_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
