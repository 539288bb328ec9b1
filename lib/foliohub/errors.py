"""Every error Foliohub raises on purpose.

A message names what was received, where, and the remedy: whoever reads it knows what to do next.

::

    FoliohubError
    ├── ConfigurationError      a setting, a job file or a universe file is wrong
    ├── InputError              an argument is wrong: a date, a parameter, a name
    ├── ContractError           a frame breaks its contract (see foliohub.frames)
    ├── VendorError             a data vendor's answer cannot be used
    │   ├── VendorUnavailableError   no answer, or a passing fault: worth another try
    │   │   └── RateLimitError       too many requests; says when to come back
    │   ├── MalformedAnswerError     an answer that is not what the vendor documents
    │   ├── UnknownTickerError       the vendor does not know the ticker, or has nothing for it
    │   └── CredentialsError         the vendor wants a key, or refuses the one it got
    ├── QualityError            too much of a universe is quarantined to go on
    ├── LookAheadError          a function's answer for a date depends on what comes after it
    ├── StoreError              the store cannot be read or written
    │   ├── NotStoredError           nothing is stored under that name, version or date
    │   ├── LockedError              somebody else holds what is to be written
    │   └── StoreUnavailableError    its server does not answer: worth another try
    ├── InfeasibleError         constraints contradict each other; says which
    ├── ModelError              a model cannot be fitted to what it was given
    ├── LedgerError             a portfolio's ledger is broken, or what it is told contradicts it
    │   └── DecisionRefusedError     a proposal may not be decided so: by its author, too late, without a reason
    ├── SignatureError          something cannot be signed here, or does not carry the installation's signature
    ├── ClusterError            workers did not come up, or die over what they are given
    ├── ServiceError            a Foliohub service cannot be reached, or refuses
    └── RunError                a run failed, is under way elsewhere, or cannot be reproduced
        └── RunInProgressError       another process is running the same job for the same date

    FoliohubWarning             the result stands, but somebody should know
"""

from __future__ import annotations


class FoliohubError(Exception):
    """Base of every error Foliohub raises on purpose.

    Parameters
    ----------
    message : str
        What happened, naming the ticker, date or value received.
    remedy : str, optional
        What the reader can do about it; one imperative sentence.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by the default pickling, and errors cross processes.
        return (_rebuild, (type(self), self.__dict__.copy()))


def _rebuild(kind: type[FoliohubError], state: dict[str, object]) -> FoliohubError:
    error = kind.__new__(kind, state["message"])
    error.__dict__.update(state)
    return error


class ConfigurationError(FoliohubError):
    """A setting, a job file or a universe file is wrong."""


class InputError(FoliohubError):
    """An argument is wrong: a date, a parameter, a name."""


class ContractError(FoliohubError):
    """A frame breaks its contract (see :mod:`foliohub.frames`)."""


class VendorError(FoliohubError):
    """A data vendor's answer cannot be used."""


class VendorUnavailableError(VendorError):
    """No answer, or a passing fault: worth another try."""


class RateLimitError(VendorUnavailableError):
    """Too many requests.

    Parameters
    ----------
    message, remedy : str
        As for every error.
    retry_after : float, optional
        Seconds the vendor asked to wait; None where it did not say.
    """

    def __init__(self, message: str, *, remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class MalformedAnswerError(VendorError):
    """An answer that is not what the vendor documents."""


class UnknownTickerError(VendorError):
    """The vendor does not know the ticker, or has nothing for it."""


class CredentialsError(VendorError):
    """The vendor wants a key, or refuses the one it got."""


class QualityError(FoliohubError):
    """Too much of a universe is quarantined to go on."""


class LookAheadError(FoliohubError):
    """A function's answer for a date depends on what comes after it."""


class StoreError(FoliohubError):
    """The store cannot be read or written."""


class NotStoredError(StoreError):
    """Nothing is stored under that name, version or date."""


class LockedError(StoreError):
    """Somebody else holds what is to be written, and did so for as long as was waited."""


class StoreUnavailableError(StoreError):
    """The store's server does not answer, or has a passing fault: worth another try."""


class InfeasibleError(FoliohubError):
    """Constraints contradict each other; the message says which."""


class ModelError(FoliohubError):
    """A model cannot be fitted to what it was given."""


class LedgerError(FoliohubError):
    """A portfolio's ledger is broken, or what it is told contradicts what it holds."""


class DecisionRefusedError(LedgerError):
    """A proposal may not be decided so.

    Parameters
    ----------
    message, remedy : str
        As for every error.
    code : str, optional
        Why, for programs: "author", "blocked", "decided", "expired", "holdings", "reason", "stale", "superseded",
        "undecided".
    """

    def __init__(self, message: str, *, remedy: str = "", code: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class SignatureError(FoliohubError):
    """Something cannot be signed here, or does not carry the installation's signature."""


class ClusterError(FoliohubError):
    """A cluster's workers did not come up, or die over what they are given."""


class ServiceError(FoliohubError):
    """A Foliohub service cannot be reached, or refuses.

    Parameters
    ----------
    message, remedy : str
        As for every error.
    status : int, optional
        HTTP status of its answer; 0 where there was none.
    code : str, optional
        Why, for programs: the last part of the problem's type, as "missing-scope".
    """

    def __init__(self, message: str, *, remedy: str = "", status: int = 0, code: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code


class RunError(FoliohubError):
    """A run failed, is under way elsewhere, or cannot be reproduced."""


class RunInProgressError(RunError):
    """Another process is running the same job for the same date."""


class FoliohubWarning(UserWarning):
    """The result stands, but somebody should know."""
