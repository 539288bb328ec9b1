"""A cluster as the tests see it: kubectl and helm in one namespace, and waiting for what takes time."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class StillWaitingError(AssertionError):
    """What was waited for did not come."""


@dataclass(frozen=True)
class Cluster:
    """One namespace of the cluster that ``KUBECONFIG`` names.

    Parameters
    ----------
    namespace : str
        Where everything of the tests lies.
    """

    namespace: str

    def kubectl(self, *arguments: str, stdin: str = "", check: bool = True, timeout: float = 300) -> str:
        """What kubectl answers."""
        return _run(["kubectl", "--namespace", self.namespace, *arguments], stdin, check, timeout)

    def helm(self, *arguments: str, timeout: float = 600) -> str:
        """What helm answers."""
        return _run(["helm", "--namespace", self.namespace, *arguments], "", check=True, timeout=timeout)

    def get(self, *what: str) -> Any:
        """An object, or ``items`` of several."""
        return json.loads(self.kubectl("get", *what, "--output=json"))

    def apply(self, *objects: dict[str, Any]) -> None:
        """Make objects, or change them."""
        wrapped = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--filename=-", stdin=json.dumps(wrapped))

    def secret(self, name: str, **texts: str) -> None:
        """Make a Secret."""
        data = {key.replace("__", "."): text for key, text in texts.items()}
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})

    def pods(self, selector: str, namespace: str = "") -> list[dict[str, Any]]:
        """Pods that are not ending."""
        found = Cluster(namespace or self.namespace).get("pods", f"--selector={selector}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def rolled_out(self, *names: str, seconds: float = 300) -> None:
        """Wait until Deployments run what they say."""
        for name in names:
            self.kubectl("rollout", "status", f"deployment/{name}", f"--timeout={seconds:.0f}s", timeout=seconds + 10)

    def execute(self, pod: str, *command: str, timeout: float = 120) -> str:
        """Run a program in a pod."""
        return self.kubectl("exec", pod, "--", *command, timeout=timeout)

    def kill(self, selector: str, namespace: str = "") -> set[str]:
        """End pods at once, without a farewell; their uids."""
        found = [pod["metadata"] for pod in self.pods(selector, namespace)]
        assert found, f"no pod is {selector}"
        names = [str(metadata["name"]) for metadata in found]
        Cluster(namespace or self.namespace).kubectl(
            "delete", "pod", *names, "--grace-period=0", "--force", "--wait=false"
        )
        return {str(metadata["uid"]) for metadata in found}

    def replaced(self, selector: str, killed: set[str], seconds: float = 240) -> None:
        """Wait until pods are gone and others in their place are ready: a Deployment may still tell of those before."""

        def others() -> bool:
            found = self.get("pods", f"--selector={selector}")["items"]
            staying = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
            gone = killed.isdisjoint(pod["metadata"]["uid"] for pod in found)
            return gone and bool(staying) and all(map(_is_ready, staying))

        eventually(others, seconds=seconds, saying=f"others for {selector}")


def eventually(
    what: Callable[[], Answer], *, seconds: float = 60, every: float = 0.5, saying: str = "", forgiving: bool = True
) -> Answer:
    """Ask again and again until the answer is true, and give it back.

    Parameters
    ----------
    what : callable
        What to ask.
    seconds, every : float
        How long, and how often.
    saying : str
        What is waited for, for the message.
    forgiving : bool
        Whether an error of asking counts as "not yet".

    Raises
    ------
    StillWaitingError
        Names the last answer or error.
    """
    end, last = time.monotonic() + seconds, "nothing"
    while True:
        try:
            answer = what()
            if answer:
                return answer
            last = repr(answer)
        except Exception as error:
            if not forgiving:
                raise
            last = f"{type(error).__name__}: {error}"
        if time.monotonic() > end:
            raise StillWaitingError(f"{saying or 'it'} did not come in {seconds:.0f} s; last: {last[:2000]}")
        time.sleep(every)


def node_address() -> str:
    """Where node ports answer."""
    if "CLUSTER_NODE" in os.environ:
        return os.environ["CLUSTER_NODE"]
    path = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}'
    return _run(["kubectl", "get", "nodes", f"--output=jsonpath={path}"], "", check=True, timeout=30)


def kubeconfig() -> Path | None:
    """The cluster's file, if one is named and there."""
    named = os.environ.get("KUBECONFIG", "")
    return Path(named) if named and Path(named).is_file() else None


def _is_ready(pod: dict[str, Any]) -> bool:
    return any(said["type"] == "Ready" and said["status"] == "True" for said in pod["status"].get("conditions", []))


def _run(command: list[str], stdin: str, check: bool, timeout: float) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout
