"""Checks that a lab has declared, on what somebody enters."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.screens.offers import defaults_of
from labwright.web.desk.workspace import name_of
from labwright.web.fields import field_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

LOG: Final = logging.getLogger(__name__)
Row = Mapping[str, Any]
TOLD: Final = 200
"""Remarks that are told; nobody reads more of them at once."""
UNSEEN: Final = "Something that you do not see does not go with this."


@dataclass(frozen=True)
class Found:
    """A remark on a row.

    Parameters
    ----------
    table : str
        The title of its table.
    row : int
        Its place among the rows of that table, from 0.
    attribute : str
        Empty where it is about the row as a whole.
    text : str
    is_fault : bool
        Whether it cannot be overridden.
    """

    table: str
    row: int
    attribute: str
    text: str
    is_fault: bool


class CheckError(lw.errors.DataError):
    """Checks have something to say about what is entered.

    Parameters
    ----------
    found : sequence of Found
    """

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = tuple(found)
        texts = dict.fromkeys(f"{f.attribute}: {f.text}" if f.attribute else f.text for f in self.found)
        super().__init__(" ".join(texts))

    @property
    def may_be_overridden(self) -> bool:
        """Whether all of it is doubt, so that it can be entered with a reason."""
        return not any(f.is_fault for f in self.found)

    def problems(self, table: str) -> dict[str, str]:
        """What is to be said beside the fields of a form with one row of a table."""
        own: dict[str, str] = {}
        for f in self.found:
            name = f.attribute if f.table == table else ""
            own[name] = f"{own[name]} {f.text}" if name in own else f.text
        return own


def check(entered: Sequence[tuple[Sheet, Sequence[Row]]], overridden: str = "", why: str = "") -> str:
    """Check rows as they would become; return the reason that is to be kept with the change.

    Parameters
    ----------
    entered : sequence of (Sheet, rows)
    overridden : str
        Why it is right in spite of all doubt.
    why : str
        The reason of the change as a whole.

    Raises
    ------
    CheckError
        When there is a fault, or doubt that is not overridden.
    """
    found = [f for sheet, rows in entered for f in _found(sheet, rows)][:TOLD]
    if any(f.is_fault for f in found) or (found and not overridden.strip()):
        raise CheckError(found)
    doubts = "; ".join(dict.fromkeys(f.text for f in found))
    return ". ".join(filter(None, [why, f"{overridden.strip()}{ALTHOUGH}{doubts})" if doubts else ""]))[:LONGEST]


ALTHOUGH: Final = " (although: "
"""In a reason, what stands before the doubt in spite of which something was entered."""
LONGEST: Final = 1000
"""Characters of a reason."""


def becoming(sheet: Sheet, keys: Sequence[Row], changes: Row) -> list[Row]:
    """Rows as changes would make them, for those who check them; large values that stay as they are are left out."""
    if not checks_of(sheet):
        return []
    light = [name for name, a in sheet.table.heading.items() if not field_of(a).column.is_heavy]
    return [{**row, **changes} for row in (sheet.table & [dict(key) for key in keys]).proj(*light).to_dicts()]


def checks_of(sheet: Sheet) -> list[Any]:
    """The checks of a table."""
    return [c for c in sheet.desk.workspace.screens.checks if name_of(c.table) == sheet.name]


def _found(sheet: Sheet, rows: Sequence[Row]) -> Iterator[Found]:
    checks = checks_of(sheet)
    usual = defaults_of(sheet.table.heading) if checks else {}
    for made in checks:
        for number, row in enumerate(rows):
            for remark in _remarks(made, {**usual, **row}):
                is_seen = not remark.attribute or remark.attribute in sheet.heading
                name, text = (remark.attribute, remark.text) if is_seen else ("", UNSEEN)
                yield Found(sheet.title, number, name, text, isinstance(remark, lw.Fault))


def _remarks(check: Any, row: Row) -> Sequence[Any]:
    """What a check says; that it fails is a doubt in itself."""
    try:
        return list(check(row))
    except Exception as error:
        LOG.error("the check %r failed", check.name, exc_info=error)
        return [lw.Doubt("", f"It could not be checked: {check.title!r} failed.")]
