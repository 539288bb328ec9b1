"""Nothing in the library and the services reads ledgers, records or requests without looking at signatures."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
OPENED_BY = {
    "Chain": {"lib/foliohub/ledger/ledger.py"},
    "Ledger": {"lib/foliohub/runs/opening.py", "lib/foliohub/dashboards/portfolio_held.py"},
    "RunRecords": {"lib/foliohub/runs/opening.py"},
    "Requests": {"lib/foliohub/schedule/opening.py", "hub/scheduler/cron.py", "hub/scheduler/service.py"},
}


def test_who_opens_them_gives_the_seal_along() -> None:
    found: dict[str, set[str]] = {name: set() for name in OPENED_BY}
    for path in [*(ROOT / "lib").rglob("*.py"), *(ROOT / "hub").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OPENED_BY:
                found[node.func.id].add(path.relative_to(ROOT).as_posix())
                assert "seal" in ast.unparse(node), f"{path}:{node.lineno} opens {node.func.id} without a seal"
    assert found == OPENED_BY


def test_notebooks_and_reports_open_them_the_same_way() -> None:
    for path in [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "reports").glob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        for name in OPENED_BY:
            assert f" {name}(" not in text, f"{path.name} opens {name} by itself"
