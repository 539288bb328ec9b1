"""What the dashboards service is told by its environment, besides Foliohub's own settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from hub.service_settings import Listen, Prefix, ServiceSettings


class DashboardSettings(ServiceSettings):
    """How dashboards are served.

    Attributes
    ----------
    prefix : str
        Path below which everything lies, as the hub names it; begins and ends with a slash.
    listen : str
        URL to listen on.
    reports : Path or None
        Folder with the notebooks; `reports/` of the project by default.
    pool : int
        Pages of each dashboard kept ready.
    seats : int
        Pages that may hold a kernel at once, besides those kept ready.
    starts : int
        Pages drawn at once; more wait their turn, so that each one started is soon done.
    queue : int
        Viewers who may wait for their turn; more are asked to come back.
    idle_seconds : float
        After so long without a control moved, a page's kernel ends.
    leave_seconds : float
        After so long without its page, a kernel ends: time to reconnect after a break of the network.
    page_seconds : float
        A page not done after so long is given up.
    replica : str
        Address at which other replicas of this service reach this one, as "10.1.2.3:8080"; empty where there are none.
    peers : str
        Where all replicas are: "HOST:PORT", with commas between; a name may stand for many addresses.
    drain_seconds : float
        Told to end, it says that it is not ready, and serves as before for so long: until nobody sends requests here.
    finish_seconds : float
        Then pages under way may take so long to be finished.
    """

    model_config = SettingsConfigDict(env_prefix="FOLIOHUB_DASHBOARDS_")

    prefix: Prefix = "/services/dashboards/"
    listen: Listen = "http://127.0.0.1:18300"
    reports: Path | None = None
    pool: int = Field(default=2, ge=0)
    seats: int = Field(default=40, ge=1)
    starts: int = Field(default=4, ge=1)
    queue: int = Field(default=100, ge=1)
    idle_seconds: float = Field(default=1800, gt=0)
    leave_seconds: float = Field(default=20, gt=0)
    page_seconds: float = Field(default=120, gt=0)
    replica: str = ""
    peers: str = ""
    drain_seconds: float = Field(default=0, ge=0)
    finish_seconds: float = Field(default=3, ge=0)
