"""Rules of a definition that need no other table: names, keys, defaults, indexes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from labwright.core.errors import DefinitionError, did_you_mean
from labwright.core.types import Type
from labwright.define.ast import AttributeSpec, Entry, Expression, IndexSpec, Position, ReferenceSpec, TableSpec
from labwright.define.defaults import check_default

MAX_NAME: Final = 64
"""The greatest number of characters in the name of an attribute."""

ATTRIBUTE_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
Problem = tuple[Position, str]


def check_spec(spec: TableSpec, *, table: str = "") -> None:
    """Raise `DefinitionError` for the first rule that `spec` breaks.

    Parameters
    ----------
    spec : TableSpec
        From the parser, or built by hand.
    table : str
        The table's name, for the message.

    Examples
    --------
    >>> from labwright.core.types import Type
    >>> check_spec(TableSpec(key=(AttributeSpec("id", Type("json")),)), table="Session")
    Traceback (most recent call last):
    ...
    labwright.core.errors.DefinitionError: Table 'Session': 'id' cannot be in the key: json has no order
    Write it below the line of dashes.
    """
    for _position, message in problems(spec):
        raise DefinitionError(f"Table {table!r}: {message}" if table else message)


def problems(spec: TableSpec) -> Iterator[Problem]:
    """Yield where and how `spec` breaks a rule."""
    if not spec.key and not spec.body:
        yield Position(), "the definition has no attribute\nWrite one per line: `name : type # comment`."
    for entry in spec.key + spec.body:
        yield from _attribute_problems(entry) if isinstance(entry, AttributeSpec) else _reference_problems(entry)
    for entry in spec.key:
        yield from _key_problems(entry)
    yield from _duplicates(spec)
    yield from _auto_problems(spec)
    for index in spec.indexes:
        yield from _index_problems(index, spec)
    if spec.comment.startswith(":"):
        yield Position(1, 1), _COLON


def name_problem(name: str) -> str:
    """Return what is wrong with the name of an attribute, or ``""``.

    >>> name_problem("Animal Id")
    "'Animal Id' is not a name: write small letters, digits and '_', as in 'animal_id'"
    """
    if name.startswith("_"):
        return f"{name!r}: a leading underscore is reserved for hidden columns\nWrite {name.strip('_') or 'a name'!r}."
    if not ATTRIBUTE_NAME.fullmatch(name):
        return f"{name!r} is not a name: write small letters, digits and '_', as in {_repaired(name)!r}"
    return f"{name!r} has {len(name)} characters, and {MAX_NAME} is the limit" if len(name) > MAX_NAME else ""


_COLON: Final = "a comment must not begin with a colon: column types are marked that way"


def _repaired(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return re.sub(r"[^a-z0-9]+", "_", snake).strip("_0123456789") or "subject_id"


def _attribute_problems(entry: AttributeSpec) -> Iterator[Problem]:
    if problem := name_problem(entry.name):
        yield entry.position, problem
    if entry.comment.startswith(":"):
        yield entry.position, _COLON
    try:
        check_default(entry.type, entry.default)
    except DefinitionError as error:
        yield entry.position, f"{entry.name!r}: {error}"


def _reference_problems(entry: ReferenceSpec) -> Iterator[Problem]:
    for new, old in entry.renames.items():
        if problem := name_problem(new) or (name_problem(old) if old else ""):
            yield entry.position, problem
    counts = Counter(old for old in entry.renames.values() if old)
    for old in (name for name, count in counts.items() if count > 1):
        yield entry.position, f"the parent's attribute {old!r} is renamed twice\nWrite one reference for each."


def _key_problems(entry: Entry) -> Iterator[Problem]:
    if entry.nullable:
        what = repr(entry.name) if isinstance(entry, AttributeSpec) else "-> " + ".".join(entry.target)
        yield entry.position, f"{what} cannot be null in the key\nWrite it below the line of dashes, or not nullable."
    if isinstance(entry, AttributeSpec) and not entry.type.may_be_key:
        what = f"{entry.name!r} cannot be in the key: {entry.type} has no order"
        advice = ", or as varchar(n)" if entry.type.kind == "text" else ""
        yield entry.position, f"{what}\nWrite it below the line of dashes{advice}."


def _duplicates(spec: TableSpec) -> Iterator[Problem]:
    seen: dict[str, Position] = {}
    renamed = {new for reference in spec.references for new in reference.renames}
    for entry in _attributes(spec):
        if entry.name in seen:
            line = f" (first in line {seen[entry.name].line})" if seen[entry.name].line else ""
            yield entry.position, f"{entry.name!r} is declared twice{line}"
        elif entry.name in renamed:
            yield entry.position, f"{entry.name!r} is declared twice: a reference brings it already"
        seen.setdefault(entry.name, entry.position)


def _auto_problems(spec: TableSpec) -> Iterator[Problem]:
    autos = [entry for entry in _attributes(spec) if entry.type.auto]
    for entry in autos[1:]:
        yield entry.position, f"{entry.name!r}: {autos[0].name!r} counts by itself already, and one attribute may"


def _may_be_indexed(type_: Type) -> bool:
    """A classic ``filepath@raw`` is the identifier of a stored object."""
    return type_.may_be_key or (type_.store is not None and not type_.spelling.startswith("<"))


def _index_problems(index: IndexSpec, spec: TableSpec) -> Iterator[Problem]:
    attributes = {entry.name: entry for entry in _attributes(spec)}
    renamed = {new for reference in spec.references for new in reference.renames}
    for column in index.columns:
        name = column_attribute(column)
        if name is None:
            continue
        if name in attributes and not _may_be_indexed(attributes[name].type) and name == column:
            yield index.position, f"{name!r} cannot be indexed: {attributes[name].type} has no order"
        elif name not in attributes and name not in renamed and not spec.references:
            known = f"Attributes: {', '.join(attributes)}"
            yield index.position, f"there is no attribute {name!r} to index.{did_you_mean(name, attributes)}\n{known}"
    columns = [column for column in index.columns if isinstance(column, str)]
    for column, count in Counter(columns).items():
        if count > 1:
            yield index.position, f"{column!r} occurs twice in the index"


def column_attribute(column: str | Expression) -> str | None:
    """Return the attribute of an indexed column, JSON path or not; None for an expression.

    >>> column_attribute("info.weight:float"), column_attribute(Expression("lower(name)"))
    ('info', None)
    """
    return None if isinstance(column, Expression) else re.split(r"[.\[:]", column, maxsplit=1)[0]


def _attributes(spec: TableSpec) -> list[AttributeSpec]:
    return [entry for entry in spec.key + spec.body if isinstance(entry, AttributeSpec)]
