"""What the database holds the rows of a lab book to: what is signed stays, and what is locked waits."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import labwright as lw

SIGNED: Final = MappingProxyType({"sealed": True})
LOCKED: Final = "locked_by <> ''"
UNLOCK: Final = "this entry is locked: unlock it first"
AMEND: Final = "write a new entry that amends it"


def rules_of_entries(schema: lw.Schema) -> list[lw.Refuse]:
    """The rules of entries."""
    return [
        lw.Refuse(
            lambda new, old: _entry(schema, new) & "old.sealed",  # it waits for those who add files
            f"this entry is signed: it stays as it is; {AMEND}",
            on="update",
            name="signed_stays",
        ),
        lw.Refuse(
            lambda old: old & SIGNED,
            "this entry is signed: it is not deleted",
            on="delete",
            name="signed_is_kept",
        ),
        lw.Refuse(
            lambda new, old: new & "old.locked_by <> '' and new.locked_by <> ''",
            UNLOCK,
            on="update",
            name="locked_stays",
        ),
        lw.Refuse(lambda old: old & LOCKED, UNLOCK, on="delete", name="locked_is_kept"),
    ]


def rules_of_parts(schema: lw.Schema, what: str) -> list[lw.Refuse]:
    """The rules for what belongs to an entry."""
    return [
        lw.Refuse(
            lambda new: _entry(schema, new) & SIGNED,
            f"this entry is signed: nothing is added to its {what}; {AMEND}",
            on=["insert", "update"],
            name="signed_takes_no_more",
        ),
        lw.Refuse(
            lambda old: _entry(schema, old) & SIGNED,
            f"this entry is signed: its {what} stay as they are; {AMEND}",
            name="signed_gives_nothing_up",
        ),
        lw.Refuse(
            lambda new: _entry(schema, new) & LOCKED,
            UNLOCK,
            on=["insert", "update"],
            name="locked_takes_no_more",
        ),
        lw.Refuse(lambda old: _entry(schema, old) & LOCKED, UNLOCK, name="locked_gives_nothing_up"),
    ]


def rules_of_signatures(schema: lw.Schema) -> list[lw.Refuse]:
    """The rules of signatures."""
    return [
        stays("a signature", "signature_stays"),
        lw.Refuse(
            lambda new: _entry(schema, new) & {"sealed": False},
            "an entry is sealed when it is signed",
            on="insert",
            name="only_what_is_sealed",
        ),
    ]


def stays(what: str, name: str) -> lw.Refuse:
    """The rule that rows are neither changed nor deleted."""
    return lw.Refuse(lambda old: old, f"{what} is not taken back", name=name)


def _entry(schema: lw.Schema, row: Any) -> Any:
    """The entry that a row belongs to, or is."""
    return schema["Entry"] & {"entry": row.entry}
