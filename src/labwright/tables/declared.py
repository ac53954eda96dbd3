"""What a table's class says of it beside the definition: rules, owner, history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labwright.define.table import TableDef

if TYPE_CHECKING:
    from labwright.tables.table import Table


def as_declared(cls: type[Table], table: TableDef) -> TableDef:
    """The table that the definition of `cls` gives, with what the class says of it."""
    return replace(table, owner=cls.owner)
