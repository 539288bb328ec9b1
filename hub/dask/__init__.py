"""Dask on Kubernetes beside its operator: what the operator leaves lying, and taking all of it away."""
