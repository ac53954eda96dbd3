"""Computing rows again without storing them, to see whether they come out the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import LabwrightError
from labwright.core.heading import Attribute
from labwright.core.registry import Deferred
from labwright.core.values import adapt
from labwright.define.default_values import default_value
from labwright.define.table import TableDef, TableId
from labwright.jobs.make import Maker
from labwright.jobs.provenance import runs_of
from labwright.jobs.same import same
from labwright.query.conditions import make_condition
from labwright.query.expr import Source, restrict
from labwright.tables.capturing import Captured, capturing
from labwright.tables.insert import canonical
from labwright.tables.query import QueryExpression

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Row = Mapping[str, Any]
_PACK: Final[Deferred] = Deferred("labwright.codecs.blob:pack")
_UNPACK: Final[Deferred] = Deferred("labwright.codecs.blob:unpack")


@dataclass(frozen=True, slots=True)
class Difference:
    """What came out otherwise.

    Parameters
    ----------
    table : TableId
        The table itself, or a part.
    key : mapping
        The primary key of the row.
    attribute : str
        Empty where the whole row is missing on one side.
    stored, computed : object
        None for a row that is not there.
    """

    table: TableId
    key: Mapping[str, Any]
    attribute: str
    stored: Any
    computed: Any

    def __str__(self) -> str:
        where = f"{self.table} {dict(self.key)}"
        if not self.attribute:
            return f"{where}: the row is {'stored and was not computed' if self.computed is None else 'new'}"
        return f"{where}: {self.attribute} is {self.stored!r:.60} and was computed as {self.computed!r:.60}"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether rows came out the same; true in a condition when they did.

    Parameters
    ----------
    key : mapping
        What make was given.
    differences : tuple of Difference
    rows : int
        How many were compared, those of parts among them.
    """

    key: Mapping[str, Any]
    differences: tuple[Difference, ...]
    rows: int

    def __bool__(self) -> bool:
        return not self.differences

    def __str__(self) -> str:
        return "\n".join(map(str, self.differences)) or f"{self.rows} rows came out the same."


def verify_row(table: AutoPopulate, key: Mapping[str, Any], rtol: float) -> Verified:
    """Compute the rows of a key again, and compare them with those that are stored."""
    given = _make_key(table, key)
    captured = Captured(canonical)
    with capturing(captured):
        attempt = Maker(table).run([given])
        attempt.deferred.rollback()
    tables = [table.table_def, *_parts(table)]
    others = [id_ for id_ in captured if id_ not in {t.id for t in tables}]
    tables += [table.db.find(id_) for id_ in others if id_.schema]
    pairs = [(t, _stored(table, t, given, captured.rows(t.id)), captured.rows(t.id)) for t in tables]
    differences = [d for t, stored, computed in pairs for d in _Comparison(t, rtol).differences(stored, computed)]
    return Verified(given, tuple(differences), sum(len(stored) for _, stored, _ in pairs))


def _make_key(table: AutoPopulate, key: Mapping[str, Any]) -> dict[str, Any]:
    """What make was given for a row."""
    names = runs_of(table).heading.primary_key
    found = (table & {n: v for n, v in key.items() if n in table.heading}).to_dicts_of(names)
    keys = list({tuple(row.values()): row for row in found}.values())
    if len(keys) != 1:
        raise LabwrightError(
            f"{type(table).__name__} has {'no row' if not keys else 'rows of several keys'} with {dict(key)}. Give the "
            "primary key of a row that is stored."
        )
    return keys[0]


def _parts(table: AutoPopulate) -> list[TableDef]:
    tables = table.db.tables(table.id.schema).values()
    return [t for t in tables if t.id.master == table.id]


def _stored(table: AutoPopulate, of: TableDef, key: Row, computed: Sequence[Row]) -> list[dict[str, Any]]:
    """The stored rows that there are to compare: those of the key, and of other tables those that were computed."""
    source = Source(of.id.schema, of.id.name, of.heading)
    if set(key) <= set(of.heading):
        condition = make_condition(of.heading, dict(key))
    else:
        condition = make_condition(of.heading, [{n: row[n] for n in of.heading.primary_key} for row in computed])
    return QueryExpression(restrict(source, condition), [table]).to_dicts()


class _Comparison:
    """Of the rows of one table."""

    def __init__(self, table: TableDef, rtol: float) -> None:
        self.table = table
        self.rtol = rtol
        self.key = table.heading.primary_key

    def differences(self, stored: Sequence[Row], computed: Sequence[Row]) -> Iterator[Difference]:
        left, right = self.by_key(stored), self.by_key(computed)
        for name, row in left.items():
            if name not in right:
                yield Difference(self.table.id, self.shown(row), "", dict(row), None)
        for name, row in right.items():
            if name not in left:
                yield Difference(self.table.id, self.shown(row), "", None, dict(row))
            else:
                yield from self.of_row(left[name], row)

    def by_key(self, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
        return {tuple(self.of_key(n, row) for n in self.key): row for row in rows}

    def of_key(self, name: str, row: Row) -> Any:
        attribute = self.table.heading[name]
        return self.core(attribute, _with_default(attribute, row.get(name)))

    def shown(self, row: Row) -> dict[str, Any]:
        return {n: row.get(n) for n in self.key}

    def of_row(self, stored: Row, computed: Row) -> Iterator[Difference]:
        for name in self.table.heading.secondary_attributes:
            attribute = self.table.heading[name]
            if computed.get(name) is None and _is_left_to_the_database(attribute):
                continue
            value = self.core(attribute, _with_default(attribute, computed.get(name)))
            if not same(_loaded(stored[name]), value, self.rtol):
                yield Difference(self.table.id, self.shown(stored), name, stored[name], value)

    def core(self, attribute: Attribute, value: Any) -> Any:
        """A value as the attribute gives it back."""
        if attribute.type is None or value is None:
            return value
        if attribute.type.codec is None:
            return adapt(attribute.type, value)
        return value if isinstance(value, (str, Path)) else _through_blob(value)


def _is_left_to_the_database(attribute: Attribute) -> bool:
    """Whether nobody but the database knows what an attribute is that make has left out, such as the time."""
    return not attribute.nullable and (attribute.default is None or attribute.default.kind != "literal")


def _with_default(attribute: Attribute, value: Any) -> Any:
    default, type_ = attribute.default, attribute.type
    if value is not None or attribute.nullable or default is None or type_ is None:
        return value
    return default_value(type_, default.value)


def _through_blob(value: Any) -> Any:
    """A value as blobs give it back, which know fewer types than Python."""
    pack: Any = _PACK.load()
    unpack: Any = _UNPACK.load()
    return unpack(pack(value))


def _loaded(value: Any) -> Any:
    """What a store holds is fetched to be compared."""
    load: Callable[[], Any] | None = getattr(value, "load", None)
    return value if load is None else load()
