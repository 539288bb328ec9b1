"""Where a figure or a report comes from: the line under every title and the foot of every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime

import pandas as pd

from foliohub.calendars import to_session
from foliohub.types import DateLike


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a reader needs to find a number again.

    Parameters
    ----------
    as_of : date-like or None
        Last session whose close is in the numbers; None where no date applies.
    source : str
        Where the prices come from, in the reader's words.
    run_id : str
        The run that made the numbers; empty outside a run.
    job : str
        Name of the job the run belongs to.
    status : str
        How the run ended: "succeeded", "failed", "running" or a word of the caller's.
    finished : datetime, optional
        When the report was made.
    parameters : mapping, optional
        What the run was asked, by name.
    data_versions : mapping, optional
        Stored name -> version read.
    notebook_hash, commit : str
        Content hash of the notebook and commit of the code.

    Examples
    --------
    >>> Provenance("2022-12-28", "skfolio sample", "r-17").line
    'Source: skfolio sample · as of 2022-12-28 · run r-17'
    """

    as_of: DateLike | None
    source: str
    run_id: str = ""
    _: KW_ONLY
    job: str = ""
    status: str = "succeeded"
    finished: datetime | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    data_versions: Mapping[str, object] = field(default_factory=dict)
    notebook_hash: str = ""
    commit: str = ""

    @property
    def session(self) -> pd.Timestamp | None:
        """The as-of date as a session, or None."""
        return None if self.as_of is None else to_session(self.as_of, "as-of date")

    @property
    def as_of_text(self) -> str:
        """The as-of date in ISO form, or an empty text."""
        return "" if self.session is None else f"{self.session:%Y-%m-%d}"

    @property
    def line(self) -> str:
        """One line: source, as-of date and run, as far as they are known."""
        parts = [f"Source: {self.source}" if self.source else ""]
        parts.append(f"as of {self.as_of_text}" if self.as_of_text else "")
        parts.append(f"run {self.run_id}" if self.run_id else "")
        return " · ".join(part for part in parts if part)
