"""The code on the page for users of MATLAB runs, and prints what the page says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp
from tests.clients import octave
from tests.clients.conftest import build
from tests.web.lab import app_of

import labwright as lw

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "use-matlab.md"
MARK = "\N{SYMBOL FOR RECORD SEPARATOR}"


@pytest.fixture
def url(tmp_path: Path, serve: Callable[[ASGIApp], str]) -> Iterator[str]:
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project)
        build(schema)
        yield serve(app_of(schema))


def test_the_page_says_what_happens(url: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```(matlab|\{\.text \.octave\})\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    code = [text for kind, text in blocks if kind == "matlab"]
    expected = [""] * len(code)
    count = 0
    for kind, text in blocks:
        count += kind == "matlab"
        if kind != "matlab":
            expected[count - 1] = text
    program = f"printf('{MARK}');\n".join(code[1:])
    printed = octave.run(program, url, tmp_path).split(MARK)
    assert printed == expected[1:]
