"""Bring a version to an installation, and take it back by itself if it does not work there: ``make deploy``.

Helm waits until everything is ready and goes back if it does not become so. What is ready may still not work for
people: then this asks the pages they use, through the door they use, and goes back to the revision before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias
from urllib.request import urlopen

import yaml

from foliohub.errors import ConfigurationError, FoliohubError

PROJECT = Path(__file__).resolve().parents[2]
PAGES = ("hub/health", "services/api/health", "services/dashboards/health")
"""What must answer below the platform's address, for anybody, without logging in."""

Run: TypeAlias = Callable[[list[str]], str]
Ask: TypeAlias = Callable[[str], int]


@dataclass(frozen=True)
class Target:
    """Where to, and what.

    Parameters
    ----------
    environment : str
        Of `hub/values`.
    tag : str
        Of the images.
    prefix : str
        What stands before their names: registry and owner.
    chart : str
        The chart's folder or package.
    namespace, release : str
        Of the installation.
    timeout : str
        How long everything together may take to become ready.
    """

    environment: str
    tag: str
    prefix: str = "foliohub"
    chart: str = "build/chart/foliohub"
    namespace: str = "foliohub"
    release: str = "foliohub"
    timeout: str = "15m"

    @property
    def values(self) -> Path:
        """The environment's own values."""
        return PROJECT / "hub" / "values" / f"{self.environment}.yaml"

    def upgrade(self) -> list[str]:
        """The command that brings the version there, or goes back."""
        research, hub, s3 = (f"{self.prefix}/{name}" for name in ("research", "hub", "s3"))
        return [
            *("helm", "upgrade", self.release, self.chart, "--install", "--namespace", self.namespace),
            *("--atomic", "--wait", "--timeout", self.timeout, "--values", str(self.values)),
            *("--set-string", f"image.name={research},image.tag={self.tag},s3.image.name={s3},s3.image.tag={self.tag}"),
            *("--set-string", f"jupyterhub.hub.image.name={hub},jupyterhub.hub.image.tag={self.tag}"),
            *(
                "--set-string",
                f"jupyterhub.singleuser.image.name={research},jupyterhub.singleuser.image.tag={self.tag}",
            ),
        ]


def deploy(target: Target, run: Run, ask: Ask, patience: float = 120.0) -> None:
    """Upgrade, look whether it works for people, and go back if it does not.

    Parameters
    ----------
    target : Target
        Where to, and what.
    run, ask : callable
        Run a command, giving what it says; get a page, giving its status.
    patience : float
        Seconds for all pages to answer.

    Raises
    ------
    ConfigurationError
        If the environment has no address, or the new version does not work; then the one before is there again.
    """
    url = public_url(target)
    before = revision(target, run)
    run(target.upgrade())
    silent = unanswered(url, ask, patience)
    if not silent:
        return
    if before is None:
        raise ConfigurationError(
            f"{silent[0]} does not answer, and there is no earlier revision to go back to.",
            remedy=f"Look at it: kubectl --namespace {target.namespace} get pods",
        )
    run(
        ["helm", "rollback", target.release, str(before), "--namespace", target.namespace, "--wait", "--timeout", "15m"]
    )
    still = unanswered(url, ask, patience)
    raise ConfigurationError(
        f"{silent[0]} did not answer with {target.tag}; went back to revision {before}, "
        + (f"where {still[0]} does not answer either." if still else "which works."),
        remedy=f"Look at what {target.tag} changed; images of both versions are still there.",
    )


def public_url(target: Target) -> str:
    """Address people use, with a slash at its end."""
    url = (
        yaml.safe_load(target.values.read_text(encoding="utf-8")).get("publicUrl", "") if target.values.exists() else ""
    )
    if not url:
        raise ConfigurationError(
            f"hub/values/{target.environment}.yaml names no publicUrl.", remedy="Deployments are checked through it."
        )
    return str(url).rstrip("/") + "/"


def revision(target: Target, run: Run) -> int | None:
    """The revision that is installed, if one is."""
    listed = run(
        ["helm", "list", "--namespace", target.namespace, "--filter", f"^{target.release}$", "--output", "json"]
    )
    releases = json.loads(listed or "[]")
    return int(releases[0]["revision"]) if releases else None


def unanswered(url: str, ask: Ask, patience: float) -> list[str]:
    """Pages that did not answer with 200 in time."""
    waiting = [url + page for page in PAGES]
    end = time.monotonic() + patience
    while True:
        waiting = [page for page in waiting if ask(page) != 200]
        if not waiting or time.monotonic() >= end:
            return waiting
        time.sleep(min(2.0, patience / 10))


def status_of(page: str) -> int:
    """Status of a page; 0 where nobody answers."""
    try:
        with urlopen(page, timeout=10) as answer:  # noqa: S310 - the environment's own address
            return int(answer.status)
    except OSError:
        return 0


def run_command(words: list[str]) -> str:
    """Run a command and give what it says; its complaints go where ours go."""
    done = subprocess.run(words, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603 - helm, as above
    if done.returncode:
        raise ConfigurationError(
            f"{' '.join(words[:3])} ended with {done.returncode}; what it said stands above.",
            remedy="Helm went back to what was there before.",
        )
    return done.stdout


@contextmanager
def cluster_access(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Where ``KUBECONFIG_TEXT`` holds the way to a cluster, as a secret does, give it to helm meanwhile."""
    text = environment.pop("KUBECONFIG_TEXT", "")
    if not text:
        yield
        return
    with TemporaryDirectory(prefix="foliohub-deploy-") as folder:  # nobody else can read it
        file = Path(folder) / "kubeconfig"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        environment["KUBECONFIG"] = str(file)
        try:
            yield
        finally:
            del environment["KUBECONFIG"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hub.delivery.deploy")
    parser.add_argument("environment")
    parser.add_argument("tag")
    parser.add_argument("--prefix", default=Target.prefix)
    parser.add_argument("--chart", default=Target.chart)
    parser.add_argument("--namespace", default=Target.namespace)
    asked = parser.parse_args(arguments)
    target = Target(asked.environment, asked.tag, asked.prefix, asked.chart, asked.namespace)
    try:
        with cluster_access(os.environ):
            deploy(target, run_command, status_of)
    except FoliohubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
