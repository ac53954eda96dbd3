"""What went wrong, in the words of those who do not write programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import labwright as lw

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

Row = Mapping[str, Any]
UNSEEN: Final = "This cannot be stored by somebody who does not see all of the table. Ask somebody who does."
OF_WHAT_IS_GIVEN: Final = (lw.errors.DataError, lw.errors.MissingAttributeError)
BUSY: Final = "Somebody else is changing the same at this moment. Nothing was changed; try again."
DENIED: Final = "The database does not permit this. Somebody who administers it can."
TOO_SLOW: Final = "The database would take too long for this. Nothing was changed; ask for less at once."


def is_too_slow(error: Exception) -> bool:
    """Whether a statement was given up because it took too long."""
    violation = error.violation if isinstance(error, lw.LabwrightError) else None
    return violation is not None and violation.reason == "timeout"


def sentence(error: lw.LabwrightError, sheet: Sheet, row: Mapping[str, Any] | None = None) -> str:
    """What to tell a person who has tried to change rows of a table.

    Parameters
    ----------
    error : LabwrightError
    sheet : Sheet
        The table. Attributes that the person may not see are not named.
    row : mapping, optional
        What was to be entered.
    """
    if isinstance(error, lw.errors.RuleError) and error.says:
        return str(error.says)
    for kind, text in _KINDS.items():
        if isinstance(error, kind):
            return text
    told = _REASONS.get(error.violation.reason) if error.violation is not None else None
    return told(error.violation, sheet, row or {}) if told is not None else _other(error, sheet)


def _other(error: lw.LabwrightError, sheet: Sheet) -> str:
    """What the error itself says, to whom it can name nothing that they may not see.

    The advice that follows on lines of its own is for those who write programs.
    """
    seen = sheet.is_whole or (isinstance(error, OF_WHAT_IS_GIVEN) and not sheet.names_hidden(str(error)))
    return str(error).partition("\n")[0] if seen else UNSEEN


def _named(violation: Any, sheet: Sheet) -> str:
    """The attributes that it is about; empty when the person may not see one of them, or nobody knows."""
    seen = all(name in sheet.heading for name in violation.columns)
    return " and ".join(violation.columns) if seen else ""


def _unique(violation: Any, sheet: Sheet, row: Row) -> str:
    key = {name: row[name] for name in sheet.key if name in row}
    is_key = set(violation.columns) == set(sheet.key) or violation.constraint == "PRIMARY"
    if len(key) == len(sheet.key) and (is_key or sheet.table & key):
        return f"There is a {sheet.title} {_shown(key)} already."
    names = _named(violation, sheet)
    return f"There is a row with the same {names} already." if names else "There is such a row already."


def _no_parent(_: Any, sheet: Sheet, row: Row) -> str:
    for reference in sorted(sheet.references, key=lambda r: r.sheet.name == sheet.master_name):  # entered with it
        key = {there: row.get(here) for here, there in reference.attributes.items()}
        if None not in key.values() and not reference.sheet.table & key:
            return f"There is no {reference.sheet.title} {_shown(key)}. Enter it first."
    return "What it refers to is not there. Enter that first."


def _shown(key: Row) -> str:
    return ", ".join(map(str, key.values()))


def _empty(violation: Any, sheet: Sheet, _: Row) -> str:
    names = _named(violation, sheet)
    return f"{names} needs a value." if names else "A value is missing."


_KINDS: Final[Mapping[type[lw.LabwrightError], str]] = MappingProxyType(
    {
        lw.errors.ConflictError: "Somebody else has changed this row meanwhile. Nothing was changed.",
        lw.errors.LockError: BUSY,
        lw.errors.LostConnectionError: "The database cannot be reached. Nothing was changed; try again in a moment.",
        lw.errors.AccessError: DENIED,
    }
)
_REASONS: Final[Mapping[str, Callable[[Any, Sheet, Row], str]]] = MappingProxyType(
    {
        "unique": _unique,
        "missing_parent": _no_parent,
        "not_null": _empty,
        "has_children": lambda *_: "Other rows refer to it.",
        "timeout": lambda *_: TOO_SLOW,
        "full": lambda *_: "There is no room left on the server. Nothing was changed.",
        "read_only": lambda *_: "The database takes no changes at present. Nothing was changed.",
    }
)
