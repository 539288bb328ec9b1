"""What is missing or broken on this machine, and what to do about it."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from foliohub.config import Settings
from foliohub.errors import FoliohubError
from hub.config.accounts import Accounts
from hub.config.settings import HubSettings
from hub.supervisor import leftovers
from hub.supervisor.database import check_database, is_current
from hub.supervisor.node import find_node, find_proxy, node_version
from hub.supervisor.ports import check_free
from hub.supervisor.state import StateFile

_DISK = 2 * 2**30
_MEMORY = 2 * 2**30
_FILES = 1024
_FILL = "Fill it: foliohub cycle --include weekly"
_REMOTE = {"nfs", "nfs4", "cifs", "smbfs", "smb3", "fuse.sshfs", "9p", "afpfs"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Parameters
    ----------
    subject : str
        What.
    verdict : {"good", "doubtful", "broken"}
        Broken keeps the platform from working; doubtful may one day.
    seen : str
        What was found.
    remedy : str
        What to do; empty where all is well.
    """

    subject: str
    verdict: Literal["good", "doubtful", "broken"]
    seen: str
    remedy: str = ""


def examine(settings: Settings, hub: HubSettings) -> Iterator[Finding]:
    """Look at everything the platform needs, one after the other; nothing is changed."""
    checks: list[Callable[[Settings, HubSettings], Finding]] = [
        _packages, _node, _proxy, _machine, _home, _disk, _store, _jobs, _people, _secrets, _database, _port, _running,
    ]  # fmt: skip
    for check in checks:
        try:
            yield check(settings, hub)
        except FoliohubError as error:
            yield Finding(_subject(check), "broken", error.message, error.remedy)
        except OSError as error:
            remedy = "Make it readable and writable for you, or set FOLIOHUB_HOME to a folder that is."
            yield Finding(_subject(check), "broken", str(error), remedy)


def _subject(check: Callable[[Settings, HubSettings], Finding]) -> str:
    return check.__name__.strip("_")


def _packages(settings: Settings, _: HubSettings) -> Finding:
    from bootstrap import Clone

    clone = Clone(settings.project)
    if Path(sys.prefix) != clone.environment:
        seen = f"those of {sys.prefix}, which set-up does not look after"
        return Finding("packages", "doubtful", seen, f"Call foliohub in {clone.environment / 'bin'}")
    wrong = {"nothing": "", "update": "set up for another lock", "build": "set-up did not finish, or parts were lost"}
    seen = wrong[clone.needs()]
    if seen:
        return Finding("packages", "broken", seen, "Set up again: make setup")
    return Finding("packages", "good", "as locked")


def _node(_: Settings, __: HubSettings) -> Finding:
    node = find_node()
    return Finding("Node", "good", f"{node_version(node)}, {node}")


def _proxy(_: Settings, __: HubSettings) -> Finding:
    find_proxy()
    return Finding("proxy", "good", "installed")


def _machine(_: Settings, __: HubSettings) -> Finding:
    cores, memory = psutil.cpu_count() or 1, psutil.virtual_memory()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    seen = f"{cores} cores, {memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GB free, {files} open files"
    if files < _FILES:
        return Finding("machine", "doubtful", seen, f"Allow {_FILES} open files or more: ulimit -n 4096")
    if memory.available < _MEMORY:
        return Finding("machine", "doubtful", seen, "End what takes memory; the platform wants 2 GB.")
    if os.geteuid() == 0:
        return Finding("machine", "doubtful", f"{seen}; running as root", "Start the platform as a user of your own.")
    return Finding("machine", "good", seen)


def _home(settings: Settings, _: HubSettings) -> Finding:
    there = _existing(settings.home)
    if not os.access(there, os.W_OK | os.X_OK):
        remedy = "Make it yours, or set FOLIOHUB_HOME to a folder that is."
        return Finding("home", "broken", f"{there} cannot be written", remedy)
    kind = _file_system(there)
    if kind in _REMOTE and settings.store.startswith("lmdb:"):
        remedy = "Set FOLIOHUB_HOME to a local disk, or FOLIOHUB_STORE to S3: LMDB breaks on a network's."
        return Finding("home", "broken", f"{settings.home} is on {kind}", remedy)
    return Finding("home", "good", str(settings.home))


def _disk(settings: Settings, _: HubSettings) -> Finding:
    free = shutil.disk_usage(_existing(settings.home)).free
    seen = f"{free / 2**30:.1f} GB free"
    if free < _DISK:
        return Finding("disk", "doubtful", seen, "Free some; old versions go with: foliohub store prune")
    return Finding("disk", "good", seen)


def _store(settings: Settings, _: HubSettings) -> Finding:
    if settings.store == f"lmdb://{settings.home / 'store'}" and not (settings.home / "store").exists():
        return Finding("store", "doubtful", "nothing is stored yet", _FILL)
    from foliohub.runs.opening import open_records

    records = open_records(settings)
    number = len(records.list())
    if not number:
        return Finding("store", "doubtful", "nothing was run yet", _FILL)
    return Finding("store", "good", f"{number} runs recorded")


def _jobs(settings: Settings, _: HubSettings) -> Finding:
    from foliohub.runs.spec import load_jobs

    return Finding("jobs", "good", f"{len(load_jobs(settings.jobs, settings.notebooks))} job files, all valid")


def _people(settings: Settings, hub: HubSettings) -> Finding:
    if hub.authenticator != "file":
        return Finding("people", "good", "the company's accounts")
    people = Accounts(settings.home / "hub" / "people.json").read()
    if not people:
        return Finding("people", "good", "nobody yet: the first start makes one of each role")
    return Finding("people", "good", f"{len(people)} may log in")


def _secrets(settings: Settings, _: HubSettings) -> Finding:
    folder = settings.home / "hub"
    files = [folder, *folder.glob("*")] if folder.is_dir() else []
    exposed = [path for path in files if path.stat().st_mode & 0o077]
    if exposed:
        remedy = f"Keep them to yourself: chmod -R go= {folder}"
        return Finding("secrets", "broken", f"others can read {exposed[0]}", remedy)
    return Finding("secrets", "good", "readable by you alone")


def _database(settings: Settings, hub: HubSettings) -> Finding:
    if hub.database:
        return Finding("database", "good", "a server of yours")
    file = settings.home / "hub" / "jupyterhub.sqlite"
    if not file.exists():
        return Finding("database", "good", "made at the first start")
    check_database(file)
    return Finding("database", "good", "current" if is_current(file) else "upgraded at the next start, a copy is kept")


def _port(settings: Settings, hub: HubSettings) -> Finding:
    state = StateFile(settings.home / "hub").running()
    if state is not None:
        return Finding("port", "good", f"the platform has it: {state.url}")
    check_free(hub.address, hub.port)
    return Finding("port", "good", f"{hub.port} is free")


def _running(settings: Settings, _: HubSettings) -> Finding:
    state = StateFile(settings.home / "hub").running()
    if state is None:
        left = leftovers.marked(settings.home)
        if left:
            return Finding("platform", "broken", f"{len(left)} processes of one that was killed", "foliohub down")
        return Finding("platform", "good", "not running")
    ill = [part for part in state.parts.values() if part.state != "healthy"]
    if ill:
        log = settings.home / "logs" / f"{ill[0].name}.log"
        said = ", ".join(f"{part.name} {part.state} ({part.detail or 'so far'})" for part in ill)
        return Finding("platform", "broken", said, f"See why at the end of {log}")
    return Finding("platform", "good", f"running, {len(state.parts)} parts healthy")


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _file_system(path: Path) -> str:
    resolved = path.resolve()
    mounts = [disk for disk in psutil.disk_partitions(all=True) if resolved.is_relative_to(disk.mountpoint)]
    return str(max(mounts, key=lambda disk: len(disk.mountpoint)).fstype) if mounts else ""
