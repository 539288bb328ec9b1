"""Commands about the people who may log in on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hub.config.accounts import Accounts

app = typer.Typer(help="Say who may log in, and as what.", no_args_is_help=True)

_Groups = Annotated[
    list[str], typer.Option("--group", "-g", help="researchers, managers or operators; again for more.")
]
_Generate = Annotated[bool, typer.Option("--generate", help="Make a password and show it once, instead of asking.")]


@app.command("list")
def list_users() -> None:
    """List the people who may log in."""
    from rich.table import Table

    from foliohub.cli.console import console

    table = Table("name", "groups", "password set", box=None, header_style="bold")
    for person in _accounts().read().values():
        table.add_row(person.name, ", ".join(person.groups), f"{person.changed[:16].replace('T', ' ')} UTC")
    console.print(table)


@app.command("add")
def add(name: str, group: _Groups, generate: _Generate = False) -> None:
    """Let somebody in."""
    accounts = _accounts()
    from hub.config.accounts import check_groups, check_name

    check_name(name)
    check_groups(group)
    accounts.add(name, group, _password(name, generate=generate))
    _said(f"{name} may log in.")


@app.command("passwd")
def passwd(name: str, generate: _Generate = False) -> None:
    """Give somebody another password; their open sessions end."""
    accounts = _accounts()
    accounts.set_password(name, _password(name, generate=generate))
    from foliohub.cli.project import platform_settings
    from hub.supervisor.people import end_sessions

    end_sessions(platform_settings(), name)
    _said(f"{name} has another password.")


@app.command("groups")
def groups(name: str, group: _Groups) -> None:
    """Move somebody to other groups; it counts from their next click."""
    _accounts().set_groups(name, group)
    _said(f"{name} is in {', '.join(sorted(group))}.")


@app.command("remove")
def remove(name: str) -> None:
    """Let somebody in no more: their sessions, servers and tokens end. Their files stay."""
    accounts = _accounts()
    accounts.remove(name)
    from foliohub.cli.project import platform_settings
    from hub.supervisor.people import forget

    forget(platform_settings(), name)
    _said(f"{name} may not log in any more.")


def _accounts() -> Accounts:
    from foliohub.cli.project import platform_settings

    settings = platform_settings()
    from hub.config.accounts import Accounts

    return Accounts(settings.home / "hub" / "people.json")


def _password(name: str, *, generate: bool) -> str:
    import sys

    from foliohub.cli.console import console
    from hub.config import passwords

    if generate:
        made = passwords.generate()
        console.print(f"The password of {name}, shown this once: [bold]{made}[/]", soft_wrap=True)
        return made
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    typed: str = typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True)
    return typed


def _said(sentence: str) -> None:
    from foliohub.cli.console import console

    console.print(sentence)
