"""JupyterHub's configuration: typed, tested Python, the same on a laptop and on Kubernetes.

`configure` sets what both share, and on one machine also proxy, database, spawner and services, which on Kubernetes
come from the chart. Differences are settings (`hub.config.settings`), never other code.
"""
