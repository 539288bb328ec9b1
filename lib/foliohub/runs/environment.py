"""What a notebook's process finds in its environment, and what it does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from foliohub.config import SECRET_VARIABLES

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.runs.spec import JobSpec


def kernel_environment(settings: Settings, job: JobSpec) -> dict[str, str]:
    """The environment of a notebook's process: this one's, without secrets but those the job names.

    Hashing is seeded, so that nothing depends on the order of a set; BLAS keeps to the cores the job may use.
    """
    environment = {key: value for key, value in os.environ.items() if key not in SECRET_VARIABLES or key in job.secrets}
    return environment | {
        # Also where it is nobody: whoever started this process need not be who asked for the run.
        "FOLIOHUB_STARTED_BY": settings.started_by or "",
        "FOLIOHUB_PROJECT": str(settings.project),
        "FOLIOHUB_HOME": str(settings.home),
        "FOLIOHUB_STORE": settings.store,
        # Also of a run that is executed again in a scratch home: what it reads was signed here.
        "FOLIOHUB_SIGNING_KEY": str(settings.signing_key),
        "FOLIOHUB_ACCEPTED_KEYS": str(settings.accepted_keys),
        "FOLIOHUB_TRACE": settings.trace or "",
        "FOLIOHUB_PROPOSES": str(job.proposes),
        "PYTHONHASHSEED": "0",
        # Figures as data, not each with a copy of the library that draws them.
        "PLOTLY_RENDERER": "plotly_mimetype",
        # The kernel's frozen modules make its debugger complain on the error stream at every start.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
