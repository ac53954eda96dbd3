"""`TableSpec` -> text, such that the parser gives the same spec back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from labwright.core.errors import DefinitionError
from labwright.core.types import Default
from labwright.define.ast import Entry, Expression, IndexSpec, ReferenceSpec, TableSpec
from labwright.define.scanner import quote
from labwright.define.typenames import spell

WIDEST: Final = 40
"""Columns grow with their longest text up to this many characters."""

PLAIN: Final = re.compile(r"[-+]?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?|true|false", re.IGNORECASE)
"""Literals that need no quotes."""

Row = tuple[str, str, str]


def format_spec(spec: TableSpec, *, classic: bool = False) -> str:
    """Return the text of a definition, in aligned columns.

    Parameters
    ----------
    spec : TableSpec
        What the text is to say.
    classic : bool
        The generation that will read it: in the classic one, ``longblob`` means ``<blob>``.

    Raises
    ------
    DefinitionError
        If a default, a label or an expression holds a line break, which no definition can.

    Examples
    --------
    >>> from labwright.core.types import Type
    >>> from labwright.define.ast import AttributeSpec
    >>> print(format_spec(TableSpec(
    ...     comment="a mouse",
    ...     key=(AttributeSpec("mouse_id", Type("int32")),),
    ...     body=(AttributeSpec("name", Type("varchar", (20,)), Default("null"), "as called in the lab"),),
    ... )))
    # a mouse
    mouse_id    : int32
    ---
    name = null : varchar(20)  # as called in the lab
    """
    rows = {id(entry): _row(entry, classic) for entry in spec.key + spec.body}
    columns = [row for row in rows.values() if row[1]]
    left, middle = _width(row[0] for row in columns), _width(row[1] for row in columns if row[2])
    lines = [f"# {_one_line(spec.comment)}"] if spec.comment else []
    lines += [_line(rows[id(entry)], left, middle) for entry in spec.key]
    lines += ["---"] if spec.body or not spec.key else []
    lines += [_line(rows[id(entry)], left, middle) for entry in spec.body]
    lines += [format_index(index) for index in spec.indexes]
    return "\n".join(map(_checked, lines))


def format_default(default: Default) -> str:
    """Return the text of a default, quoted where it must be.

    >>> format_default(Default("literal", "control")), format_default(Default("literal", "-1.5"))
    ('"control"', '-1.5')
    """
    if default.kind == "now":
        return f"CURRENT_TIMESTAMP({default.value})" if default.value else "CURRENT_TIMESTAMP"
    if default.kind == "null":
        return "null"
    return quote(default.value) if default.quoted or not PLAIN.fullmatch(default.value) else default.value


def format_reference(reference: ReferenceSpec) -> str:
    """Return the text of a reference, without its comment.

    >>> format_reference(ReferenceSpec(("lab", "Person"), {"owner": "person"}, nullable=True))
    '-> [nullable] lab.Person.proj(owner="person")'
    """
    chosen = [name for name, on in (("nullable", reference.nullable), ("unique", reference.unique)) if on]
    options = f"[{', '.join(chosen)}] " if chosen else ""
    target = ".".join(reference.target)
    if "" in reference.renames.values():
        return f"({', '.join(reference.renames)}) -> {options}{target}"
    renames = ", ".join(f"{new}={quote(old)}" for new, old in reference.renames.items())
    return f"-> {options}{target}" + (f".proj({renames})" if renames else "")


def format_index(index: IndexSpec) -> str:
    """Return the text of an index.

    >>> format_index(IndexSpec(("name", Expression("lower(city)")), unique=True))
    'unique index (name, (lower(city)))'
    """
    columns = ", ".join(f"({c.text})" if isinstance(c, Expression) else c for c in index.columns)
    return f"{'unique ' if index.unique else ''}index ({columns})"


def _row(entry: Entry, classic: bool) -> Row:
    if isinstance(entry, ReferenceSpec):
        return format_reference(entry), "", _one_line(entry.comment)
    default = f" = {format_default(entry.default)}" if entry.default else ""
    return entry.name + default, spell(entry.type, classic=classic), _one_line(entry.comment)


def _line(row: Row, left: int, middle: int) -> str:
    head, type_, comment = row
    text = f"{head:{left}} : {type_:{middle}}" if type_ else head
    return f"{text}  # {comment}" if comment else text.rstrip()


def _width(texts: Iterable[str]) -> int:
    return max((len(text) for text in texts if len(text) <= WIDEST), default=0)


def _one_line(comment: str) -> str:
    return " ".join(re.split(r"[\r\n]+", comment)).strip()


def _checked(line: str) -> str:
    if any(c in line for c in "\r\n\0"):
        raise DefinitionError(f"a definition cannot hold a line break or NUL: {line!r}")
    return line
