"""What a project says of itself before there is a database."""

from __future__ import annotations

from typing import Any

import pytest

import labwright as lw


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense://ana:hidden@host", "unknown scheme 'nonsense'"),
        ("mysql://ana:hidden@host:port", "with a number as port"),
        (5, "a text such as 'sqlite:///lab.db', not 5"),
    ],
)
def test_a_project_of_no_database_says_so(url: Any, said: str) -> None:
    shown = repr(lw.Project(url))
    assert shown.startswith("<Project of no database: ")
    assert said in shown
    assert "hidden" not in shown


def test_a_project_says_where_it_is() -> None:
    assert repr(lw.Project("mysql://ana:hidden@host")) == "<Project mysql://ana:***@host/>"
