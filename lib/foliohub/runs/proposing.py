"""From a run's draft to a proposal: exactly one, once the run has succeeded, however often it was killed on the way.

The notebook's process leaves its draft in the store, under the run's id. What a run leaves counts once its record says
that it succeeded, and a draft is no exception: only then is it entered in the ledger, once per run. Whoever is killed
between the two finds the run done at the next start, and the draft entered then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from foliohub.errors import NotStoredError, StoreError
from foliohub.runs.opening import open_ledger, open_store

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.ledger import Draft, Proposal
    from foliohub.runs.records import RunRecord

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
        content = open_store(settings).read_document(draft_name(run_id))
    except NotStoredError:
        return None
    try:
        return Draft.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise StoreError(
            f"The draft of run {run_id} cannot be read: {first['loc']}: {first['msg']}.",
            remedy="It was written by another version of Foliohub; make another attempt with --force.",
        ) from None
