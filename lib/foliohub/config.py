"""Settings: the only reader of the environment.

Every setting is an environment variable with the prefix ``FOLIOHUB_`` (vendors' keys keep the name their vendor gives
them). The science takes arguments, never settings; only the command line, the runs and the services read this.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from foliohub.data.addresses import Address
from foliohub.errors import ConfigurationError, StoreError

SECRET_VARIABLES = ("ALPHAVANTAGE_API_KEY", "FOLIOHUB_ALERT_SMTP", "FOLIOHUB_ALERT_WEBHOOK")
"""Environment variables that hold secrets: a job gets only those its file names."""


class Settings(BaseSettings):
    """How this installation is set up.

    Attributes
    ----------
    project : Path
        Folder with `notebooks/`, `jobs/` and the lock file.
    home : Path
        Folder for everything that changes: store, locks, runs, logs.
    store : str
        ArcticDB URI; by default an LMDB database under `home`. May hold credentials: never print it.
    minimum_universe : float
        Smallest fraction of a universe that must survive cleaning for a cycle to go on.
    universes : Path or None
        Folder with universe files of your own.
    portfolios : Path or None
        Folder with portfolio files of your own.
    signing_key : Path
        File of the private key this installation signs with; by default under `home`, made when first needed.
    accepted_keys : Path
        Folder of the public keys whose signatures count; by default under `home`.
    started_by : str or None
        User on whose behalf runs are started: the author of what they propose. On the hub, who is logged in.
    image : str
        Name of the container image this runs in, for the run records.
    yahoo_url : str or None
        Another address for Yahoo's service: a proxy, or a test's server.
    alpha_vantage_url : str or None
        Another address for Alpha Vantage's service.
    alpha_vantage_key : SecretStr or None
        From ``ALPHAVANTAGE_API_KEY``.
    yahoo_stream_url : str or None
        Another address for Yahoo's stream of quotes: a gateway, or a test's server. May hold a key: never print it.
    quotes_universes : str
        Universes whose live quotes are followed, with commas between; where empty, those that have prices stored.
    quotes_stale_after : float
        Seconds of trading after which a quote is stale.
    quotes_store_every : float
        Seconds between two writings of minute bars to the store.
    catch_up : int
        How many of a job's times that passed while the machine was off or asleep are made up for, the newest.
    scheduler_clock : {"own", "cluster"}
        Who starts jobs at their times: the scheduler itself, or a cluster's CronJobs, which it then only watches.
    kubernetes_job : str
        Name of the Kubernetes Job this runs for, which ends in the time it was scheduled for.
    alert_webhook : SecretStr or None
        Address that alerts are posted to, as JSON. Often a secret in itself: never print it.
    alert_smtp : SecretStr or None
        Server that alerts are mailed through: ``smtp://user:password@host:587`` (with STARTTLS) or ``smtps://…``.
    alert_from : str
        Sender of these mails.
    alert_to : str
        Their recipients, with commas between.
    alert_late_minutes : float
        A job that has not begun so long after its time is late.
    keep_days : int
        Days that requests are kept once they have ended, and alerts once they were sent.
    clusters : {"local", "kubernetes"}
        Where `foliohub.cluster` starts its workers: as processes of this machine, or as pods of the image.
    cluster_namespace : str
        Namespace of these pods; where empty, the one this runs in.
    cluster_cpu_request : str
        What a pod of a cluster is promised of a core, in Kubernetes' notation; it may use one where there is one.
    cluster_idle_seconds : float
        A cluster without work for so long ends by itself.
    jupyter_prefix : str
        From ``JUPYTERHUB_SERVICE_PREFIX``: path below which the hub shows what runs beside a notebook.
    log : {"files", "stdout"}
        Where logs go: to files under `home`, or, as in a container, all to standard output.
    trace : str or None
        Id of what led to this process, which all of its log lines bear (see `foliohub.tracing`).
    request : str or None
        Set for a run by the scheduler: the id of the request it answers.
    proposes : bool
        Set for a notebook by the run that executes it: whether its job's file says that it may propose.
    run_id, lineage, pins : str, Path, Path or None
        Set for a notebook by the run that executes it: its id, the file to tell what it reads and writes, and, where a
        run is being reproduced, the versions to read.
    """

    model_config = SettingsConfigDict(env_prefix="FOLIOHUB_", extra="ignore", frozen=True, hide_input_in_errors=True)

    project: Path = Field(default_factory=lambda: find_project(Path.cwd()))
    home: Path = Path()
    store: str = ""
    minimum_universe: float = Field(default=0.8, gt=0, le=1)
    universes: Path | None = None
    portfolios: Path | None = None
    signing_key: Path = Path()
    accepted_keys: Path = Path()
    started_by: str | None = Field(
        default=None, validation_alias=AliasChoices("FOLIOHUB_STARTED_BY", "JUPYTERHUB_USER")
    )
    image: str = "local"
    yahoo_url: str | None = None
    alpha_vantage_url: str | None = None
    alpha_vantage_key: SecretStr | None = Field(default=None, validation_alias="ALPHAVANTAGE_API_KEY")
    yahoo_stream_url: str | None = None
    quotes_universes: str = ""
    quotes_stale_after: float = Field(default=120, gt=0)
    quotes_store_every: float = Field(default=300, ge=1)
    catch_up: int = Field(default=3, ge=0, le=100)
    scheduler_clock: Literal["own", "cluster"] = "own"
    kubernetes_job: str = ""
    alert_webhook: SecretStr | None = None
    alert_smtp: SecretStr | None = None
    alert_from: str = "foliohub@localhost"
    alert_to: str = ""
    alert_late_minutes: float = Field(default=15, gt=0)
    keep_days: int = Field(default=90, ge=14)
    clusters: Literal["local", "kubernetes"] = "local"
    cluster_namespace: str = ""
    cluster_cpu_request: str = Field(default="1", pattern=r"^\d+(\.\d+)?m?$")
    cluster_idle_seconds: float = Field(default=900, ge=1)
    jupyter_prefix: str = Field(default="", validation_alias="JUPYTERHUB_SERVICE_PREFIX")
    log: Literal["files", "stdout"] = "files"
    trace: str | None = Field(default=None, pattern=r"^([0-9a-f]{32})?$")
    request: str | None = None
    proposes: bool = False
    run_id: str | None = None
    lineage: Path | None = None
    pins: Path | None = None

    @field_validator("project", "home", "signing_key", "accepted_keys", mode="after")
    @classmethod
    def _expand(cls, folder: Path) -> Path:
        try:
            return folder.expanduser()
        except RuntimeError:
            raise ValueError(f"nobody here has the home folder {folder.parts[0]}") from None

    @field_validator("universes", "portfolios", "pins", mode="after")
    @classmethod
    def _exists(cls, path: Path | None) -> Path | None:
        if path is not None and not path.exists():
            raise ValueError(f"there is no {path}")
        return path

    @field_validator("yahoo_stream_url", mode="after")
    @classmethod
    def _is_stream(cls, address: str | None) -> str | None:
        if address and not address.startswith(("ws://", "wss://")):
            raise ValueError("it does not start with ws:// or wss://")
        return address or None

    @field_validator("alert_webhook", "alert_smtp", mode="after")
    @classmethod
    def _is_address(cls, address: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if address is None or not address.get_secret_value():
            return None
        schemes = ("http", "https") if info.field_name == "alert_webhook" else ("smtp", "smtps")
        try:
            parts = urlsplit(address.get_secret_value())
            fine = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:  # its message would repeat the address
            fine = False
        if not fine:
            raise ValueError(f"it is no address like {schemes[-1]}://host")
        return address

    @model_validator(mode="after")
    def _derive(self) -> Self:
        # The model is frozen for everybody else; defaults that depend on other settings are filled in once, here.
        home = self.home if self.home != Path() else self.project / ".foliohub"
        object.__setattr__(self, "home", home.resolve())
        object.__setattr__(self, "project", self.project.resolve())
        if not self.store:
            object.__setattr__(self, "store", f"lmdb://{self.home / 'store'}")
        for name, place in (("signing_key", "keys/signing.pem"), ("accepted_keys", "accepted-keys")):
            given: Path = getattr(self, name)
            object.__setattr__(self, name, (self.home / place if given == Path() else given).absolute())
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values to keep out of every record, notebook and log: vendors' keys, those in the addresses of the rest."""
        keys = [key.get_secret_value() for key in (self.alpha_vantage_key, self.alert_webhook, self.alert_smtp) if key]
        if self.alert_webhook and len(path := urlsplit(self.alert_webhook.get_secret_value()).path) >= 8:
            keys.append(path)
        if self.alert_smtp and (password := urlsplit(self.alert_smtp.get_secret_value()).password):
            keys.append(password)
        try:
            keys += Address.parse(self.store).secrets
        except StoreError:  # no store has this address; whoever opens it says so, and whatever it holds stays hidden
            keys.append(self.store.partition("?")[2])
        forms = {form for key in keys for form in (key, unquote(key)) if form}
        return tuple(sorted(forms, key=lambda form: (-len(form), form)))

    @property
    def jobs(self) -> Path:
        """Folder of the job files."""
        return self.project / "jobs"

    @property
    def notebooks(self) -> Path:
        """Folder of the notebooks that jobs run."""
        return self.project / "notebooks"

    @property
    def runs(self) -> Path:
        """Folder for what runs leave behind: executed notebooks, reports, lineage."""
        return self.home / "runs"

    @property
    def locks(self) -> Path:
        """Folder of lock files shared by all processes on this machine."""
        return self.home / "locks"


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    ConfigurationError
        Names the variable that is wrong, and why; never its value, which might be secret.
    """
    try:
        return Settings()
    except FileNotFoundError:
        raise ConfigurationError(
            "The folder this was started in is gone.", remedy="Change to one that exists, and try again."
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        name = "FOLIOHUB_" + str(first["loc"][0]).upper() if first["loc"] else "the environment"
        reason = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(
            f"Setting {name} is wrong: {reason[:1].lower()}{reason[1:]}.", remedy="Correct or unset it."
        ) from None


def find_project(start: Path) -> Path:
    """The folder with `jobs/` and `notebooks/`: at or above `start`, or where the package is developed.

    Falls back to `start`, where whatever needs a project says what it misses.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (start, *start.parents, package):
        if (folder / "jobs").is_dir() and (folder / "notebooks").is_dir():
            return folder
    return start
