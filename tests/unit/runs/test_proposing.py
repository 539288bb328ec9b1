"""From a run's draft to a proposal: exactly one per run that succeeded, wherever it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from foliohub.errors import ConfigurationError, InputError, RunError, SignatureError, StoreError
from foliohub.runs import execute
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_ledger, open_records, open_seal, open_store
from foliohub.runs.proposing import draft_name
from foliohub.runs.records import Status
from foliohub.runs.reproduce import reproduce_run
from foliohub.runs.spec import load_jobs
from foliohub.runs.workspace import Workspace

DAY = pd.Timestamp("2022-12-28")
UNIVERSE = {"name": "three", "title": "Three", "source": "csv", "members": ["KO", "PEP", "XOM"]}
PORTFOLIO = {
    "name": "three",
    "title": "Three",
    "universe": "three",
    "opening": {"cash": 10_000.0, "holdings": {"KO": 10}},
    "decision": {"expires_after_hours": 48},
    "limits": {"largest_weight": {"block": 0.6}},
}
PROPOSE = (
    "import foliohub; work = foliohub.workspace('three', as_of); clean = work.clean_prices(); held = work.holdings()",
    "close = clean.panel['close'].iloc[-1]; cash = held.cash",
    "orders = foliohub.rebalance({'KO': 0.5, 'PEP': share}, held.shares, close, cash, foliohub.CostModel(2, 3))",
    "work.publish('orders', orders.orders); draft = work.propose(orders, holdings=held, clean=clean)",
)
PARAMETERS = 'as_of: str = ""  # session\nuniverse: str = "three"  # whose\nshare: float = 0.4  # of PEP\n'
_MAIN = "import foliohub.cli; foliohub.cli.main()"


@pytest.fixture
def three(project):
    """A project with a universe, a portfolio, prices, and a job that proposes; more cells where given."""
    folder = project.folder
    for name, content in (("universes", UNIVERSE), ("portfolios", PORTFOLIO)):
        (folder / name).mkdir()
        (folder / name / "three.yaml").write_text(yaml.safe_dump(content))
    named = {"universes": folder / "universes", "portfolios": folder / "portfolios"}
    project.settings = project.settings.model_copy(update=named)
    random = np.random.default_rng(7)
    days = pd.bdate_range(end=DAY, periods=80).difference(pd.DatetimeIndex(["2022-09-05", "2022-11-24", "2022-12-26"]))
    steps = np.exp(np.cumsum(random.normal(0, 0.01, (len(days), 3)), axis=0))
    close = pd.DataFrame(steps * [60, 180, 110], index=days, columns=["KO", "PEP", "XOM"]).round(2)
    open_store(project.settings).write_panel("raw/three", {"close": close}, as_of=DAY)
    project.job(proposes=True)

    def make(*cells: str):
        project.notebook(*PROPOSE, *cells, parameters=PARAMETERS)
        return project

    return make


def run(project, **named):
    job = load_jobs(project.settings.jobs, project.settings.notebooks)["small"]
    return run_job(project.settings, job, DAY, **named)


@pytest.fixture
def in_kernel(monkeypatch, project):
    """The notebook's process finds the same universes and portfolios."""
    for name in ("universes", "portfolios"):
        monkeypatch.setenv(f"FOLIOHUB_{name.upper()}", str(project.folder / name))


def proposals(project):
    return open_ledger(project.settings, "three").proposals()


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_a_run_that_succeeds_proposes_once_however_often_it_is_asked_for(three):
    project = three()
    outcome = run(project)
    (made,) = proposals(project)
    assert (made.id, made.status, made.run_id) == ("three.2022-12-28.1", "proposed", outcome.record.id)
    assert made.author == "job:small"
    assert [(v.name, v.content) for v in made.data] == [(v.name, v.content) for v in outcome.record.read]
    assert made.holdings_before == {"KO": 10}
    assert not run(project).fresh
    assert proposals(project) == [made]


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_another_attempt_supersedes_the_first_and_is_by_whoever_started_it(three):
    project = three()
    run(project)
    project.settings = project.settings.model_copy(update={"started_by": "anna"})
    run(project, force=True, parameters={"share": 0.3})
    second, first = proposals(project)
    assert [first.author, second.author] == ["job:small", "anna"]
    assert [first.status, second.status] == ["superseded", "proposed"]
    assert second.target["PEP"] == 0.3


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_a_run_that_fails_after_drafting_proposes_nothing(three):
    project = three("raise RuntimeError('too late')")
    with pytest.raises(RunError, match="too late"):
        run(project)
    assert open_store(project.settings).document_names("drafts/") == [draft_name("small.2022-12-28.1")]
    assert proposals(project) == []


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_whoever_is_killed_between_record_and_ledger_proposes_at_the_next_start(three, monkeypatch):
    project = three()
    with monkeypatch.context() as patch:
        patch.setattr(execute, "settle_proposal", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(project)
    assert open_records(project.settings).succeeded("small", "2022-12-28")
    assert proposals(project) == []
    assert not run(project).fresh
    assert [made.run_id for made in proposals(project)] == ["small.2022-12-28.1"]


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_a_run_killed_after_drafting_leaves_one_proposal_in_the_end(three):
    project = three(
        "import pathlib; here = pathlib.Path('killed')", "import time; here.exists() or here.touch() or time.sleep(99)"
    )
    environment = os.environ | {"FOLIOHUB_PROJECT": str(project.folder), "FOLIOHUB_HOME": str(project.settings.home)}
    command = [sys.executable, "-c", _MAIN, "run", "small", "--as-of", "2022-12-28"]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    marker = project.settings.notebooks / "killed"
    try:
        end = time.monotonic() + 90
        while not marker.exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert marker.exists()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert open_store(project.settings).document_names("drafts/")
    assert proposals(project) == []
    run(project)
    records = open_records(project.settings).list("small")
    assert [record.status for record in records] == [Status.INTERRUPTED, Status.SUCCEEDED]
    assert [made.run_id for made in proposals(project)] == ["small.2022-12-28.2"]


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_a_reproduction_uses_the_holdings_of_then_and_proposes_nothing(three):
    project = three()
    record = run(project).record
    file = project.folder / "portfolios" / "three.yaml"
    file.write_text(yaml.safe_dump(PORTFOLIO | {"opening": {"cash": 77.0}}))
    result = reproduce_run(project.settings, record.id, load_jobs(project.settings.jobs, project.settings.notebooks))
    assert result.equal
    assert {table.name.partition("/")[0] for table in result.tables} == {"holdings", "orders"}
    file.write_text(yaml.safe_dump(PORTFOLIO))
    assert len(proposals(project)) == 1


def work(project) -> tuple[Workspace, object]:
    workspace = Workspace(project.settings, "three", DAY)
    return workspace, workspace.clean_prices()


def test_interactive_work_sees_the_verdicts_and_proposes_nothing(three):
    import foliohub

    project = three()
    workspace, clean = work(project)
    held = workspace.holdings()
    close = clean.panel["close"].iloc[-1]
    orders = foliohub.rebalance({"KO": 0.9}, held.shares, close, held.cash)
    draft = workspace.propose(orders, holdings=held, clean=clean)
    assert [verdict.limit for verdict in draft.blocking] == ["largest weight"]
    assert draft.expires_at - draft.created_at == timedelta(hours=48)
    assert datetime.now(UTC) - draft.created_at < timedelta(minutes=1)
    assert open_store(project.settings).document_names() == []


def test_a_portfolio_of_another_universe_is_refused(three):
    workspace, _ = work(three())
    with pytest.raises(InputError, match="universe sample"):
        workspace.holdings("sample")
    with pytest.raises(ConfigurationError, match="no portfolio 'four'"):
        workspace.holdings("four")


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_a_draft_of_another_version_says_so_and_the_run_stays_done(three):
    project = three()
    run(project)
    store, name, seal = open_store(project.settings), draft_name("small.2022-12-28.1"), open_seal(project.settings)
    left = store.read_document(name)
    store.write_document(name, seal.signed("draft", {"run_id": "small.2022-12-28.1", "portfolio": "three"}))
    with pytest.raises(StoreError, match="draft of run small"):
        run(project)
    forged = [
        ({**left, "wealth": 1e9}, "its signature is not that of its content"),
        (seal.signed("draft", {**left, "run_id": "small.2022-12-28.2"}), "that of small.2022-12-28.2"),
    ]
    for document, said in forged:
        store.write_document(name, document)
        with pytest.raises(SignatureError, match=said):
            run(project)
    assert Path(project.settings.home / "runs" / "small.2022-12-28.1").is_dir()
    assert len(proposals(project)) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("in_kernel")
def test_a_job_whose_file_does_not_say_so_cannot_propose(three):
    project = three()
    project.job()
    with pytest.raises(RunError, match="may not propose"):
        run(project)
    assert proposals(project) == []
