"""Accessibility of an open page, as axe-core sees it."""

from __future__ import annotations

from pathlib import Path

from e2e.page import ExplainPage

FRONTEND = Path(__file__).parents[2] / "tb_plugin" / "frontend"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"


def assert_nothing_serious(page: ExplainPage) -> None:
    """Checks that axe-core reports no serious or critical violation in the page."""
    assert AXE.exists(), "axe-core is a development dependency: run `npm ci` in the frontend"
    page.frame.evaluate(AXE.read_text())
    found = page.frame.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert not serious, serious
