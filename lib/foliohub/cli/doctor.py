"""The command that says what is missing or broken on this machine."""

from __future__ import annotations

import typer

_MARKS = {"good": "[green]✓[/]", "doubtful": "[yellow]![/]", "broken": "[red]✗[/]"}


def doctor() -> None:
    """Say what is missing or broken on this machine, and what to do about it; exit code 1 if anything is broken."""
    from rich.markup import escape

    from foliohub.cli.console import console
    from foliohub.cli.project import platform_settings

    settings = platform_settings()
    from hub.config.settings import load_hub_settings
    from hub.supervisor.doctor import examine

    broken = 0
    for finding in examine(settings, load_hub_settings()):
        console.print(f"{_MARKS[finding.verdict]} {finding.subject:<9} {escape(finding.seen)}", soft_wrap=True)
        if finding.remedy:
            console.print(f"            [dim]→[/] {escape(finding.remedy)}", soft_wrap=True)
        broken += finding.verdict == "broken"
    if broken:
        raise typer.Exit(1)
    console.print("\nNothing is broken.")
