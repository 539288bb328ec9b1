"""Commands about the keys this installation signs with. Private keys are never shown."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="See whose signatures count, and sign what is older than signatures.", no_args_is_help=True)


@app.command()
def show() -> None:
    """Show the key that signs and the keys whose signatures count, by their ids; make a key where there is none."""
    from foliohub.cli.console import console, settings
    from foliohub.signatures import KeyFiles
    from foliohub.signatures.seal import key_id

    configured = settings()
    files = KeyFiles(configured.signing_key, configured.accepted_keys)
    own = key_id(files.private().public_key())
    console.print(f"{own}  signs, from {configured.signing_key}", markup=False, highlight=False)
    for identifier in sorted({*files.accepted()} - {own}):
        console.print(f"{identifier}  counts, from {configured.accepted_keys}", markup=False, highlight=False)


@app.command()
def adopt(
    yes: Annotated[bool, typer.Option("--yes", help="Sign them; without it they are only listed.")] = False,
) -> None:
    """Sign ledgers, requests and run records that carry no signature at all, as a store of before signatures.

    Look at the list first: whatever a stranger wrote into the store is on it, too.
    """
    from foliohub import audit
    from foliohub.cli.console import console, settings
    from foliohub.schedule.adopting import adopt as sign
    from foliohub.schedule.adopting import unsigned_names

    configured = settings()
    names = unsigned_names(configured)
    if not names:
        console.print("[green]✓[/] Everything that needs a signature carries one.")
        return
    if not yes:
        for name in names:
            console.print(name, markup=False, highlight=False)
        console.print(f"{len(names)} documents carry no signature. `foliohub keys adopt --yes` signs them as they are.")
        return
    signed = sign(configured, names)
    audit.record("keys-adopted", count=signed)
    console.print(f"[green]✓[/] {signed} documents are signed.")
