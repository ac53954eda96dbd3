"""Tables as they are and as they are to be, and how a change of one is carried down to those that refer to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from labwright.core.errors import MigrationError
from labwright.core.heading import Attribute, Heading
from labwright.define.comparable import comparable
from labwright.define.diff import Change, RenameTable, diff
from labwright.define.names import is_table_name
from labwright.define.table import NULL_DEFAULT, ForeignKey, Index, TableDef, TableId

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Evolution:
    """A table as it is, and as it is to be.

    Parameters
    ----------
    old, new : TableDef
    renames : mapping
        New name -> old name of the attributes that keep their values under another name.
    fills : mapping
        Attribute -> the expression over the attributes of `old` that gives its values.
    """

    old: TableDef
    new: TableDef
    renames: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    fills: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is done to the table."""
        return diff(comparable(self.old), comparable(self.new), self.renames)

    def old_name(self, name: str) -> str | None:
        """The attribute whose values `name` keeps; None for one that is new."""
        origin = self.renames.get(name, name)
        taken = origin == name and name in self.renames.values()
        return origin if origin in self.old.heading and not taken else None

    @property
    def dropped(self) -> tuple[str, ...]:
        """The attributes whose values are not kept."""
        kept = {self.old_name(n) for n in self.new.heading}
        return tuple(n for n in self.old.heading if n not in kept)


def evolve(
    world: Mapping[TableId, TableDef],
    wanted: Iterable[Evolution],
    order: Iterable[TableId],
) -> list[Evolution]:
    """Return what becomes of all tables, parents first: those that are wanted otherwise, and those that follow.

    Parameters
    ----------
    world : mapping
        All tables that there are, as far as they hang together.
    wanted : iterable of Evolution
        What somebody wants of some of them.
    order : iterable of TableId
        The keys of `world`, parents first.

    Raises
    ------
    MigrationError
        When a table cannot follow.
    """
    asked = {e.old.id: e for e in wanted}
    done: dict[TableId, Evolution] = {}
    for id_ in order:
        found = asked.get(id_) or _with_master(_follow(world[id_], done), done)
        if comparable(found.old) != comparable(found.new):
            done[id_] = found
        else:
            _check_places(found)
    _check_rules(world, done)
    return list(done.values())


def _check_places(same: Evolution) -> None:
    """Refuse names that change places where nothing else tells whether they have done so."""
    swapped = [n for n, o in same.renames.items() if n != o and n in same.old.heading and o in same.new.heading]
    if swapped:
        raise MigrationError(
            f"Table {same.old.id}: after {', '.join(map(repr, swapped))} have changed places the table would be as it"
            " is now, so that nobody could tell whether it has been done. Rename them in two steps, by another name."
        )


def _with_master(part: Evolution, done: Mapping[TableId, Evolution]) -> Evolution:
    """A part has the name of its master before its own."""
    id_ = part.old.id
    if not is_table_name(id_.name) or id_.parsed.master is None:
        return part
    master = done.get(TableId(id_.schema, id_.parsed.master))
    if master is None or master.new.id == master.old.id:
        return part
    name = master.new.id.name + id_.name.removeprefix(master.old.id.name)
    return replace(part, new=RenameTable(TableId(master.new.id.schema, name)).apply(part.new))


def _follow(table: TableDef, done: Mapping[TableId, Evolution]) -> Evolution:
    """What becomes of a table of which nobody asks anything, when its parents change."""
    if not any(fk.parent in done and fk.parent != table.id for fk in table.foreign_keys):
        return Evolution(table, table)
    follower = _Follower(table, done)
    for fk in table.foreign_keys:
        follower.follow(fk)
    return follower.evolution()


class _Follower:
    """Collects what the references of one table bring after their parents have changed."""

    def __init__(self, table: TableDef, done: Mapping[TableId, Evolution]) -> None:
        self.table = table
        self.done = done
        self.attributes = dict(table.heading.attributes)
        self.keys: list[ForeignKey] = []
        self.renames: dict[str, str] = {}

    def follow(self, fk: ForeignKey) -> None:
        parent = self.done.get(fk.parent)
        if parent is None or fk.parent == self.table.id:
            self.keys.append(fk)
            return
        here = dict(zip(fk.parent_columns, fk.columns, strict=True))
        columns = []
        for name in parent.new.heading.primary_key:
            origin = parent.old_name(name)
            column = self._kept(here[origin], origin, name) if origin in here else self._added(fk, name)
            self._inherit(column, parent.new.heading[name], fk, in_key=self._in_key(fk, column))
            columns.append(column)
        self.keys.append(
            replace(
                fk,
                columns=tuple(columns),
                parent=parent.new.id,
                parent_columns=tuple(parent.new.heading.primary_key),
            )
        )

    def _kept(self, column: str, origin: str, name: str) -> str:
        """The name of a column whose parent's is `name` now: it follows where it was the same."""
        known = next((new for new, old in self.renames.items() if old == column), None)
        if known is not None or column != origin or name == column:
            return known or column
        if name in self.table.heading:
            raise self._clash(name)
        self.renames[name] = column
        return name

    def _added(self, fk: ForeignKey, name: str) -> str:
        if name in self.table.heading and name not in self.renames:
            parent = self.done[fk.parent].new.heading[name]
            if self.table.heading[name].lineage != parent.lineage:
                raise self._clash(name)
        return name

    def _in_key(self, fk: ForeignKey, column: str) -> bool:
        if column in self.attributes:
            return self.attributes[column].in_key
        origin = self.renames.get(column)
        if origin is not None:
            return self.table.heading[origin].in_key
        return any(self.table.heading[c].in_key for c in fk.columns)

    def _inherit(self, column: str, parent: Attribute, fk: ForeignKey, *, in_key: bool) -> None:
        present = self.table.heading.get(self.renames.get(column, column))
        nullable = present.nullable if present is not None else fk.nullable
        default = present.default if present is not None else NULL_DEFAULT if nullable else None
        type_ = replace(parent.type, auto=False) if parent.type is not None and parent.type.auto else parent.type
        self.attributes[column] = replace(
            parent, name=column, type=type_, in_key=in_key, nullable=nullable, default=default
        )

    def evolution(self) -> Evolution:
        kept = {c for fk in self.keys for c in fk.columns}
        gone = {c for fk in self.table.foreign_keys for c in fk.columns} - kept - set(self.renames.values())
        new_names = {old: new for new, old in self.renames.items()}
        names = [new_names.get(n, n) for n in self.table.heading if n not in gone]
        for fk in self.keys:
            _insert(names, fk.columns)
        ordered = sorted(names, key=lambda n: not self.attributes[n].in_key)
        new = replace(
            self.table,
            heading=Heading(self.attributes[n] for n in ordered),
            foreign_keys=tuple(self.keys),
            indexes=tuple(self._index(i) for i in self.table.indexes if not gone & set(i.columns)),
        )
        return Evolution(self.table, new, self.renames)

    def _index(self, index: Index) -> Index:
        names = {old: new for new, old in self.renames.items()}
        return replace(index, columns=tuple(names.get(c, c) if isinstance(c, str) else c for c in index.columns))

    def _clash(self, name: str) -> MigrationError:
        return MigrationError(
            f"Table {self.table.id} would inherit {name!r}, and has another attribute of that name. Rename that first."
        )


def _insert(names: list[str], columns: tuple[str, ...]) -> None:
    """Put the columns that are new where the reference has them: behind the one before, or before the first."""
    for before, column in zip((None, *columns), columns, strict=False):
        if column not in names:
            first = next((i for i, n in enumerate(names) if n in columns), len(names))
            names.insert(names.index(before) + 1 if before is not None else first, column)


def _check_rules(world: Mapping[TableId, TableDef], done: Mapping[TableId, Evolution]) -> None:
    """Refuse what would take from under a rule what it looks at."""
    for table in world.values():
        evolution = done.get(table.id)
        for rule in table.rules:
            if evolution is not None and rule not in evolution.new.rules:
                continue
            own = _lost(evolution) if evolution is not None else set()
            others = {n for e in done.values() if _mentions(rule.body, e.old.id) for n in _lost(e)}
            named = [n for n in sorted(own | others) if n in rule.body]
            moved = [e.old.id for e in done.values() if e.new.id != e.old.id and _mentions(rule.body, e.old.id)]
            if named or moved:
                raise MigrationError(
                    f"The rule {rule.name!r} of {table.id} looks at {named[0] if named else moved[0]}, which goes or "
                    "has another name afterwards. Change the rule in the same migration, or take it away first."
                )


def _lost(evolution: Evolution) -> set[str]:
    return {n for n in evolution.old.heading if n not in evolution.new.heading or n in evolution.renames}


def _mentions(body: str, id_: TableId) -> bool:
    return f'"{id_.schema}"' in body and f'"{id_.name}"' in body
