"""From the cells of a row to its values, or to what is wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from labwright.web.desk.importing.cells import Cell, is_blank, value_of
from labwright.web.desk.importing.mapping import Choice
from labwright.web.fields import Field, FieldError

REMEMBERED: Final = 5_000
"""So many texts of a column are read once only."""
SHORT: Final = 100
"""Those that are not longer."""


class Problem(NamedTuple):
    """What is wrong with a row.

    Parameters
    ----------
    name : str
        The attribute; empty for the row as a whole.
    text : str
        The sentence that says why.
    kind : str
        ``cell``, ``row``, ``key`` (another row of the file has it), ``there``, ``parent``, ``refused``, or ``doubt``,
        which a reason overrides.
    """

    name: str
    text: str
    kind: str = "cell"


@dataclass
class Reader:
    """Reads rows.

    Parameters
    ----------
    fields : mapping
    mapping : Choice
    width : int
        How many columns the file has.
    """

    fields: Mapping[str, Field]
    mapping: Choice
    width: int

    def __post_init__(self) -> None:
        constants = self.mapping.constants.items()
        self._constants = {n: self.fields[n].parse(text) for n, text in constants if n in self.fields}
        columns = self.mapping.columns.items()
        self._columns: list[tuple[int, str, Field, dict[str, Any]]]
        self._columns = [(i, n, self.fields[n], {}) for i, n in columns if n in self.fields]

    def read(self, cells: Sequence[Cell]) -> tuple[dict[str, Any], list[Problem]]:
        """The values of a row by attribute, None being none, and what is wrong with it."""
        row, problems = dict(self._constants), []
        for number, name, field, known in self._columns:
            cell = cells[number] if number < len(cells) else None
            try:
                row[name] = self._value(field, cell, known)
            except FieldError as error:
                problems.append(Problem(name, str(error)))
        if len(cells) > self.width and not is_blank(cells[self.width :]):
            problems.append(Problem("", "This row has more cells than there are columns.", "row"))
        return row, problems

    def _value(self, field: Field, cell: Cell, known: dict[str, Any]) -> Any:
        if not isinstance(cell, str):
            return field.parse_value(value_of(cell))
        if cell in known:
            return known[cell]
        value = field.parse(cell)
        if len(known) < REMEMBERED and len(cell) <= SHORT:
            known[cell] = value
        return value


def hash_of(key: Sequence[Any]) -> int:
    """A number for a key: equal keys have the same, and others another one.

    Examples
    --------
    >>> hash_of((1, "a")) == hash_of((1, "a")), hash_of((1, "a")) == hash_of((1, "b"))
    (True, False)
    """
    return int.from_bytes(hashlib.blake2b(repr(key).encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1
