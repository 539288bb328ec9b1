"""The pages there are."""

from __future__ import annotations

from hub.monitoring.grafana.jobs_page import JOBS
from hub.monitoring.grafana.models_page import MODELS
from hub.monitoring.grafana.platform_page import PLATFORM
from hub.monitoring.grafana.users_page import USERS

PAGES = (PLATFORM, JOBS, MODELS, USERS)

__all__ = ["PAGES"]
