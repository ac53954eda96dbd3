"""axe-core finds what keeps people out of a page."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from tests.conftest import go_without

FILE = Path(__file__).parents[2] / ".venv" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
LOOK = """async rules => (await axe.run({
    preload: false, iframes: false, resultTypes: ["violations"], ...(rules.length ? {runOnly: rules} : {})
})).violations"""


@cache
def source() -> str:
    if not FILE.exists():
        go_without("axe-core is not there: scripts/setup installs it from npm")
    content = FILE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{FILE} is not the axe-core that the tests know"
    return content.decode()


def findings(page: Page, *rules: str) -> list[str]:
    """Return what is serious or critical on the page by these rules, or by all, with where it is and what to do."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(source())
    found = [finding for finding in page.evaluate(LOOK, list(rules)) if finding["impact"] in ("serious", "critical")]
    return [f"axe: {told(finding, node)}" for finding in found for node in finding["nodes"]]


def told(finding: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{finding['id']} ({finding['impact']}) at {node['html'][:200]}: {node['failureSummary']}"
