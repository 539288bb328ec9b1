"""A researcher's own server on Kubernetes: a pod of the research image, with a volume as home and no key to sign with.

Image, sizes, profiles and volumes are the chart's values; here stands what makes it a researcher's server.
"""

from __future__ import annotations

from typing import Any

from foliohub.config import Settings
from hub.config.roles import SERVER_TOKEN
from hub.config.settings import HubSettings

# Where things lie in the research image.
_PROJECT = "/srv/foliohub"
_RESEARCHER = f"{_PROJECT}/hub/researcher"
_STATE = "/var/lib/foliohub"
_ACCEPTED_KEYS = "/etc/foliohub/accepted-keys"
_SIGNING_KEY = "/etc/foliohub/signing/signing.pem"  # of no pod of theirs: for a clear message
_USER = 1000

LABELS = {"foliohub/role": "researcher"}
"""By which network policies know these pods, besides JupyterHub's own labels."""


def configure_pods(c: Any, settings: Settings, hub: HubSettings) -> None:
    """Say how servers start as pods; what the chart's values have set of volumes, variables and labels stays.

    Parameters
    ----------
    c : traitlets.config.Config
        As the chart left it.
    settings, hub : Settings, HubSettings
        Read from the environment of the hub's pod.
    """
    spawner = c.KubeSpawner
    spawner.cmd = ["python", "-I", f"{_RESEARCHER}/start.py", "python", "-m", "jupyterhub.singleuser"]
    spawner.default_url = "/lab"
    spawner.server_token_scopes = list(SERVER_TOKEN)
    spawner.http_timeout = 120  # a node that fetched the image a moment ago reads it from its disk
    spawner.environment = environment(settings, hub, spawner.image) | spawner.get("environment", {})
    spawner.extra_labels = spawner.get("extra_labels", {}) | LABELS
    spawner.service_account = f"{hub.release}-researcher"
    spawner.automount_service_account_token = True  # it may start Dask clusters, and nothing else
    spawner.uid = spawner.gid = spawner.fs_gid = _USER
    spawner.allow_privilege_escalation = False
    spawner.pod_security_context = {
        "runAsNonRoot": True,
        "fsGroup": _USER,
        "fsGroupChangePolicy": "OnRootMismatch",  # a large home is not walked through at every start
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spawner.container_security_context = {
        "runAsUser": _USER,
        "runAsGroup": _USER,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    # Kubernetes would tell of its Services in variables, of which ours begin as our settings do.
    spawner.extra_pod_config = spawner.get("extra_pod_config", {}) | {"enableServiceLinks": False}
    volumes, mounts = _volumes(hub)
    spawner.volumes = _added(spawner.get("volumes", {}), volumes)
    spawner.volume_mounts = _added(spawner.get("volume_mounts", {}), mounts)


def environment(settings: Settings, hub: HubSettings, image: str) -> dict[str, Any]:
    """Variables of every researcher's server; the store's address, which holds credentials, by its Secret's name.

    Parameters
    ----------
    settings, hub : Settings, HubSettings
    image : str
        Of the server, which the clusters it starts are made of too.
    """
    return {
        "FOLIOHUB_HOME": _STATE,
        "FOLIOHUB_PROJECT": _PROJECT,
        "FOLIOHUB_STORE": {"valueFrom": {"secretKeyRef": {"name": hub.store_secret, "key": "uri"}}},
        "FOLIOHUB_SIGNING_KEY": _SIGNING_KEY,
        "FOLIOHUB_ACCEPTED_KEYS": _ACCEPTED_KEYS,
        "FOLIOHUB_IMAGE": image,
        "FOLIOHUB_CLUSTERS": "kubernetes",
        "FOLIOHUB_CLUSTER_NAMESPACE": settings.cluster_namespace,
        "FOLIOHUB_CLUSTER_IDLE_SECONDS": str(settings.cluster_idle_seconds),
        "FOLIOHUB_CLUSTER_CPU_REQUEST": settings.cluster_cpu_request,
        "JUPYTER_PATH": f"{_RESEARCHER}/share",
        "JUPYTER_CONFIG_PATH": f"{_RESEARCHER}/lab",
    }


def _volumes(hub: HubSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Volumes and where they are mounted; of the Secret of keys only what its `items` name: never the private key."""
    keys = {"secretName": hub.keys_secret, "items": [{"key": name, "path": name} for name in hub.accepted_keys]}
    volumes = {
        "foliohub-state": {"name": "foliohub-state", "emptyDir": {}},
        "foliohub-tmp": {"name": "foliohub-tmp", "emptyDir": {}},
        "foliohub-accepted-keys": {"name": "foliohub-accepted-keys", "secret": keys},
    }
    mounts = {
        "foliohub-state": {"name": "foliohub-state", "mountPath": _STATE},
        "foliohub-tmp": {"name": "foliohub-tmp", "mountPath": "/tmp"},  # noqa: S108 (the pod's own)
        "foliohub-accepted-keys": {
            "name": "foliohub-accepted-keys",
            "mountPath": _ACCEPTED_KEYS,
            "readOnly": True,
        },
    }
    return volumes, mounts


def _added(given: Any, ours: dict[str, Any]) -> Any:
    """Both of them, in the form the chart has chosen: a list, or a dictionary by name."""
    return [*given, *ours.values()] if isinstance(given, list) else {**given, **ours}
