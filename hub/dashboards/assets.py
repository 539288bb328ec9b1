"""Scripts and style rules, served from memory under names that change with their content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from tornado import web

from foliohub.dashboards.kit.pieces import styles
from foliohub.reporting.fragments import stylesheet

_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Asset:
    """A file a browser keeps for good.

    Parameters
    ----------
    address : str
        File name with a digest of the content in it.
    kind : str
        Its MIME type.
    content, compressed : bytes
    """

    address: str
    kind: str
    content: bytes
    compressed: bytes


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Every asset by its plain name, as "plotly.js"."""
    own = resources.files("foliohub.dashboards.kit") / "static"
    plotly = resources.files("plotly") / "package_data" / "plotly.min.js"
    contents = {
        "dashboards.css": (stylesheet() + styles()).encode(),
        "plotly.js": plotly.read_bytes(),
        **{name: (own / name).read_bytes() for name in ("theme.js", "page.js", "live.js")},
    }
    return {name: _asset(name, content) for name, content in contents.items()}


def _asset(name: str, content: bytes) -> Asset:
    stem, _, suffix = name.rpartition(".")
    kind = {"css": "text/css", "js": "text/javascript"}[suffix]
    digest = hashlib.sha256(content).hexdigest()[:12]
    level = 6 if len(content) > 1_000_000 else 9
    return Asset(f"{stem}.{digest}.{suffix}", kind, content, gzip.compress(content, level, mtime=0))


class AssetHandler(web.RequestHandler):
    """Serves assets to anybody: they are the same in every installation and hold no data."""

    def get(self, address: str) -> None:
        """One asset; whoever asks for an old digest gets 404, never other content under that name."""
        found = next((asset for asset in assets().values() if asset.address == address), None)
        if found is None:
            raise web.HTTPError(404)
        self.set_header("Content-Type", f"{found.kind}; charset=utf-8")
        self.set_header("Cache-Control", f"public, max-age={_YEAR}, immutable")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(found.compressed)
        else:
            self.finish(found.content)

    def head(self, address: str) -> None:
        """The headers alone."""
        self.get(address)
