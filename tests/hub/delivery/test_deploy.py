"""A version that does not work for people is taken back by itself."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from foliohub.errors import ConfigurationError
from hub.delivery import deploy as delivery
from hub.delivery.deploy import PAGES, Target, deploy, public_url, status_of


class Helm:
    """Remembers what it was told; the version it runs decides which pages answer."""

    def __init__(self, revision=None, broken=()):
        self.revision, self.broken, self.new = revision, set(broken), False
        self.told = []

    def run(self, words):
        self.told.append(words[1])
        if words[1] == "list":
            return json.dumps([{"revision": str(self.revision)}] if self.revision else [])
        self.new = words[1] == "upgrade"
        self.last = words
        return ""

    def ask(self, page):
        return 503 if self.new and page.endswith(tuple(self.broken)) else 200


TARGET = Target("staging", "abc", prefix="registry.example/us/foliohub")


def test_a_version_that_works_stays():
    helm = Helm(revision=4)
    deploy(TARGET, helm.run, helm.ask, patience=0)
    assert helm.told == ["list", "upgrade"]
    assert {"--atomic", "--wait"} <= set(helm.last)
    assert any("image.name=registry.example/us/foliohub/research,image.tag=abc" in word for word in helm.last)


@pytest.mark.parametrize("page", PAGES)
def test_a_version_whose_pages_do_not_answer_is_taken_back(page):
    helm = Helm(revision=4, broken=[page])
    with pytest.raises(ConfigurationError, match="went back to revision 4, which works"):
        deploy(TARGET, helm.run, helm.ask, patience=0)
    assert helm.told == ["list", "upgrade", "rollback"]
    assert helm.last[3] == "4"


def test_a_first_version_has_nothing_to_go_back_to():
    helm = Helm(broken=PAGES)
    with pytest.raises(ConfigurationError, match="no earlier revision"):
        deploy(TARGET, helm.run, helm.ask, patience=0)
    assert helm.told == ["list", "upgrade"]


def test_pages_have_time_to_come_up():
    helm, asked = Helm(), []

    def slowly(page):
        asked.append(page)
        return 200 if len(asked) > 7 else 0

    deploy(TARGET, helm.run, slowly, patience=1)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_environment_that_is_deployed_to_has_an_address(environment):
    assert public_url(Target(environment, "abc")).startswith("https://")


def test_an_unknown_environment_is_refused():
    with pytest.raises(ConfigurationError, match=r"moon\.yaml names no publicUrl"):
        public_url(Target("moon", "abc"))


def test_a_page_is_asked_for_its_status():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health" else 503)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert status_of(f"{url}/health") == 200
        assert status_of(f"{url}/other") != 200
        server.shutdown()
    assert status_of(f"{url}/health") == 0


def test_a_command_that_fails_ends_the_deployment(capfd):
    with pytest.raises(ConfigurationError, match="ended with 3"):
        delivery.run_command(["sh", "-c", "exit 3"])
    assert delivery.run_command(["echo", "said"]) == "said\n"
    assert delivery.main(["moon", "abc"]) == 1


def test_the_way_to_a_cluster_lies_in_a_private_file_no_longer_than_needed():
    environment = {"KUBECONFIG_TEXT": "a secret"}
    with delivery.cluster_access(environment):
        file = Path(environment["KUBECONFIG"])
        assert file.read_text(encoding="utf-8") == "a secret"
        assert file.stat().st_mode & 0o077 == 0
        assert "KUBECONFIG_TEXT" not in environment
    assert not file.exists()
    assert environment == {}
