"""Blueprints: the classes of a schema, the parts in them, where their references lead, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labwright.core.errors import UnresolvedReferenceError
from labwright.define.ast import ReferenceSpec
from labwright.define.references import Scope, resolve
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.tables.table import Part, Table, TableMeta


@dataclass(slots=True)
class Bound:
    """What a blueprint is in one database, for as long as that is open."""

    declared: set[type[Table]] = field(default_factory=set)
    unfilled: set[type[Table]] = field(default_factory=set)
    tables: Mapping[str, TableDef] | None = None
    sources: dict[type[Table], expr.Source] = field(default_factory=dict)
    defined: dict[type[Table], TableDef] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    """Names of tables that were dropped here; they may be there again."""

    def forget(self) -> None:
        """Let all be found out again."""
        self.declared.clear()
        self.unfilled.clear()
        self.sources.clear()
        self.defined.clear()


def parts_in(cls: type[Table]) -> list[tuple[str, type[Part]]]:
    """Parts inside a class, inherited ones included; those of a base class are derived anew."""
    found: dict[str, type[Part]] = {}
    for name in dir(cls):
        value = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
        if isinstance(value, TableMeta) and issubclass(value, Part) and value is not Part:
            own = name in vars(cls) and type.__getattribute__(value, "_schema") is None
            part = value if own else type(name, (value,), {"__module__": cls.__module__})
            if not own:
                setattr(cls, name, part)
            found[name] = part
    order = list(vars(cls))
    return sorted(found.items(), key=lambda item: order.index(item[0]))


def target_of(cls: type[Table], reference: ReferenceSpec, scope: Scope) -> type[Table]:
    """The table of a schema that a reference in `cls` leads to."""
    try:
        found = resolve(reference.target, scope)
    except UnresolvedReferenceError as error:
        raise UnresolvedReferenceError(f"Table {cls.__name__}: {error}") from error
    owner = found if isinstance(found, type) else type(found)
    if not issubclass(owner, Table):
        raise UnresolvedReferenceError(
            f"Table {cls.__name__}: -> {'.'.join(reference.target)} is {found!r}, which is not a table."
        )
    if owner._schema is None:
        raise UnresolvedReferenceError(
            f"Table {cls.__name__}: -> {'.'.join(reference.target)} belongs to no schema yet. Decorate "
            f"{owner.__name__} with its schema first, above this table."
        )
    return owner
