"""What services without pages say of themselves: in files of this machine, or in the store where they run on others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from foliohub.errors import FoliohubError

if TYPE_CHECKING:
    from pathlib import Path

    from foliohub.data.store import Store

REPORTS = "services/"


def service_reports(home: Path, store: Store | None) -> dict[str, dict[str, Any]]:
    """Service -> what it last said: "state", "detail", "at" and more; empty where that cannot be read.

    Parameters
    ----------
    home : Path
        State folder; a service of this machine writes there.
    store : Store or None
        A service of another machine writes there. It counts where it said something later than this machine's.
    """
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((home / "services").glob("*.json")):
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            said = None
        found[file.stem] = said if isinstance(said, dict) else {}
    for service, said in _stored(store).items() if store else ():
        if str(said.get("at", "")) > str(found.get(service, {}).get("at", "")):
            found[service] = said
    return found


def _stored(store: Store) -> dict[str, dict[str, Any]]:
    try:
        names = store.document_names(REPORTS)
        return {name.removeprefix(REPORTS): said for name in names for said in store.documents_of([name])}
    except FoliohubError:  # whoever looks how services are is told of the store elsewhere
        return {}


__all__ = ["REPORTS", "service_reports"]
