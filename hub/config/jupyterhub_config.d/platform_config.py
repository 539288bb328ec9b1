"""What the chart's own configuration reads last: everything is in `hub.config.hub`.

The hub image has it in ``/usr/local/etc/jupyterhub/jupyterhub_config.d/``; `c` holds what the chart's values say.
"""

from hub.config.hub import configure

configure(c)  # type: ignore[name-defined]  # noqa: F821 (the chart's configuration executes this in its own names)
