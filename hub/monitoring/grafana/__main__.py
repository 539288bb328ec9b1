"""Write every page anew: ``python -m hub.monitoring.grafana``."""

from __future__ import annotations

import json
from pathlib import Path

from hub.monitoring.grafana.pages import PAGES
from hub.monitoring.grafana.panels import Page

FOLDER = Path(__file__).with_name("dashboards")


def text(page: Page) -> str:
    """A page as its file holds it."""
    return json.dumps(page.content(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files."""
    for page in PAGES:
        (FOLDER / f"{page.name}.json").write_text(text(page), encoding="utf-8")


if __name__ == "__main__":
    main()
