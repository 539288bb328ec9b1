"""Job files: one YAML per scheduled run, read strictly."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from foliohub.config import SECRET_VARIABLES
from foliohub.data.strict_yaml import first_complaint, read_yaml
from foliohub.errors import ConfigurationError, FoliohubError
from foliohub.runs.parameters import check_parameters, declared_parameters, read_notebook

ALLOWANCE_SECONDS = 30
"""What a try may take beyond its notebook's time, which is measured inside: to start and to write."""
PATIENCE_SECONDS = 14_400
"""How long a scheduled time waits for the jobs it comes after, where these run elsewhere."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Strict):
    """When a job is due.

    Attributes
    ----------
    cron : str
        Five fields as in Debian's cron (day of week: 0 or 7 is Sunday).
    time_zone : str
        IANA name; clock changes are those of this zone.
    """

    cron: str
    time_zone: str = "America/New_York"

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, text: str) -> str:
        from cronsim import CronSim, CronSimError

        try:
            CronSim(text, datetime(2024, 1, 1))
            if len(text.split()) != 5:  # cronsim takes a sixth, for seconds; Kubernetes and Debian do not
                raise CronSimError("Wrong number of fields")
        except CronSimError as error:
            raise ValueError(
                f"{text!r} is no cron expression ({error}); write five fields, as '30 18 * * 1-5'"
            ) from error
        return text

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is no time zone; write it as 'America/New_York'") from error
        return name

    def next_after(self, moment: datetime) -> datetime:
        """The first time this is due after `moment` (aware); cron's meaning of clock changes, each run once."""
        from cronsim import CronSim

        # In an hour that comes twice cronsim starts at its first occurrence, which may lie before `moment`.
        after = moment.astimezone(UTC)
        times = CronSim(self.cron, moment.astimezone(ZoneInfo(self.time_zone)))
        return next(due for due in times if due.astimezone(UTC) > after)


class Retries(_Strict):
    """How often a run that failed for a passing reason is tried again.

    Attributes
    ----------
    attempts : int
        Further tries after the first.
    wait_seconds : float
        Before the first further try; doubled before each next.
    """

    attempts: Annotated[int, Field(ge=0, le=10)] = 0
    wait_seconds: Annotated[float, Field(gt=0, le=3600)] = 30


class Resources(_Strict):
    """What a run needs, in Kubernetes' notation; a laptop takes note and goes on.

    Attributes
    ----------
    cpu : str
        Cores, as "1" or "500m".
    memory : str
        As "2Gi".
    """

    cpu: Annotated[str, Field(pattern=r"^\d+(\.\d+)?m?$")] = "1"
    memory: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$")] = "2Gi"


class JobSpec(_Strict):
    """One job: a notebook, its parameters and when it is due.

    Attributes
    ----------
    name : str
        As the file is called, without its ending.
    title : str
        For people.
    notebook : str
        File name in `notebooks/`.
    parameters : dict
        Must exist in the notebook's `parameters` cell and have their types.
    schedule : Schedule
    cycle : {"nightly", "weekly"}
        Which cycle it belongs to.
    after : tuple of str
        Jobs that must have succeeded for the same date.
    follows : tuple of str
        Jobs that come first where both are run in one cycle, and are not waited for otherwise: what they publish is
        used as soon as it is there, as a network that is trained once a week.
    timeout_seconds : int
        For the whole run, not for a cell.
    retries : Retries
    resources : Resources
    proposes : bool
        Whether its run may end in a proposal. Who asks for it needs the right to propose, besides that to start runs.
    secrets : tuple of str
        Environment variables with secrets that the notebook's process may see; it sees no others.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    title: str
    notebook: Annotated[str, Field(pattern=r"^[\w-]+\.ipynb$")]
    parameters: dict[str, Any] = {}
    schedule: Schedule
    cycle: Literal["nightly", "weekly"]
    after: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    timeout_seconds: Annotated[int, Field(ge=1, le=86_400)] = 1800
    retries: Retries = Retries()
    resources: Resources = Resources()
    proposes: bool = False
    secrets: tuple[str, ...] = ()

    @property
    def deadline_seconds(self) -> int:
        """After how long a scheduled time is given up in a cluster: every try, the waits between, and those before."""
        retries = self.retries
        waits = math.ceil(retries.wait_seconds) * ((1 << retries.attempts) - 1)
        return (retries.attempts + 1) * (self.timeout_seconds + ALLOWANCE_SECONDS) + waits + PATIENCE_SECONDS

    @field_validator("secrets")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if name not in SECRET_VARIABLES]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no secret Foliohub knows; known are {', '.join(SECRET_VARIABLES)}")
        return names


def load_jobs(jobs: Path, notebooks: Path) -> dict[str, JobSpec]:
    """Read and check every job file; each must be right for any to run.

    Returns
    -------
    dict
        Job name -> spec, in an order in which every job follows those it depends on.

    Raises
    ------
    ConfigurationError
        Names the file, the key and the value that is wrong.
    """
    files = sorted(jobs.glob("*.y*ml")) if jobs.is_dir() else []
    if not files:
        raise ConfigurationError(
            f"There are no job files in {jobs}.", remedy="Run this inside a Foliohub project, or set FOLIOHUB_PROJECT."
        )
    specs = {path.stem: load_job(path, notebooks) for path in files}
    return {name: specs[name] for name in _in_order(specs)}


def load_job(path: Path, notebooks: Path) -> JobSpec:
    """Read and check one job file, its parameters against its notebook included."""
    content = read_yaml(path)
    try:
        spec = JobSpec.model_validate(content)
    except ValidationError as error:
        key, reason, received = first_complaint(error)
        if error.errors()[0]["type"] == "extra_forbidden":
            reason = f"there is no such key; known are {', '.join(JobSpec.model_fields)}"
        raise ConfigurationError(f"{path.name}, {key}: {reason}{received}.") from None
    if spec.name != path.stem:
        raise ConfigurationError(f"{path.name} names its job {spec.name!r}.", remedy=f"Call it {path.stem!r}.")
    declared = declared_parameters(read_notebook(notebooks / spec.notebook), spec.notebook)
    try:
        check_parameters(spec.parameters, declared, spec.notebook)
    except FoliohubError as error:
        raise ConfigurationError(f"{path.name}: {error.message}", remedy=error.remedy) from None
    return spec


def _in_order(specs: dict[str, JobSpec]) -> list[str]:
    from graphlib import CycleError, TopologicalSorter

    for name, spec in specs.items():
        for other in (*spec.after, *spec.follows):
            if other not in specs:
                raise ConfigurationError(
                    f"{name}.yaml comes after {other!r}, which does not exist.", remedy=f"Known are {', '.join(specs)}."
                )
    before = {name: sorted({*spec.after, *spec.follows}) for name, spec in specs.items()}
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError as error:
        raise ConfigurationError(f"Jobs wait for each other: {' -> '.join(error.args[1])}.") from None
