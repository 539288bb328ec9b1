"""Signing what a store held before there were signatures: an operator's decision, taken once, after a look at it.

What already carries a signature, right or wrong, is left as it is: a wrong one is a finding, not an omission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foliohub.ledger import chain
from foliohub.runs.opening import open_seal, open_store
from foliohub.runs.proposing import DRAFT
from foliohub.runs.records import RUN_RECORD
from foliohub.schedule.requests import REQUEST
from foliohub.signatures import SIGNATURE, Seal, digest

if TYPE_CHECKING:
    from foliohub.config import Settings

_PURPOSES = {
    "ledger/": chain.LINK,
    "ledger-head/": chain.HEAD,
    "runs/": RUN_RECORD,
    "schedule/requests/": REQUEST,
    "schedule/paused/": REQUEST,
    "drafts/": DRAFT,
}


def unsigned_names(settings: Settings) -> list[str]:
    """Names of the documents that carry no signature and count for nothing without one, sorted."""
    store = open_store(settings)
    return [
        name
        for prefix in _PURPOSES
        for name in store.document_names(prefix)
        if SIGNATURE not in store.read_document(name)
    ]


def adopt(settings: Settings, names: list[str]) -> int:
    """Sign documents as they stand, and tell how many; those that have been signed meanwhile are left out.

    Parameters
    ----------
    settings : Settings
    names : list of str
        From :func:`unsigned_names`.

    Raises
    ------
    SignatureError
        This process cannot sign for the installation.
    """
    store, seal, number = open_store(settings), open_seal(settings), 0
    for name in names:
        content = store.read_document(name)
        if SIGNATURE not in content:
            store.write_document(name, _signed(seal, name, content))
            number += 1
    return number


def _signed(seal: Seal, name: str, content: dict[str, Any]) -> dict[str, Any]:
    purpose = next(purpose for prefix, purpose in _PURPOSES.items() if name.startswith(prefix))
    if purpose != chain.LINK:
        return seal.signed(purpose, content)
    # Over the hash of its content, whatever hash it claims: a link that was changed stays broken.
    return {**content, SIGNATURE: seal.sign(purpose, digest({k: v for k, v in content.items() if k != "hash"}))}


__all__ = ["adopt", "unsigned_names"]
