"""A dry run of an insert that reports every bad cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from labwright.core.errors import LabwrightError
from labwright.define.table import TableDef
from labwright.sql.database import Database
from labwright.sql.rule_check import broken_checks
from labwright.tables.encode import CellProblem, encode_columns, problems
from labwright.tables.rows import Columns, read_rows, unknown_field, unknown_fields


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What a dry run found.

    Parameters
    ----------
    rows : int
        How many rows were looked at.
    errors : tuple of (row, attribute, message)
        Every problem; row and attribute are None where the rows as a whole are wrong.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     found = Mouse.validate([(1,), (1,)])
    ...     found.is_valid, found.errors
    (False, ((1, None, 'the same primary key as row 0'),))
    """

    rows: int
    errors: tuple[tuple[int | None, str | None, str], ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether all rows could be inserted, as far as can be told without inserting them."""
        return not self.errors

    def __bool__(self) -> bool:
        return self.is_valid

    def raise_if_invalid(self) -> None:
        """Raise an error that lists all problems."""
        if self.errors:
            raise LabwrightError(self.summary())

    def summary(self) -> str:
        """All problems, one per line."""
        if not self.errors:
            return f"{self.rows} rows, all valid"
        lines = [_line(*e) for e in self.errors]
        return "\n".join([f"{self.rows} rows, {len(lines)} problem{'s' if len(lines) > 1 else ''}:", *lines])


def _line(row: int | None, attribute: str | None, message: str) -> str:
    place = "".join([f"row {row}" if row is not None else "", f", {attribute!r}" if attribute else ""])
    return f"  {place}: {message}" if place else f"  {message}"


def validate_rows(
    database: Database, table: TableDef, rows: Any, *, ignore_extra_fields: bool = False
) -> ValidationResult:
    """Check `rows` as an insert would, without stopping at the first problem."""
    rows = list(rows) if isinstance(rows, Iterator) else rows  # which are read twice
    try:
        columns = read_rows(table.heading, rows, ignore_extra_fields=True)
        extra = [] if ignore_extra_fields else _extra_fields(table, rows)
    except LabwrightError as error:
        return ValidationResult(0, ((None, None, str(error)),))
    missing = [n for n, a in table.heading.attributes.items() if a.required and n not in columns.names]
    found = [(None, n, f"attribute {n!r} is required and has no value") for n in missing if columns.count]
    cells = [(p.row, p.attribute, str(p.error)) for p in _sorted(list(problems(database, table, columns)))]
    broken = [] if found or cells else _broken_checks(database, table, columns)
    return ValidationResult(columns.count, (*extra, *found, *cells, *_duplicates(table, columns), *broken))


def _extra_fields(table: TableDef, rows: Any) -> list[tuple[int | None, str | None, str]]:
    """Fields that are no attributes; those of a frame are of no row."""
    found = unknown_fields(table.heading, rows)
    return [(row, name, str(unknown_field(table.heading, name, row or 0))) for row, name in found]


def _broken_checks(database: Database, table: TableDef, columns: Columns) -> list[tuple[int | None, str | None, str]]:
    """Rows that break a check, as the database sees it; other rules depend on the rows that are there."""
    if not columns.count or not any(r.kind == "check" for r in table.rules):
        return []
    found: list[tuple[int | None, str | None, str]] = []
    for part in encode_columns(database, table, columns):
        rows = list(zip(*part.values, strict=True))
        for index, rule in broken_checks(database.connection, database.dialect, table, part.names, rows):
            found.append((part.number(index), None, f"{rule.says} (rule {rule.name})"))
    return sorted(found, key=lambda f: f[0] or 0)


def _sorted(found: list[CellProblem]) -> list[CellProblem]:
    return sorted(found, key=lambda p: p.row)


def _duplicates(table: TableDef, columns: Columns) -> list[tuple[int | None, str | None, str]]:
    """Rows with a key that an earlier row has."""
    key = table.heading.primary_key
    if not key or not set(key) <= set(columns.names):
        return []
    seen: dict[str, int] = {}
    found: list[tuple[int | None, str | None, str]] = []
    for number in range(columns.count):
        row = columns.row(number)
        text = repr([row[n] for n in key])
        if text in seen:
            found.append((number, None, f"the same primary key as row {seen[text]}"))
        else:
            seen[text] = number
    return found
