"""The platform as the tests install it: our chart and the hub, with values small enough for two cores."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from hub.config.accounts import Accounts
from tests.cluster.cluster import Cluster, node_address

ROOT = Path(__file__).parents[2]
CHART = ROOT / "hub" / "chart"
PEOPLE = {"rita": "researchers", "ravi": "researchers", "max": "managers", "olga": "operators"}
RELEASE = "foliohub"
TAG = os.environ.get("CLUSTER_TEST_TAG", "dev")
PORT = int(os.environ.get("CLUSTER_TEST_PORT", "30800"))
DEPLOYMENTS = ("hub", "proxy", *(f"{RELEASE}-{part}" for part in ("s3", "api", "dashboards", "scheduler", "operator")))
_SMALL = {"requests": {"cpu": "50m", "memory": "64Mi"}}  # what it takes idle must be little of it, or it never shrinks
_TINY = {"requests": {"cpu": "10m", "memory": "64Mi"}}


def password(name: str) -> str:
    """Of one of the trial's people."""
    return f"{name}-has-a-password"


def trial_values() -> dict[str, Any]:
    """What differs from the chart's own values, so that everything finds room on a small node."""
    image = {"name": "foliohub/research", "tag": TAG}
    return {
        "publicUrl": f"http://{node_address()}:{PORT}",
        "image": image,
        "api": {"resources": _SMALL, "autoscaling": {"calmSeconds": 15, "most": 3}},
        "dashboards": {
            "settings": {"FOLIOHUB_DASHBOARDS_POOL": "1"},
            "resources": _TINY,
            "autoscaling": {"enabled": False},
        },
        "scheduler": {"resources": _TINY},
        "quotes": {"resources": _TINY},
        "jobs": {"requests": {"cpu": "10m", "memory": "64Mi"}, "suspend": True},
        "dask": {"cpuRequest": "20m", "operator": {"resources": _TINY}, "idleSeconds": 60, "quota": {"pods": "6"}},
        "s3": {"enabled": True, "image": {"name": "foliohub/s3", "tag": TAG}, "resources": _TINY, "storage": "2Gi"},
        "jupyterhub": {
            "enabled": False,
            "hub": {
                "image": {"name": "foliohub/hub", "tag": TAG},
                "extraEnv": {
                    "FOLIOHUB_CLUSTER_CPU_REQUEST": "20m",
                    "FOLIOHUB_CLUSTER_IDLE_SECONDS": "60",
                },
                "resources": {**_TINY, "limits": {"memory": "1Gi"}},
            },
            "proxy": {"chp": {"resources": _TINY}},
            "singleuser": {
                "image": image,
                "cpu": {"guarantee": 0.01, "limit": 2},
                "memory": {"guarantee": "64M", "limit": "3G"},
                "storage": {"capacity": "1Gi"},
                "profileList": [],
            },
        },
    }


@dataclass
class Trial:
    """One installation.

    Parameters
    ----------
    cluster : Cluster
        The namespace it is made in.
    """

    cluster: Cluster
    values: dict[str, Any] = field(default_factory=trial_values)

    def __post_init__(self) -> None:
        """Let whoever watches read figures."""
        self.values["network"] = {"monitoringNamespaces": [self.monitoring_namespace]}

    @property
    def url(self) -> str:
        """What people type, without a slash at the end."""
        return str(self.values["publicUrl"])

    @property
    def dask_namespace(self) -> str:
        """Where Dask's pods run."""
        return f"{self.cluster.namespace}-dask"

    @property
    def monitoring_namespace(self) -> str:
        """Whose pods may read figures."""
        return f"{self.cluster.namespace}-monitoring"

    def prepare(self) -> None:
        """Make the namespace, and the Secrets that whoever installs the platform makes."""
        name = self.cluster.namespace
        self.cluster.apply(namespace(name))
        if "foliohub-signing" in self.cluster.kubectl("get", "secrets", "--output=name"):
            return  # what was stored is signed with that key
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        access, secret = secrets.token_hex(8), secrets.token_hex(16)
        query = f"port=8333&region=us-east-1&access={access}&secret={secret}"
        store = f"s3://{RELEASE}-s3.{name}.svc.cluster.local:foliohub?{query}"
        self.cluster.secret("foliohub-signing", signing__pem=private, accepted__pem=public)
        self.cluster.secret("foliohub-s3", access=access, secret=secret)
        self.cluster.secret("foliohub-store", uri=store)
        with tempfile.TemporaryDirectory() as folder:
            accounts = Accounts(Path(folder) / "people.json")
            for person, group in PEOPLE.items():
                accounts.add(person, [group], password(person))
            people = (Path(folder) / "people.json").read_text()
        self.cluster.secret("foliohub-people", people__json=people)
        keys = {name: secrets.token_hex(32) for name in ("cookieSecret", "cryptKey", "proxyToken")}
        self.cluster.secret("trial-keys", keys=json.dumps(keys))

    def is_installed(self) -> bool:
        """Whether it was left there by tests before."""
        return RELEASE in self.cluster.helm("list", "--short").split()

    def install_hub(self) -> None:
        """Install JupyterHub and its proxy, as our chart's values say."""
        section = merged(yaml.safe_load((CHART / "values.yaml").read_text())["jupyterhub"], self.values["jupyterhub"])
        keys = self.cluster.kubectl("get", "secret", "trial-keys", "--output=go-template={{.data.keys | base64decode}}")
        proxy = {"nodePort": PORT, "image": f"foliohub/proxy:{TAG}"}
        values = merged(section, {"release": RELEASE, "proxy": proxy, **json.loads(keys)})
        self._helm("hub", ROOT / "tests" / "cluster" / "hub", values)

    def install(self, *arguments: str) -> None:
        """Install our chart, or bring it up to date."""
        with tempfile.TemporaryDirectory() as folder:
            self._helm(RELEASE, without_hub(Path(folder)), self.values, *arguments)

    def up(self, seconds: float = 240) -> None:
        """Wait until everything is ready."""
        self.cluster.rolled_out(*DEPLOYMENTS, seconds=seconds)

    def remove(self) -> None:
        """Take everything away, volumes too."""
        for release in (RELEASE, "hub"):
            self.cluster.helm("uninstall", release, "--wait", "--ignore-not-found")
        names = ["namespace", self.cluster.namespace, self.dask_namespace]
        self.cluster.kubectl("delete", *names, "--ignore-not-found", "--timeout=120s")

    def _helm(self, release: str, chart: Path, values: dict[str, Any], *arguments: str) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(values, file)
            file.flush()
            self.cluster.helm("upgrade", "--install", release, str(chart), f"--values={file.name}", *arguments)


def namespace(name: str) -> dict[str, Any]:
    """A namespace with the security standard that Kubernetes calls restricted."""
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": restricted}}


def without_hub(folder: Path) -> Path:
    """Copy our chart without the hub's, which Helm would miss even where it is switched off."""
    copy = folder / "foliohub"
    shutil.copytree(CHART, copy)
    described = yaml.safe_load((CHART / "Chart.yaml").read_text())
    del described["dependencies"]
    (copy / "Chart.yaml").write_text(yaml.safe_dump(described))
    return copy


def merged(values: Any, changes: Any) -> Any:
    """Values with changes laid over them, as Helm does it."""
    if not (isinstance(values, dict) and isinstance(changes, dict)):
        return changes
    return {**values, **{key: merged(values.get(key), change) for key, change in changes.items()}}
