"""The command line: each command one call of the library, its result shown with rich.

Nothing heavy is imported until a command needs it: ``foliohub --help`` answers at once.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from types import FrameType

import typer

from foliohub.cli import champions, data, fills, jobs, keys, platform, proofs, proposals, runs, schedule, store, users
from foliohub.cli.competition import score_competition
from foliohub.cli.doctor import doctor
from foliohub.cli.monitor import monitor
from foliohub.cli.quotes import quotes
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
app.command("quotes")(quotes)
app.command("score-competition")(score_competition)
app.command("check-look-ahead")(proofs.check_look_ahead)
app.add_typer(runs.app, name="runs")
app.add_typer(jobs.app, name="jobs")
app.add_typer(champions.app, name="champions")
app.add_typer(data.app, name="universe")
app.add_typer(store.app, name="store")
app.add_typer(proposals.app, name="proposals")
app.add_typer(fills.app, name="fills")
app.add_typer(schedule.app, name="schedule")
app.add_typer(keys.app, name="keys")
app.command("up")(platform.up)
app.command("down")(platform.down)
app.command("status")(platform.status)
app.command("doctor")(doctor)
app.command("monitor")(monitor)
app.add_typer(users.app, name="users")


_REMEDIES = {
    errno.ENOSPC: "Free some disk and start again; nothing that was stored before is lost.",
    errno.EDQUOT: "Free some disk and start again; nothing that was stored before is lost.",
    errno.EROFS: "Make it writable, or set FOLIOHUB_HOME to a folder that is.",
    errno.EACCES: "Make it readable and writable, or set FOLIOHUB_HOME to a folder that is.",
    errno.EMFILE: "Allow more open files (`ulimit -n`), and start again.",
}


def main() -> None:
    """Run the command line; what a user can cause ends in one clear message and exit code 1, never a traceback.

    Whoever ends it (Ctrl-C, a closed terminal, Kubernetes) ends it in order: the notebook's process goes, and the run
    record says that it was interrupted.
    """
    from foliohub.cli.console import show_error

    endings = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_DFL]  # nohup ignores it
    for number in endings:
        signal.signal(number, _stop)
    try:
        app()
    except FoliohubError as error:
        show_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Python flushes once more at exit, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.filename is None and error.errno not in _REMEDIES:
            raise
        where = "The output" if error.filename is None else str(error.filename)
        remedy = _REMEDIES.get(error.errno or 0, "")
        show_error(FoliohubError(f"{where} cannot be used: {error.strerror}.", remedy=remedy))
        sys.exit(1)
    finally:
        for number in endings:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
