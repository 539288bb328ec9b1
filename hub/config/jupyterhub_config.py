"""What ``jupyterhub --config`` reads: everything is in `hub.config.hub`."""

from hub.config.hub import configure

configure(get_config())  # type: ignore[name-defined]  # noqa: F821 (JupyterHub puts it here)
