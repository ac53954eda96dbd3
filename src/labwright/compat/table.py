"""``datajoint.table``: tables, and how code in use finds their classes."""

from __future__ import annotations

import inspect
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

from labwright import FreeTable, QueryExpression, Table, UserTable, ValidationResult

foreign_key_error_regexp: Final = re.compile(
    r"[\w\s:]*\((?P<child>`[^`]+`\.`[^`]+`), CONSTRAINT (?P<name>`[^`]+`) "
    r"(FOREIGN KEY \((?P<fk_attrs>[^)]+)\) "
    r"REFERENCES (?P<parent>`[^`]+`(\.`[^`]+`)?) \((?P<pk_attrs>[^)]+)\)[\s\w]+\))?"
)
"""What MySQL says about a missing parent; `IntegrityError.violation` has it for every database."""


def lookup_class_name(name: str, context: Mapping[str, Any], depth: int = 3) -> str | None:
    """The dotted name under which `context` holds the class of a table.

    Parameters
    ----------
    name : str
        The quoted full name of the table.
    context : mapping
        Names and what they stand for, modules among them.
    depth : int
        How far modules within modules are looked into.

    Returns
    -------
    str or None
        None when it is not there.
    """
    todo = deque([("", context, depth)])
    while todo:
        prefix, names, left = todo.popleft()
        for member, value in names.items():
            if member.startswith("_"):
                continue
            if inspect.ismodule(value) and left and value.__name__.partition(".")[0] not in ("labwright", "datajoint"):
                todo.append((f"{prefix}{member}.", vars(value), left - 1))
            for found, table in _classes(member, value):
                if table().full_table_name == name:
                    return prefix + found
    return None


def _classes(member: str, value: Any) -> Iterator[tuple[str, type[Table]]]:
    """The table class under a name, and its parts."""
    if inspect.isclass(value) and issubclass(value, UserTable) and value.__dict__.get("_schema") is not None:
        yield member, value
        yield from ((f"{member}.{part.__name__}", part) for part in value().schema.part_classes(value))


__all__ = [
    "FreeTable",
    "QueryExpression",
    "Table",
    "ValidationResult",
    "foreign_key_error_regexp",
    "lookup_class_name",
]
