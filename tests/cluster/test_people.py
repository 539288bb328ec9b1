"""Each kind of person does what they came for: a researcher computes, a manager reads, a program asks."""

from __future__ import annotations

from tests.cluster.server import Server
from tests.cluster.trial import Trial


def test_a_researchers_server_starts_as_a_pod_with_a_home(rita: Server, platform: Trial) -> None:
    (pod,) = platform.cluster.pods("app.kubernetes.io/component=singleuser-server,hub.jupyter.org/username=rita")
    assert pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
    assert platform.cluster.get("pvc", "claim-rita")["status"]["phase"] == "Bound"


def test_the_welcome_notebook_runs_in_it(rita: Server) -> None:
    with rita.kernel() as kernel:
        for cell in rita.notebook("templates/notebooks/00_welcome.ipynb"):
            kernel.run(cell)
        assert "True" in kernel.run("print(bool(succeeded) and not forecasts.empty)")


def test_a_researcher_cannot_sign(rita: Server) -> None:
    code = """
from foliohub import config
from foliohub.runs.opening import open_seal
try:
    open_seal(config.load_settings()).sign("trial", "0" * 64)
except Exception as error:
    print(type(error).__name__, error.remedy)
"""
    with rita.kernel() as kernel:
        assert "ask the platform instead" in kernel.run(code)
