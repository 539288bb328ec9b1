"""What is wanted of the scheduler: runs, pauses, cancellations. Anybody may ask; the scheduler alone executes.

Everything lies in the store, so that whoever asks and whoever executes need not run in one process, nor at one time.
It is signed by the installation, whose services and commands know who asks: what anybody else has written there is no
request, and an earlier state of one that was read before is none either.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from foliohub import audit, calendars, logs
from foliohub.errors import InputError, NotStoredError, SignatureError, StoreError
from foliohub.schedule.request import SCHEDULE, Model, Pause, Request, State, following, made, same, scheduled_id
from foliohub.signatures import unsigned
from foliohub.tracing import new_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from foliohub.data.store import Store
    from foliohub.signatures import Seal

logger = logging.getLogger(__name__)

_REQUESTS = "schedule/requests/"
_PAUSED = "schedule/paused/"
REQUEST = "request"
_PATIENCE = 10.0
_NOTHING: Mapping[str, Any] = {}


class Requests:
    """The requests of a store.

    Parameters
    ----------
    store : Store
    seal : Seal
        Signs what is asked for, and tells of everything read whether it was signed.
    clock : callable
        Gives the time, UTC; for tests.

    Attributes
    ----------
    refused : dict of str to str
        Documents met so far that do not count, by name, and why not.
    """

    def __init__(self, store: Store, seal: Seal, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._seal = seal
        self._clock = clock
        self._ended: dict[str, Request] = {}
        self._open: dict[str, Request] = {}
        self.refused: dict[str, str] = {}

    # -- asking --------------------------------------------------------------------------------------------------------

    def submit(
        self,
        job: str,
        as_of: str | None = None,
        *,
        by: str,
        key: str | None = None,
        parameters: Mapping[str, Any] = _NOTHING,
        force: bool = False,
    ) -> Request:
        """Ask for a run of a job.

        Parameters
        ----------
        job : str
            Whether there is such a job the scheduler finds out, where the caller has not.
        as_of : str, optional
            A session, YYYY-MM-DD; by default the last that has closed.
        by : str
            Who asks.
        key : str, optional
            Whoever asks again with the same key gets the same request, whatever became of it meanwhile.
        parameters : mapping
            In place of those in the job's file.
        force : bool
            Make another attempt although one has succeeded.

        Raises
        ------
        InputError
            A name, date or parameter is wrong; or the key was used for something else.
        SignatureError
            This process cannot sign for the installation.
        """
        if "as_of" in parameters:
            raise InputError("The session is no parameter of a request.", remedy="Pass it as `as_of`.")
        day = None if as_of is None else f"{calendars.to_session(as_of, 'as-of date'):%Y-%m-%d}"
        suffix = secrets.token_hex(6) if key is None else hashlib.sha256(f"{by}\n{key}".encode()).hexdigest()[:16]
        wanted = made(
            Request,
            id=f"{job}-{suffix}",
            job=job,
            as_of=day,
            by=by,
            submitted_at=self._clock(),
            parameters=dict(parameters),
            force=force,
            trace=logs.bound("trace") or new_trace(),
        )
        with self._lock():
            for name in self._store.document_names(_REQUESTS) if key is not None else ():
                if name.endswith(f"-{suffix}") and (known := self._read(name)) is not None:
                    return same(known, wanted, str(key))
            self._save(wanted)
        audit.record("run-requested", user=by, job=job, as_of=day, request=wanted.id)
        return wanted

    def submit_scheduled(self, job: str, scheduled_at: datetime) -> tuple[Request, bool]:
        """Ask for what is due by the clock: exactly once for a job and a time.

        Returns
        -------
        request : Request
        new : bool
            False where it was asked for before.
        """
        identifier = scheduled_id(job, scheduled_at)
        with self._lock():
            try:
                return self.get(identifier), False
            except (NotStoredError, SignatureError):  # what stands there unsigned keeps nobody from the real one
                wanted = made(
                    Request,
                    id=identifier,
                    job=job,
                    by=SCHEDULE,
                    submitted_at=self._clock(),
                    scheduled_at=scheduled_at.astimezone(UTC),
                    trace=new_trace(),
                )
                return self._save(wanted), True

    def submit_following(self, blocked: Request) -> tuple[Request, bool]:
        """Ask again for what the clock asked for and was blocked: exactly once, for the same time and session.

        Returns
        -------
        tuple
            The request, and whether it is new.
        """
        wanted = following(blocked, self._clock())
        with self._lock():
            try:
                return self.get(wanted.id), False
            except (NotStoredError, SignatureError):
                return self._save(wanted), True

    def cancel(self, identifier: str, *, by: str) -> Request:
        """Take a request back; a run under way is ended by the scheduler within seconds.

        Raises
        ------
        NotStoredError
            There is no such request.
        InputError
            It has ended already.
        """

        def change(request: Request) -> dict[str, Any]:
            if request.state.ended:
                raise InputError(
                    f"{identifier} has ended already: {request.state}.", remedy="There is nothing left to cancel."
                )
            if request.state is State.RUNNING:
                return {"cancelled_by": request.cancelled_by or by}
            return {
                "cancelled_by": by,
                "state": State.CANCELLED,
                "ended_at": self._clock(),
                "reason": f"Cancelled by {by}.",
            }

        audit.record("run-cancelled", user=by, request=(changed := self.change(identifier, change)).id)
        return changed

    # -- pausing -------------------------------------------------------------------------------------------------------

    def pause(self, job: str, *, by: str) -> Pause:
        """Let a job's times pass without a run, until it is resumed; what is asked for by people still runs."""
        return self._set_pause(job, by, paused=True)

    def resume(self, job: str, *, by: str) -> Pause:
        """Let a job run at its times again, from now on."""
        return self._set_pause(job, by, paused=False)

    def paused(self) -> dict[str, Pause]:
        """The jobs that are paused, each with who did it and when."""
        found = [self._checked(Pause, name, content) for name, content in self._documents(_PAUSED).items()]
        return {pause.job: pause for pause in found if pause is not None and pause.paused}

    def _set_pause(self, job: str, by: str, *, paused: bool) -> Pause:
        with self._lock():
            current = self.paused().get(job)
            if current and paused:
                return current
            pause = made(Pause, job=job, by=by, at=self._clock(), paused=paused)
            self._store.write_document(_PAUSED + job, self._seal.signed(REQUEST, pause.model_dump(mode="json")))
        audit.record("job-paused" if paused else "job-resumed", user=by, job=job)
        return pause

    # -- reading -------------------------------------------------------------------------------------------------------

    def get(self, identifier: str) -> Request:
        """One request.

        Raises
        ------
        NotStoredError
            There is none of that id.
        SignatureError
            What stands there was not signed by this installation: nobody who may has asked for it.
        """
        try:
            found = self._read(_REQUESTS + identifier)
        except (NotStoredError, InputError):
            raise NotStoredError(
                f"There is no request {identifier!r}.", remedy="`foliohub schedule list` shows the latest."
            ) from None
        if found is None:
            raise SignatureError(
                f"The request {identifier} does not count: {self.refused[_REQUESTS + identifier]}.",
                remedy="Ask for the run again, on the page Operations or with the API; and find out who wrote it.",
            )
        return found

    def list(self, job: str | None = None, *, ended: bool | None = None) -> list[Request]:
        """Requests that are signed, the latest first; of one job, or only those that have ended or not, where asked.

        One instance reads what has ended once, however often it is asked.
        """
        names = self._store.document_names(_REQUESTS)
        unknown = [name for name in names if name not in self._ended]
        if len(unknown) == len(names):
            for name, content in self._documents(_REQUESTS).items():
                self._checked(Request, name, content)
        else:
            for name in unknown:
                with suppress(NotStoredError):  # forgotten just now
                    self._read(name)
        self.refused = {
            name: why for name, why in self.refused.items() if not name.startswith(_REQUESTS) or name in names
        }
        found = [request for name in names if (request := self._ended.get(name) or self._open.get(name)) is not None]
        chosen = [r for r in found if job in (None, r.job) and ended in (None, r.state.ended)]
        return sorted(chosen, key=lambda request: (request.due_at, request.id), reverse=True)

    # -- the scheduler's own -------------------------------------------------------------------------------------------

    def change(self, identifier: str, change: Callable[[Request], Mapping[str, Any]]) -> Request:
        """Change a request as it is stored now, nobody else meanwhile.

        Parameters
        ----------
        identifier : str
        change : callable
            Gets the request, gives the fields to replace.
        """
        with self._lock():
            request = self.get(identifier)
            return self._save(request.model_copy(update=dict(change(request))))

    def prune(self, before: datetime) -> int:
        """Forget what ended before a moment; gives how many.

        What is open stays, and of each job what the clock asked for last: it says how far its times were dealt with.
        """
        seen: set[str] = set()
        gone: list[Request] = []
        for request in self.list():
            if request.scheduled_at and request.job not in seen:
                seen.add(request.job)
            elif request.state.ended and (request.ended_at or request.due_at) < before:
                gone.append(request)
        for request in gone:
            with self._lock():
                self._store.remove_document(_REQUESTS + request.id)
        return len(gone)

    def _save(self, request: Request) -> Request:
        name = _REQUESTS + request.id
        self._store.write_document(name, self._seal.signed(REQUEST, request.model_dump(mode="json")))
        self._note(name, request)
        return request

    def _note(self, name: str, request: Request) -> None:
        self._open.pop(name, None)
        (self._ended if request.state.ended else self._open)[name] = request

    def _read(self, name: str) -> Request | None:
        """A request; None where it is not signed. One that was, when it was read before, still is what it was then."""
        try:
            found = self._checked(Request, name, self._store.read_document(name))
        except NotStoredError:
            if name not in self._open:
                raise
            found = None
        return found or self._open.get(name) or self._ended.get(name)

    def _documents(self, prefix: str) -> dict[str, dict[str, Any]]:
        names, contents = self._store.document_names(prefix), self._store.documents(prefix)
        if len(names) != len(contents):  # one came or went in between
            return {name: content for name in names for content in self._store.documents_of([name])}
        return dict(zip(names, contents, strict=True))

    def _checked(self, kind: type[Model], name: str, document: Mapping[str, Any]) -> Model | None:
        """What a document says, if it is signed and stands under its own name."""
        fault = self._seal.fault(REQUEST, document)
        if not fault and f"{_REQUESTS}{document.get('id')}" != name and f"{_PAUSED}{document.get('job')}" != name:
            fault = "it is another one's"
        if not fault and name in self._ended and not State(document.get("state", "")).ended:
            fault = "it has ended, and this is an earlier state of it"
        if fault:
            if self.refused.get(name) != fault:
                logger.warning("%s does not count: %s", name, fault)
            self.refused[name] = fault
            return None
        self.refused.pop(name, None)
        try:
            found = kind.model_validate(unsigned(document))
        except ValidationError as error:
            raise StoreError(
                f"{name} cannot be read: {error.errors()[0]['msg']}.",
                remedy="It was written by another version of Foliohub; use that one.",
            ) from None
        if isinstance(found, Request):
            self._note(name, found)
        return found

    def _lock(self) -> AbstractContextManager[object]:
        return self._store.lock("schedule/requests", timeout=_PATIENCE)


__all__ = ["Requests"]
