"""JupyterLab as researchers find it: our kernel, our templates, nothing that calls home."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from tornado import web

c = get_config()  # type: ignore[name-defined]  # noqa: F821 (jupyter_server puts it here)

TEMPLATES = Path.home() / "templates"


def keep_templates(path: str, **_: Any) -> None:
    """Refuse to save below ``templates/``.

    Raises
    ------
    HTTPError
        403, with what to do instead.
    """
    if path.strip("/").split("/")[0] == "templates":
        raise web.HTTPError(403, "Templates are read-only: save a copy of your own (File > Save Notebook As).")


def template_cards() -> list[dict[str, str]]:
    """Path, title and first sentence of each template, for the launcher."""
    cards = []
    for path in sorted(TEMPLATES.glob("*/*.ipynb")):
        try:
            first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
        except (OSError, ValueError, KeyError, IndexError):
            continue
        heading, _, text = "".join(first["source"]).partition("\n")
        # A dashboard has no heading of its own: its name says enough.
        title = (
            heading.lstrip("# ") if heading.startswith("#") else f"{path.stem.replace('_', ' ').capitalize()}: notebook"
        )
        meaning = " ".join(text.split()).partition(". ")[0].rstrip(".") if heading.startswith("#") else ""
        where = path.relative_to(TEMPLATES.parent).as_posix()
        cards.append({"path": where, "title": title, "meaning": meaning})
    return cards


def may_be_shown(_: Any, host: str) -> bool:
    """Whether a page of this host may be reached through this server: its own, and those of Dask clusters in pods."""
    if host in ("localhost", "127.0.0.1"):
        return True
    namespace = os.environ.get("FOLIOHUB_CLUSTER_NAMESPACE", "")
    return bool(
        namespace and re.fullmatch(rf"foliohub-[0-9a-f]{{8}}-scheduler\.{re.escape(namespace)}(\.svc[\w.-]*)?", host)
    )


# Dashboards are a service of their own, and there are no language servers to look for.
c.ServerApp.jpserver_extensions = {"voila.server_extension": False, "jupyter_lsp": False}
c.ServerApp.tornado_settings = {
    "page_config_data": {
        "foliohubTemplates": json.dumps(template_cards()),
        "foliohubServices": os.environ.get("JUPYTERHUB_BASE_URL", "/") + "services/",
    }
}
c.ServerProxy.host_allowlist = may_be_shown
c.HubOAuth.cache_max_age = 30  # seconds for which a token that was revoked may still count
c.KernelSpecManager.ensure_native_kernel = False
c.KernelSpecManager.allowed_kernelspecs = {"foliohub"}
c.MultiKernelManager.default_kernel_name = "foliohub"
c.MappingKernelManager.cull_idle_timeout = 4 * 3600
c.MappingKernelManager.cull_connected = False
c.FileContentsManager.pre_save_hook = keep_templates
c.FileContentsManager.delete_to_trash = False  # nobody empties a trash on a server
c.LabApp.extension_manager = "readonly"
c.LabApp.news_url = None
