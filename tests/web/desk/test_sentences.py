"""What goes wrong is told without naming what somebody may not see."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table
from tests.web.desk.restricted import WRITE, build, desk, grant

import labwright as lw
from labwright.web.desk.sentences import UNSEEN, sentence

SECRET = frozenset({"code"})


def said(lab: lw.Schema, row: dict[str, Any], hidden: frozenset[str] = SECRET, title: str = "Badge") -> str:
    """What is said to somebody who enters a row."""
    sheet = desk(lab, grant(WRITE, hidden=hidden)).sheet(f"{lab.database_name}.{title}")
    with pytest.raises(lw.LabwrightError) as raised:
        sheet.insert([row])
    return sentence(raised.value, sheet, row)


@pytest.fixture
def badges(schema: lw.Schema) -> lw.Schema:
    lab = build(schema)
    rules = [lw.Check("code > 0", "a code is positive")]
    badge = table(lab, "Badge", "badge : int32\n---\nlevel : int8\ncode : int32\nunique index (code)", rules=rules)
    badge.insert1((1, 1, 77))
    return lab


def test_a_hidden_attribute_that_has_to_be_given(badges: lw.Schema) -> None:
    assert said(badges, {"badge": 2, "level": 1}) == UNSEEN
    assert "code" in said(badges, {"badge": 2, "level": 1}, frozenset())


def test_what_is_seen_is_told(badges: lw.Schema) -> None:
    salary = frozenset({"salary"})
    assert "person" in said(badges, {"person": "x" * 30}, salary, "Person")
    assert said(badges, {"person": "ana"}, salary, "Person") == "There is a Person ana already."


@pytest.mark.parametrize("row", [{"badge": 2}, {}, {"badge": "x", "level": 1}, {"badge": 2, "level": None}])
def test_nothing_names_it(badges: lw.Schema, row: dict[str, Any]) -> None:
    assert "code" not in said(badges, row)
    assert "77" not in said(badges, row)
