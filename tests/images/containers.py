"""Running an image as the platform does: nobody special, no rights, a file system that cannot be written.

In docker or podman where one of them works, else as a pod of the cluster that ``KUBECONFIG`` names.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from images.builders import choose

WRITABLE = ("/tmp", "/var/lib/foliohub")
_SECURE = {"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def said(words: list[str], **options: Any) -> str:
    """Run a command that must succeed, and give what it says."""
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Container:
    """One that runs and does nothing until asked.

    Parameters
    ----------
    prefix : list of str
        Words before a command to be run in it.
    """

    def __init__(self, prefix: list[str]) -> None:
        self._prefix = prefix

    def run(self, *words: str) -> str:
        """Run a command that must succeed, and give what it says."""
        return said([*self._prefix, *words])

    def fails(self, *words: str) -> bool:
        """Whether a command fails."""
        return subprocess.run([*self._prefix, *words], check=False, capture_output=True, timeout=60).returncode != 0


@contextmanager
def container(image: str) -> Iterator[Container]:
    """One container of an image, for the length of the block."""
    engine = next((engine for engine in ("docker", "podman") if choose(engine)), None)
    name = f"image-test-{uuid4().hex[:8]}"
    if engine is None:
        with _pod(image, name) as running:
            yield running
        return
    mounts = [word for path in WRITABLE for word in ("--tmpfs", f"{path}:mode=1777")]
    rights = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none", "--read-only"]
    said([engine, "run", "--detach", "--name", name, *rights, *mounts, image, "sleep", "3600"])
    try:
        yield Container([engine, "exec", name])
    finally:
        said([engine, "rm", "--force", name])


@contextmanager
def _pod(image: str, name: str) -> Iterator[Container]:
    """A pod, in a namespace of its own where only restricted ones are let in."""
    mounts = [{"name": path.strip("/").replace("/", "-"), "mountPath": path} for path in WRITABLE]
    box = {"name": "box", "image": image, "imagePullPolicy": "Always", "command": ["sleep", "3600"]}
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "fsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [box | {"securityContext": _SECURE, "volumeMounts": mounts}],
        "volumes": [{"name": mount["name"], "emptyDir": {}} for mount in mounts],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    kubectl = ["kubectl", "--namespace", name]
    said(["kubectl", "create", "namespace", name])
    try:
        enforced = "pod-security.kubernetes.io/enforce=restricted"
        said(["kubectl", "label", "namespace", name, enforced])
        for _ in range(50):  # the namespace's account is made by another program, a moment later
            if (
                subprocess.run(
                    [*kubectl, "get", "serviceaccount", "default"], check=False, capture_output=True
                ).returncode
                == 0
            ):
                break
            time.sleep(0.2)
        said([*kubectl, "apply", "--filename", "-"], input=json.dumps(pod))
        said([*kubectl, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=500s"])
        yield Container([*kubectl, "exec", name, "--"])
    finally:
        said(["kubectl", "delete", "namespace", name, "--wait=false"])


def can_run() -> bool:
    """Whether anything here runs images."""
    return bool(choose("docker") or choose("podman") or os.environ.get("KUBECONFIG"))


def described(image: str) -> dict[str, Any]:
    """What an image says of itself: labels, variables, user, size; empty where it is not here."""
    builder = choose()
    if builder is None:
        return {}
    words = {"buildah": ["buildah", "inspect", "--type", "image"]}.get(builder, [builder, "image", "inspect"])
    done = subprocess.run([*words, image], check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        return {}
    found = json.loads(done.stdout)
    if builder == "buildah":
        listed = json.loads(said(["buildah", "images", "--json", image]))[0]
        number, unit = listed["size"].split()  # buildah tells people, not programs
        size = float(number) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[unit.upper()]
        return found["OCIv1"]["config"] | {"Size": size, "History": found["OCIv1"]["history"]}
    history = said([builder, "history", "--no-trunc", image])
    return found[0]["Config"] | {"Size": found[0]["Size"], "History": history}
