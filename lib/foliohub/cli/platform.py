"""Commands about the platform on this machine: up, down, status, doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from foliohub.config import Settings
    from hub.config.settings import HubSettings
    from hub.supervisor.state import State

_STYLES = {"healthy": "green", "starting": "yellow", "crashed": "red", "stopped": "dim"}


def up(
    port: Annotated[int | None, typer.Option(help="Port people reach it on.  [default: 8000]")] = None,
    address: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    tls_key: Annotated[str | None, typer.Option(help="PEM file of the TLS key.")] = None,
    tls_certificate: Annotated[str | None, typer.Option(help="PEM file of the TLS certificate.")] = None,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Let others reach it without TLS: something in front speaks it.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
    detach: Annotated[bool, typer.Option("--detach", help="Come back once it runs; `foliohub down` ends it.")] = False,
) -> None:
    """Start the platform: hub, dashboards, API and scheduler behind one address, on this machine only."""
    from foliohub.cli.project import platform_settings

    settings = platform_settings()
    from hub.config.settings import load_hub_settings
    from hub.supervisor import control
    from hub.supervisor.state import StateFile

    given = {"port": port, "address": address, "tls_key": tls_key, "tls_certificate": tls_certificate}
    hub = load_hub_settings(**given, plain_http=plain_http or None)
    running = StateFile(settings.home / "hub").running()
    if running is not None:
        _already_running(running, hub, port)
        _open(running.url, browser)
        return
    control.check(settings, hub)
    passwords = _first_people(settings, hub)
    try:
        state = _start(settings, hub, detach=detach)
    finally:  # a start that fails must not take the only copy of the passwords with it
        _show_passwords(passwords)
    _show_running(settings, state)
    _open(state.url, browser)
    if not detach:
        _stay(settings)


def down() -> None:
    """End the platform, with every process it started."""
    from foliohub.cli.console import console
    from foliohub.cli.project import platform_settings

    settings = platform_settings()
    from hub.supervisor import control

    with console.status("ending people's servers, services, hub and proxy"):
        was = control.end(settings)
    console.print("The platform has ended." if was else "The platform was not running.")


def status() -> None:
    """Show what runs; exit code 1 when a part has crashed or the start is not over, 3 when nothing runs."""
    from foliohub.cli.console import console
    from foliohub.cli.project import platform_settings

    settings = platform_settings()
    from hub.supervisor.state import StateFile

    state = StateFile(settings.home / "hub").running()
    if state is None:
        console.print("The platform is not running. Start it: foliohub up")
        raise typer.Exit(3)
    console.print(f"[bold]{state.url}[/]  {state.phase} since {state.started}")
    console.print(_table(settings, state))
    if state.phase != "running" or any(part.state == "crashed" for part in state.parts.values()):
        raise typer.Exit(1)


def _already_running(state: State, hub: HubSettings, port: int | None) -> None:
    from urllib.parse import urlsplit

    from foliohub.cli.console import console
    from foliohub.errors import RunInProgressError

    if port is not None and urlsplit(state.url).port != hub.port:
        raise RunInProgressError(
            f"The platform is running already, on {state.url}", remedy="To start it elsewhere, end it: foliohub down"
        )
    console.print(f"The platform is running already: [bold]{state.url}[/]")


def _first_people(settings: Settings, hub: HubSettings) -> dict[str, str]:
    """Make somebody of each role where there is nobody; their passwords, which are stored nowhere."""
    from hub.config import passwords
    from hub.config.accounts import Accounts
    from hub.config.roles import GROUPS

    accounts = Accounts(settings.home / "hub" / "people.json")
    if hub.authenticator != "file" or accounts.read():
        return {}
    made = {}
    for group in GROUPS:
        name = group.removesuffix("s")
        made[name] = passwords.generate()
        accounts.add(name, [group], made[name])
    return made


def _start(settings: Settings, hub: HubSettings, *, detach: bool) -> State:
    from foliohub.cli.console import console
    from hub.supervisor import control

    state = None
    variables = {
        "FOLIOHUB_HUB_PORT": str(hub.port),
        "FOLIOHUB_HUB_ADDRESS": hub.address,
        "FOLIOHUB_HUB_PLAIN_HTTP": str(hub.plain_http),
    }
    if hub.tls:
        variables["FOLIOHUB_HUB_TLS_KEY"] = str(_absolute(hub.tls_key))
        variables["FOLIOHUB_HUB_TLS_CERTIFICATE"] = str(_absolute(hub.tls_certificate))
    process = control.start(settings, variables, tied=not detach)
    try:
        with console.status("starting") as shown:
            for state in control.wait_until_up(settings, process):
                waiting = [part.name for part in state.parts.values() if part.state != "healthy"]
                shown.update(f"starting: {', '.join(waiting)}" if waiting else "starting")
    except BaseException:  # Ctrl-C above all: what does not come up does not stay either
        control.end(settings)
        raise
    assert state is not None  # noqa: S101 (wait_until_up ends with one, or raises)
    return state


def _absolute(path: Path | None) -> Path | None:
    return path.absolute() if path else None


def _show_passwords(passwords: dict[str, str]) -> None:
    from rich.table import Table

    from foliohub.cli.console import console

    if not passwords:
        return
    table = Table("name", "password", box=None, header_style="bold", pad_edge=False)
    for name, password in passwords.items():
        table.add_row(name, password)
    console.print("\nThe first people. [bold]Their passwords are shown this once[/] and stored nowhere:\n")
    console.print(table)
    console.print("\n[dim]Another password: foliohub users passwd NAME. More people: foliohub users add NAME.[/]\n")


def _show_running(settings: Settings, state: State) -> None:
    from foliohub.cli.console import console

    console.print(f"The platform is running: [bold]{state.url}[/]", soft_wrap=True)
    for part in state.parts.values():
        if part.state == "crashed":
            log = settings.home / "logs" / f"{part.name}.log"
            console.print(f"  [red]{part.name}[/] does not run: {part.detail}. Its log: {log}", soft_wrap=True)


def _open(url: str, browser: bool) -> None:
    import os
    import sys
    import webbrowser

    from foliohub.cli.console import console

    # Without a screen, the standard library would start a browser for the terminal, and block.
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if browser and not (screen and webbrowser.open(url)):
        console.print("[dim]There is no browser here: open the address in yours.[/]")


def _stay(settings: Settings) -> None:
    import time

    from foliohub.cli.console import console
    from hub.supervisor import control
    from hub.supervisor.state import StateFile

    console.print("[dim]Ctrl-C ends it.[/]")
    file = StateFile(settings.home / "hub")
    try:
        while file.held():
            time.sleep(0.5)
    finally:
        control.end(settings)


def _table(settings: Settings, state: State) -> object:
    import time

    from rich.markup import escape
    from rich.table import Table

    table = Table("part", "state", "process", "memory", "up", "restarts", "", box=None, header_style="bold")
    for part in state.parts.values():
        process = part.process.find() if part.process else None
        memory = f"{process.memory_info().rss / 2**20:.0f} MB" if process else ""
        age = f"{_duration(time.time() - process.create_time())}" if process else ""
        style = _STYLES[part.state]
        detail = part.detail or (_said(settings, part.name) if part.state == "healthy" else "")
        pid = str(process.pid) if process else ""
        table.add_row(part.name, f"[{style}]{part.state}[/]", pid, memory, age, str(part.restarts), escape(detail))
    return table


def _said(settings: Settings, name: str) -> str:
    """What a service without pages last said of itself."""
    import json

    try:
        said = json.loads((settings.home / "services" / f"{name}.json").read_text(encoding="utf-8"))
        return f"{said['state']}: {said['detail']}" if said.get("detail") else str(said["state"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{rest} s"
