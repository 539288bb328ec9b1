"""From a run's draft to a proposal: exactly one, once the run has succeeded, however often it was killed on the way.

The notebook's process leaves its draft in the store, under the run's id. What a run leaves counts once its record says
that it succeeded, and a draft is no exception: only then is it entered in the ledger, once per run. Whoever is killed
between the two finds the run done at the next start, and the draft entered then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from foliohub.errors import NotStoredError, SignatureError, StoreError
from foliohub.runs.opening import open_ledger, open_seal, open_store
from foliohub.signatures import unsigned

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.ledger import Draft, Proposal
    from foliohub.runs.records import RunRecord

DRAFT = "draft"
"""What a draft is signed as, by the run that made it: nobody else can slip one in."""

_FOLDER = "drafts/"


def draft_name(run_id: str) -> str:
    """The document that holds a run's draft."""
    return _FOLDER + run_id


def settle_proposal(settings: Settings, record: RunRecord) -> Proposal | None:
    """Enter in the ledger what a run that succeeded has drafted, unless it was entered before.

    Parameters
    ----------
    settings : Settings
    record : RunRecord
        Of a run that succeeded: the versions it read become the proposal's.

    Returns
    -------
    Proposal or None
        None where the run drafted nothing.

    Raises
    ------
    SignatureError
        The draft is not the one the run has left.
    LedgerError
        The portfolio's ledger is broken, or was opened with something else than its file says.
    """
    draft = _read_draft(settings, record.id)
    if draft is None:
        return None
    return open_ledger(settings, draft.portfolio).propose(draft.model_copy(update={"data": record.read}))


def _read_draft(settings: Settings, run_id: str) -> Draft | None:
    from foliohub.ledger import Draft

    try:
        document = open_store(settings).read_document(draft_name(run_id))
    except NotStoredError:
        return None
    fault = open_seal(settings).fault(DRAFT, document)
    if not fault and document.get("run_id") != run_id:
        fault = f"it is that of {document.get('run_id')}"
    if fault:
        raise SignatureError(
            f"The draft of run {run_id} cannot become a proposal: {fault}.",
            remedy="Find out who wrote it; make another attempt with --force.",
        )
    try:
        return Draft.model_validate(unsigned(document))
    except ValidationError as error:
        first = error.errors()[0]
        raise StoreError(
            f"The draft of run {run_id} cannot be read: {first['loc']}: {first['msg']}.",
            remedy="It was written by another version of Foliohub; make another attempt with --force.",
        ) from None
