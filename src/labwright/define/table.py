"""A table with all references resolved: what a definition declares, and what a database tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.ast import AttributeSpec, Entry, Expression, IndexSpec, ReferenceSpec, TableSpec
from labwright.define.check import column_attribute
from labwright.define.names import TableName, is_table_name, parse_table_name, to_camel_case
from labwright.define.rules import RuleDef

SINGLETON: Final = "_singleton"
"""The hidden key of a table that has at most one row."""
NULL_DEFAULT: Final = Default("null")


@dataclass(frozen=True, slots=True)
class TableId:
    """Schema and table name, prefix included.

    Examples
    --------
    >>> str(TableId("lab", "#species"))
    'lab.#species'
    """

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def parsed(self) -> TableName:
        """Tier, base name and master."""
        return parse_table_name(self.name)

    @property
    def master(self) -> TableId | None:
        """The master of a part; None for all others, and for tables of other programs."""
        master = self.parsed.master if is_table_name(self.name) else None
        return None if master is None else TableId(self.schema, master)

    @property
    def class_path(self) -> tuple[str, ...]:
        """The name of its class, for a part behind that of its master; tables of other programs keep their own.

        >>> TableId("lab", "__scan__frame").class_path, TableId("lab", "Users").class_path
        (('Scan', 'Frame'), ('Users',))
        """
        if not is_table_name(self.name):
            return (self.name,)
        before = () if self.master is None else self.master.class_path
        return (*before, to_camel_case(self.parsed.base))


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that hold the whole primary key of `parent`, in its order.

    `nullable` and `unique` are the options of the reference as written.
    """

    columns: tuple[str, ...]
    parent: TableId
    parent_columns: tuple[str, ...]
    nullable: bool = False
    unique: bool = False
    comment: str = ""

    @property
    def renames(self) -> dict[str, str]:
        """New name -> the parent's, where they differ."""
        return {c: p for c, p in zip(self.columns, self.parent_columns, strict=True) if c != p}


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index over columns and expressions."""

    columns: tuple[str | Expression, ...]
    unique: bool = False


@dataclass(frozen=True, slots=True)
class TableDef:
    """A table.

    Parameters
    ----------
    id : TableId
    heading : Heading
        The visible attributes, with types, lineage and stored types.
    foreign_keys : tuple of ForeignKey
    indexes : tuple of Index
        Besides those of the primary key and the foreign keys.
    comment : str
    hidden : tuple of str
        Columns with a leading underscore, which nothing above the SQL layer sees.
    rules : tuple of RuleDef
        What the database holds every row to, beyond types and references.
    owner : str
        The reference that owns the rows, as the class names it; empty where the one who entered them does.
    history : bool or None
        Whether the database keeps what updates and deletes take away; None where nobody has said.
    """

    id: TableId
    heading: Heading
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    comment: str = ""
    hidden: tuple[str, ...] = ()
    rules: tuple[RuleDef, ...] = ()
    owner: str = ""
    history: bool | None = None

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The primary key as the database has it: the hidden one for a singleton."""
        return tuple(self.heading.primary_key) or (SINGLETON,)

    @property
    def parents(self) -> tuple[TableId, ...]:
        """The tables it refers to, each once."""
        return tuple(dict.fromkeys(fk.parent for fk in self.foreign_keys))


FindParent = Callable[[ReferenceSpec], TableDef]
StorageOf = Callable[[Type], Type]


def resolve_table(id_: TableId, spec: TableSpec, find_parent: FindParent, storage_of: StorageOf) -> TableDef:
    """Resolve the references of a parsed definition.

    Parameters
    ----------
    id_ : TableId
    spec : TableSpec
    find_parent : callable
        Gives the table that a reference points to.
    storage_of : callable
        Gives the core type in which a codec type is stored.

    Raises
    ------
    DefinitionError
        When two sources bring the same name with different origins, or a rename names nothing.
    """
    resolver = _Resolver(id_, find_parent, storage_of)
    for entry in spec.key:
        resolver.add(entry, in_key=True)
    for entry in spec.body:
        resolver.add(entry, in_key=False)
    return TableDef(
        id_,
        Heading(resolver.attributes.values()),
        tuple(resolver.foreign_keys),
        tuple(_index(id_, i, resolver.attributes) for i in spec.indexes),
        spec.comment,
        (SINGLETON,) if spec.is_singleton else (),
    )


class _Resolver:
    """Collects attributes and foreign keys, entry by entry."""

    def __init__(self, id_: TableId, find_parent: FindParent, storage_of: StorageOf) -> None:
        self.id = id_
        self.find_parent = find_parent
        self.storage_of = storage_of
        self.attributes: dict[str, Attribute] = {}
        self.foreign_keys: list[ForeignKey] = []

    def add(self, entry: Entry, *, in_key: bool) -> None:
        if isinstance(entry, AttributeSpec):
            self._add_own(entry, in_key=in_key)
        else:
            self._add_reference(entry, in_key=in_key)

    def _add_own(self, spec: AttributeSpec, *, in_key: bool) -> None:
        if spec.name in self.attributes:
            raise self._error(f"{spec.name!r} is there already, brought by a reference above. Rename one of them.")
        self.attributes[spec.name] = Attribute(
            spec.name,
            spec.type,
            in_key=in_key,
            nullable=spec.nullable,
            default=spec.default,
            comment=spec.comment,
            lineage=f"{self.id}.{spec.name}" if in_key else None,
            storage=self.storage_of(spec.type) if spec.type.codec is not None else None,
        )

    def _add_reference(self, spec: ReferenceSpec, *, in_key: bool) -> None:
        if in_key and spec.nullable:
            raise self._error(f"-> {'.'.join(spec.target)} cannot be nullable above the divider; move it below.")
        parent = self.find_parent(spec)
        names = self._new_names(parent, spec)
        for old, new in names.items():
            self._inherit(parent.heading[old], new, in_key=in_key, nullable=spec.nullable)
        columns = tuple(names.values())
        if len(set(columns)) < len(columns):
            raise self._error(
                f"-> {'.'.join(spec.target)} would bring {', '.join(columns)}: rename so that each is there once."
            )
        old_columns = tuple(names)
        if columns:
            self.foreign_keys.append(
                ForeignKey(columns, parent.id, old_columns, spec.nullable, spec.unique, spec.comment)
            )

    def _new_names(self, parent: TableDef, spec: ReferenceSpec) -> dict[str, str]:
        """The parent's key attributes, each with its name here."""
        target, key = ".".join(spec.target), parent.heading.primary_key
        if not key:
            raise self._error(f"-> {target}: {parent.id} has one row at most and no key to refer to.")
        new_names = {old: new for new, old in self._old_names(key, spec).items()}
        unknown = [old for old in new_names if old not in key]
        if unknown:
            raise self._error(
                f"-> {target} renames {unknown[0]!r}, which is not in the primary key of {parent.id}: {', '.join(key)}."
            )
        return {old: new_names.get(old, old) for old in key}

    def _old_names(self, key: Sequence[str], spec: ReferenceSpec) -> dict[str, str]:
        """New name -> old; the classic form without old names renames those that are not here yet, in order."""
        free = [n for n in key if n not in self.attributes and n not in spec.renames.values()]
        olds = iter(free if len(free) == sum(not old for old in spec.renames.values()) else key)
        try:
            return {new: old or next(olds) for new, old in spec.renames.items()}
        except StopIteration:
            target = ".".join(spec.target)
            raise self._error(f"-> {target} has more new names than the key: {', '.join(key)}.") from None

    def _inherit(self, origin: Attribute, name: str, *, in_key: bool, nullable: bool) -> None:
        lineage = origin.lineage
        present = self.attributes.get(name)
        if present is not None:
            if present.lineage != lineage:
                raise self._error(
                    f"{name!r} would come from two origins, {present.lineage or 'this table'} and {lineage}. "
                    f"Rename one of them, e.g. -> Parent.proj(other_{name}={name!r})."
                )
            return
        type_ = origin.type if origin.type is None or not origin.type.auto else replace(origin.type, auto=False)
        self.attributes[name] = Attribute(
            name,
            type_,
            in_key=in_key,
            nullable=nullable,
            default=NULL_DEFAULT if nullable else None,
            comment=origin.comment,
            lineage=lineage,
            storage=origin.storage,
        )

    def _error(self, message: str) -> DefinitionError:
        return DefinitionError(f"Table {self.id}: {message}")


def _index(id_: TableId, spec: IndexSpec, attributes: dict[str, Attribute]) -> Index:
    for column in spec.columns:
        if isinstance(column, str) and column_attribute(column) not in attributes:
            raise DefinitionError(
                f"Table {id_}: the index names {column!r}, which is not an attribute. They are: "
                f"{', '.join(attributes)}."
            )
    return Index(spec.columns, spec.unique)


def inherited_names(table: TableDef) -> Iterator[str]:
    """Names of the attributes that references bring, each once."""
    yield from dict.fromkeys(c for fk in table.foreign_keys for c in fk.columns)


def to_spec(table: TableDef, target_of: Callable[[TableId], Sequence[str]]) -> TableSpec:
    """The definition that declares `table` again; `target_of` names a parent as a class.

    A reference stands above the divider when all columns it brings are in the key and it is never empty; another one
    may share columns with the key, which something else brings.
    """
    key: list[Entry] = []
    body: list[Entry] = []
    inherited = set(inherited_names(table))
    written: set[ForeignKey] = set()
    for name, attribute in table.heading.attributes.items():
        place = key if attribute.in_key else body
        for fk in table.foreign_keys:
            if name in fk.columns and fk not in written and attribute.in_key == _is_above(table, fk):
                place.append(_reference(fk, target_of))
                written.add(fk)
        if name not in inherited:
            place.append(AttributeSpec(name, _type_of(attribute), attribute.default, attribute.comment))
    body += [_reference(fk, target_of) for fk in table.foreign_keys if fk not in written]
    indexes = tuple(IndexSpec(i.columns, i.unique) for i in table.indexes)
    return TableSpec(tuple(key), tuple(body), indexes, table.comment)


def _is_above(table: TableDef, fk: ForeignKey) -> bool:
    return not fk.nullable and all(table.heading[c].in_key for c in fk.columns)


def _reference(fk: ForeignKey, target_of: Callable[[TableId], Sequence[str]]) -> ReferenceSpec:
    return ReferenceSpec(tuple(target_of(fk.parent)), fk.renames, fk.nullable, fk.unique, fk.comment)


def _type_of(attribute: Attribute) -> Type:
    return attribute.type or Type("text")
