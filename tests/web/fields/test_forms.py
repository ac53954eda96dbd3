"""Rows as forms send them."""

from __future__ import annotations

from pathlib import Path

from tests.web.fields.kinds import attribute

import labwright as lw
from labwright.core.types import Default
from labwright.web.fields import read_changes, read_form

HEADING = lw.Heading(
    [
        attribute("int auto_increment", name="scan", in_key=True),
        attribute("varchar(20)", name="name", default=Default("literal", "")),
        attribute("float64", name="score", nullable=True, default=Default("null")),
        attribute("datetime", name="at", default=Default("now")),
        attribute("varchar(2000)", name="notes", nullable=True, default=Default("null")),
        attribute("int16", name="depth"),
        attribute("<attach>", name="sheet"),
        lw.Attribute("n", None, expression="count(*)"),
    ]
)
SHEET = Path("sheet.pdf")


def test_a_form_is_a_row() -> None:
    given = {
        "name": "",
        "score": "1,5",
        "at": "",
        "notes": "a\r\nb",
        "depth": " 3 ",
        "sheet": SHEET,
        "csrf": "x",
        "n": "5",
    }
    row, problems = read_form(HEADING, given)
    assert row == {"name": "", "score": 1.5, "notes": "a\nb", "depth": 3, "sheet": SHEET}
    assert problems == {}


def test_every_problem_is_told_beside_its_field() -> None:
    row, problems = read_form(HEADING, {"score": "high", "depth": "", "sheet": "/etc/passwd", "at": "2024-13-01"})
    assert row == {"name": "", "notes": None}
    assert problems == {
        "score": "'high' is not a number. Write it as 12, 0.5 or 1e-3.",
        "at": "There is no such day as '2024-13-01'. Write the date and the time as 2024-02-29 13:45.",
        "depth": "This needs a value.",
        "sheet": "Choose a file.",
    }


def test_changes_are_what_the_form_has() -> None:
    row, problems = read_changes(HEADING, {"score": "", "at": "", "depth": "4", "csrf": "x"})
    assert row == {"score": None, "at": None, "depth": 4}
    assert problems == {}
    assert read_changes(HEADING, {"depth": "", "n": "5"}).problems.keys() == {"depth", "n"}


def test_what_is_as_it_was_is_left_alone() -> None:
    base = {"score": "nan", "depth": "3", "notes": "a\nb"}
    assert read_changes(HEADING, {"score": "nan", "depth": "3", "notes": "a\r\nb"}, base) == ({}, {})
    row, problems = read_changes(HEADING, {"score": "nan ", "depth": "4", "notes": ""}, base)
    assert row == {"depth": 4, "notes": None}
    assert problems.keys() == {"score"}
