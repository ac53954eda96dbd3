"""Every error has a page in the reference: what it means, an example with its message, what to do."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from labwright.core import errors
from labwright.core.errors import LabwrightError

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reference" / "errors"
ERRORS = list(dict.fromkeys(e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, LabwrightError)))
NAMES = [e.__name__ for e in ERRORS]


def tree() -> str:
    """The tree of errors, as their module draws it."""
    doc = inspect.getdoc(errors) or ""
    return inspect.cleandoc("\n" + doc.partition("::\n")[2].partition("\n\nThe docstring")[0].strip("\n"))


def test_the_index_shows_the_tree() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    assert f"```\n{tree()}\n```" in index
    assert [name for name in NAMES if name not in tree()] == []


def test_every_error_has_its_page_and_every_page_its_error() -> None:
    assert sorted(p.stem for p in PAGES.glob("*.md") if p.stem != "index") == sorted(NAMES)


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: e.__name__)
def test_a_page_says_what_it_means_with_an_example_and_what_to_do(error: type[LabwrightError]) -> None:
    """The example itself, and the message below it, are run with all documents."""
    text = (PAGES / f"{error.__name__}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {error.__name__}\n")
    assert text.index("## An example") < text.index("```python") < text.index("```text") < text.index("## What to do")
    assert f"lw.errors.{error.__name__}" in text
    assert "http" not in text.partition("```text")[2].partition("```")[0]
    above = error.__mro__[1]
    relatives = [*error.__subclasses__(), above] if above is not LabwrightError else error.__subclasses__()
    near = [r.__name__ for r in relatives if r in ERRORS and error is not LabwrightError]
    assert [name for name in near if f"({name}.md)" not in text] == []


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [f"reference/errors/{p.name}" for p in PAGES.glob("*.md")]
    assert [p for p in pages if p not in nav] == []
