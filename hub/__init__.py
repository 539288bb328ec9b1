"""The hub: JupyterHub's configuration, the supervisor of its processes, and the services behind its doors."""
