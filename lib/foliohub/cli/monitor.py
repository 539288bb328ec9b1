"""The command that runs Prometheus beside the platform of this machine."""

from __future__ import annotations

from typing import Annotated

import typer


def monitor(
    listen: Annotated[str, typer.Option(help="HOST:PORT of Prometheus' own pages, which ask for no password.")] = (
        "127.0.0.1:9090"
    ),
    configure_only: Annotated[
        bool, typer.Option("--configure-only", help="Write its configuration, and say with which command to run it.")
    ] = False,
) -> None:
    """Watch the platform of this machine with Prometheus, and judge it by the platform's rules; Ctrl-C ends that."""
    from foliohub.cli.console import console
    from foliohub.cli.project import platform_settings

    settings = platform_settings()
    from hub.monitoring import prometheus

    if configure_only:
        console.print(" ".join(prometheus.command(settings.home, listen)), soft_wrap=True, highlight=False)
        return
    console.print(f"Prometheus is on [bold]http://{listen}[/]; its alerts on http://{listen}/alerts")
    prometheus.run(settings.home, listen)
