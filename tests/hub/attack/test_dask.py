"""The pages of a researcher's Dask cluster: through the hub, for her alone."""

from __future__ import annotations

from tests.hub.attack.messages import run
from tests.hub.attack.test_sockets import enter
from tests.hub.attack.visitors import Visitor
from tests.hub.live import LiveHub

START = """
from dask.distributed import Client
client = Client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0")
print(client.dashboard_link)
"""


def test_the_link_a_cluster_shows_leads_to_its_page_for_her_alone(hub: LiveHub, visitors: dict[str, Visitor]) -> None:
    rita = visitors["rita"]
    identifier = rita.browse("POST", "/user/rita/api/kernels", json={"name": "foliohub"}).json()["id"]
    try:
        with enter(hub, rita, f"/user/rita/api/kernels/{identifier}/channels") as connection:
            link = run(connection, START).strip()
            assert link.startswith("/user/rita/proxy/")
            page = rita.browse("GET", link)
            assert page.status_code == 200
            assert "Dask" in page.text
            for name in ("nobody", "ravi", "max", "olga"):
                answer = visitors[name].browse("GET", link)
                assert answer.status_code in {403, 404} or answer.url.path == "/hub/login"
                assert "Dask" not in answer.text
            run(connection, "client.close()")
    finally:
        rita.browse("DELETE", f"/user/rita/api/kernels/{identifier}")
