"""The page on expressions has the table of functions that is in force."""

from __future__ import annotations

from pathlib import Path

from labwright.query.signatures import as_markdown

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "expressions.md"


def test_functions() -> None:
    table = PAGE.read_text(encoding="utf-8").split("<!-- functions -->\n")[1].split("\n<!-- end -->")[0]
    assert table == as_markdown(), "replace the part between the marks by labwright.query.signatures.as_markdown()"
