"""What differs between two forms of a table, as changes that lead from the one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Any, Final, TypeVar

from labwright.core.errors import DefinitionError, did_you_mean
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.ast import IndexSpec
from labwright.define.format import format_default, format_index
from labwright.define.rules import RuleDef
from labwright.define.table import ForeignKey, Index, TableDef, TableId

T = TypeVar("T")
NO_RENAMES: Final[Mapping[str, str]] = MappingProxyType({})


class Change:
    """One step from one form of a table to another; its text says what it does."""

    __slots__ = ()

    def apply(self, table: TableDef) -> TableDef:
        """Return `table` with the change made."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RenameTable(Change):
    """The table has another name, or is in another schema."""

    new: TableId

    def apply(self, table: TableDef) -> TableDef:
        old = table.id
        heading = table.heading.map(lambda a: replace(a, lineage=_moved(a.lineage, old, self.new)))
        keys = (replace(fk, parent=self.new) if fk.parent == old else fk for fk in table.foreign_keys)
        return replace(table, id=self.new, heading=heading, foreign_keys=tuple(keys))

    def __str__(self) -> str:
        return f"rename the table to {self.new}"


@dataclass(frozen=True, slots=True)
class RenameSchema(RenameTable):
    """The table is in another schema."""

    def __str__(self) -> str:
        return f"move the table to the schema {self.new.schema}"


@dataclass(frozen=True, slots=True)
class AddAttribute(Change):
    """An attribute behind all others."""

    attribute: Attribute

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, heading=Heading([*table.heading.attributes.values(), self.attribute]))

    def __str__(self) -> str:
        default = f" = {format_default(self.attribute.default)}" if self.attribute.default else ""
        return f"add {_place(self.attribute)} {self.attribute.name}{default} : {self.attribute.type}"


@dataclass(frozen=True, slots=True)
class DropAttribute(Change):
    """An attribute goes, with its values."""

    name: str

    def apply(self, table: TableDef) -> TableDef:
        left = (a for a in table.heading.attributes.values() if a.name != self.name)
        return replace(table, heading=Heading(left))

    def __str__(self) -> str:
        return f"drop attribute {self.name} with its values"


@dataclass(frozen=True, slots=True)
class RenameAttribute(Change):
    """An attribute has another name; references and indexes follow."""

    old: str
    new: str

    def apply(self, table: TableDef) -> TableDef:
        own = f"{table.id}.{self.old}"

        def renamed(attribute: Attribute) -> Attribute:
            lineage = f"{table.id}.{self.new}" if attribute.lineage == own else attribute.lineage
            name = self.new if attribute.name == self.old else attribute.name
            return replace(attribute, name=name, lineage=lineage)

        keys = (replace(fk, columns=self._in(fk.columns)) for fk in table.foreign_keys)
        indexes = (replace(i, columns=self._in(i.columns)) for i in table.indexes)
        return replace(table, heading=table.heading.map(renamed), foreign_keys=tuple(keys), indexes=tuple(indexes))

    def _in(self, names: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(self.new if n == self.old else n for n in names)

    def __str__(self) -> str:
        return f"rename attribute {self.old} to {self.new}"


@dataclass(frozen=True, slots=True)
class _AttributeChange(Change):
    """Something about one attribute."""

    name: str

    def change(self, attribute: Attribute) -> Attribute:
        raise NotImplementedError

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, heading=table.heading.map(lambda a: self.change(a) if a.name == self.name else a))


@dataclass(frozen=True, slots=True)
class ChangeType(_AttributeChange):
    """An attribute has another type; `storage` is that in which a codec is stored."""

    old: Type | None
    type: Type | None
    storage: Type | None = None

    def change(self, attribute: Attribute) -> Attribute:
        return replace(attribute, type=self.type, storage=self.storage)

    def __str__(self) -> str:
        old, new = self.old, self.type
        if old is not None and new is not None and str(old) == str(new):  # as of longblob in the two generations
            return f"change the type of {self.name} from {old.canonical} to {new.canonical}"
        return f"change the type of {self.name} from {old} to {new}"


@dataclass(frozen=True, slots=True)
class ChangeDefault(_AttributeChange):
    """An attribute has another default, or none."""

    default: Default | None

    def change(self, attribute: Attribute) -> Attribute:
        return replace(attribute, default=self.default)

    def __str__(self) -> str:
        if self.default is None:
            return f"take the default of {self.name} away"
        return f"let the default of {self.name} be {format_default(self.default)}"


@dataclass(frozen=True, slots=True)
class ChangeNullable(_AttributeChange):
    """An attribute may be without a value, or may not."""

    nullable: bool

    def change(self, attribute: Attribute) -> Attribute:
        return replace(attribute, nullable=self.nullable)

    def __str__(self) -> str:
        return f"let {self.name} be nullable" if self.nullable else f"require a value of {self.name}"


@dataclass(frozen=True, slots=True)
class ChangeComment(_AttributeChange):
    """An attribute has another comment."""

    comment: str

    def change(self, attribute: Attribute) -> Attribute:
        return replace(attribute, comment=self.comment)

    def __str__(self) -> str:
        return f"let the comment of {self.name} be {self.comment!r}"


@dataclass(frozen=True, slots=True)
class ChangeOrigin(_AttributeChange):
    """An attribute comes from elsewhere, or its origin has another name."""

    lineage: str | None

    def change(self, attribute: Attribute) -> Attribute:
        return replace(attribute, lineage=self.lineage)

    def __str__(self) -> str:
        return f"note that {self.name} comes from {self.lineage or 'this table alone'}"


@dataclass(frozen=True, slots=True)
class ChangeKey(Change):
    """The primary key consists of other attributes."""

    key: tuple[str, ...]

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, heading=table.heading.map(lambda a: replace(a, in_key=a.name in self.key)))

    def __str__(self) -> str:
        return f"let the primary key be ({', '.join(self.key)})"


@dataclass(frozen=True, slots=True)
class ReorderAttributes(Change):
    """The attributes stand in another order."""

    names: tuple[str, ...]

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, heading=Heading(table.heading[n] for n in self.names))

    def __str__(self) -> str:
        return f"put the attributes in the order {', '.join(self.names)}"


@dataclass(frozen=True, slots=True)
class _Item(Change):
    """Something that a table has several of, in an order, at a place in it."""

    item: Any
    place: int

    def __str__(self) -> str:
        return f"{_VERBS[type(self).__name__[:3]]} {_NOUNS[type(self.item)](self.item)}"


@dataclass(frozen=True, slots=True)
class _Added(_Item):
    def apply(self, table: TableDef) -> TableDef:
        field = _FIELDS[type(self.item)]
        items = getattr(table, field)
        return _with(table, field, (*items[: self.place], self.item, *items[self.place :]))


@dataclass(frozen=True, slots=True)
class _Dropped(_Item):
    def apply(self, table: TableDef) -> TableDef:
        field = _FIELDS[type(self.item)]
        items = getattr(table, field)
        return _with(table, field, items[: self.place] + items[self.place + 1 :])


class AddReference(_Added):
    """The table refers to one more."""

    __slots__ = ()


class DropReference(_Dropped):
    """The table does not refer to another any more."""

    __slots__ = ()


class AddIndex(_Added):
    """One more index."""

    __slots__ = ()


class DropIndex(_Dropped):
    """An index goes."""

    __slots__ = ()


class AddRule(_Added):
    """One more rule."""

    __slots__ = ()


class DropRule(_Dropped):
    """A rule goes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ChangeReference(Change):
    """The same attributes refer to something else, or with other options."""

    old: ForeignKey
    new: ForeignKey

    def apply(self, table: TableDef) -> TableDef:
        keys = (self.new if fk == self.old else fk for fk in table.foreign_keys)
        return replace(table, foreign_keys=tuple(keys))

    def __str__(self) -> str:
        return f"change {_reference(self.old)} to {_reference(self.new)}"


@dataclass(frozen=True, slots=True)
class ChangeTableComment(Change):
    """The table has another comment."""

    comment: str

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, comment=self.comment)

    def __str__(self) -> str:
        return f"let the comment of the table be {self.comment!r}"


@dataclass(frozen=True, slots=True)
class ChangeHistory(Change):
    """The database keeps what updates and deletes take away, or does not."""

    history: bool | None

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, history=self.history)

    def __str__(self) -> str:
        return f"{'keep' if self.history else 'stop keeping'} the history of the rows"


@dataclass(frozen=True, slots=True)
class ChangeOwner(Change):
    """Another reference owns the rows."""

    owner: str

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, owner=self.owner)

    def __str__(self) -> str:
        return f"let {self.owner} own the rows" if self.owner else "let who enters the rows own them"


@dataclass(frozen=True, slots=True)
class ChangeHidden(Change):
    """The hidden columns are others."""

    hidden: tuple[str, ...]

    def apply(self, table: TableDef) -> TableDef:
        return replace(table, hidden=self.hidden)

    def __str__(self) -> str:
        return f"let the hidden columns be ({', '.join(self.hidden)})"


def diff(old: TableDef, new: TableDef, renames: Mapping[str, str] = NO_RENAMES) -> tuple[Change, ...]:
    """Return the changes that lead from `old` to `new`.

    Parameters
    ----------
    old, new : TableDef
        In the form that `comparable` gives, where one is of the code and one of a database.
    renames : mapping
        New name -> old name of attributes that keep their values under another name.

    Raises
    ------
    DefinitionError
        When a rename names nothing, or two attributes would keep the same values.

    Examples
    --------
    >>> a = TableDef(TableId("lab", "mouse"), Heading([Attribute("mouse_id", Type("int32"), in_key=True)]))
    >>> b = replace(a, heading=Heading([*a.heading.values(), Attribute("weight", Type("float32"), nullable=True)]))
    >>> [str(change) for change in diff(a, b)], apply(diff(a, b), a) == b
    (['add attribute weight : float32'], True)
    """
    check_renames(old, new, renames)
    walk = _Walk(old)
    for step in _STEPS:
        for change in step(walk, new, renames):
            walk.take(change)
    return tuple(walk.changes)


def apply(changes: Sequence[Change], table: TableDef) -> TableDef:
    """Return `table` with all changes made, one after the other."""
    for change in changes:
        table = change.apply(table)
    return table


def check_renames(old: TableDef, new: TableDef, renames: Mapping[str, str]) -> None:
    """Raise `DefinitionError` unless every rename leads from an attribute that goes to one that comes."""
    for name, origin in renames.items():
        if name not in new.heading:
            raise DefinitionError(f"Table {new.id}: {new.heading.unknown(name, 'the new definition')}")
        if origin not in old.heading:
            near = did_you_mean(origin, old.heading)
            raise DefinitionError(f"Table {new.id}: there is no attribute {origin!r} to be renamed to {name!r}.{near}")
        if origin in new.heading and renames.get(origin, origin) == origin:
            raise DefinitionError(f"Table {new.id}: {origin!r} cannot be renamed to {name!r}, since it stays.")
    twice = [o for o in renames.values() if list(renames.values()).count(o) > 1]
    if twice:
        raise DefinitionError(f"Table {new.id}: {twice[0]!r} is renamed twice.")


class _Walk:
    """The table as it is after the changes so far."""

    def __init__(self, table: TableDef) -> None:
        self.table = table
        self.changes: list[Change] = []

    def take(self, change: Change) -> None:
        self.table = change.apply(self.table)
        self.changes.append(change)


def _names(walk: _Walk, new: TableDef, renames: Mapping[str, str]) -> Iterator[Change]:
    old = walk.table.id
    if old != new.id:
        yield (RenameTable if old.schema == new.id.schema else RenameSchema)(new.id)
    yield from [DropAttribute(n) for n in renames if n in walk.table.heading and n not in renames.values()]
    left = dict(renames)
    while left:
        name = next((n for n in left if n not in left.values()), None)
        if name is None:  # they change places
            name, origin = next(iter(left.items()))
            yield RenameAttribute(origin, f"{origin}__")
            left[name] = f"{origin}__"
            continue
        yield RenameAttribute(left.pop(name), name)


def _attributes(walk: _Walk, new: TableDef, _: Mapping[str, str]) -> Iterator[Change]:
    yield from [DropAttribute(n) for n in walk.table.heading if n not in new.heading]
    yield from [AddAttribute(a) for n, a in new.heading.items() if n not in walk.table.heading]


def _each_attribute(walk: _Walk, new: TableDef, _: Mapping[str, str]) -> Iterator[Change]:
    for was, now in [(a, new.heading[n]) for n, a in walk.table.heading.items()]:
        if (was.type, was.storage) != (now.type, now.storage):
            yield ChangeType(now.name, was.type, now.type, now.storage)
        if was.nullable != now.nullable:
            yield ChangeNullable(now.name, now.nullable)
        if was.default != now.default:
            yield ChangeDefault(now.name, now.default)
        if was.comment != now.comment:
            yield ChangeComment(now.name, now.comment)
        if was.lineage != now.lineage:
            yield ChangeOrigin(now.name, now.lineage)


def _key(walk: _Walk, new: TableDef, _: Mapping[str, str]) -> Iterator[Change]:
    key = tuple(new.heading.primary_key)
    if set(walk.table.heading.primary_key) != set(key):
        yield ChangeKey(key)
    if walk.table.heading.names != new.heading.names:
        yield ReorderAttributes(tuple(new.heading))


def _references(walk: _Walk, new: TableDef, _: Mapping[str, str]) -> Iterator[Change]:
    by_columns = {fk.columns: fk for fk in new.foreign_keys}
    for fk in walk.table.foreign_keys:
        now = by_columns.get(fk.columns, fk)
        if now != fk and now not in walk.table.foreign_keys and fk not in new.foreign_keys:
            yield ChangeReference(fk, now)


def _items(field: str, dropped: type[_Dropped], added: type[_Added]) -> _Step:
    def step(walk: _Walk, new: TableDef, renames: Mapping[str, str]) -> Iterator[Change]:  # noqa: ARG001 - as others
        was, now = getattr(walk.table, field), getattr(new, field)
        blocks = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
        for kind, first, last, _, _ in reversed(blocks):
            if kind in ("delete", "replace"):
                yield from (dropped(was[i], i) for i in reversed(range(first, last)))
        for kind, _, _, first, last in blocks:
            if kind in ("insert", "replace"):
                yield from (added(now[i], i) for i in range(first, last))

    return step


def _rest(walk: _Walk, new: TableDef, _: Mapping[str, str]) -> Iterator[Change]:
    old = walk.table
    for field, change in _WHOLE.items():
        if getattr(old, field) != getattr(new, field):
            yield change(getattr(new, field))


_Step = Callable[[_Walk, TableDef, Mapping[str, str]], Iterator[Change]]
_WHOLE: Final[Mapping[str, Callable[[Any], Change]]] = {
    "comment": ChangeTableComment,
    "hidden": ChangeHidden,
    "owner": ChangeOwner,
    "history": ChangeHistory,
}
_STEPS: Final[tuple[_Step, ...]] = (
    _names,
    _attributes,
    _each_attribute,
    _key,
    _references,
    _items("foreign_keys", DropReference, AddReference),
    _items("indexes", DropIndex, AddIndex),
    _items("rules", DropRule, AddRule),
    _rest,
)


def renames_in(old: TableDef, new: TableDef) -> dict[str, str]:
    """The renames that comments tell: new name -> old name, for comments that open with ``{old_name}``.

    A name that is there already, or an old one that is not there, tells nothing: the rename was made before, or it is
    no rename.
    """
    found = {name: renamed_from(a.comment) for name, a in new.heading.items() if name not in old.heading}
    return {name: origin for name, origin in found.items() if origin in old.heading and origin not in new.heading}


def renamed_from(comment: str) -> str:
    """The name in braces with which a comment opens; empty without one.

    Examples
    --------
    >>> renamed_from("{mass} in grams"), renamed_from("in grams")
    ('mass', '')
    """
    name, closed, _ = comment.strip().removeprefix("{").partition("}")
    return name.strip() if closed and comment.strip().startswith("{") else ""


def without_rename(comment: str) -> str:
    """`comment` without the name in braces.

    Examples
    --------
    >>> without_rename("{mass} in grams")
    'in grams'
    """
    return comment.strip().partition("}")[2].strip() if renamed_from(comment) else comment


def _moved(lineage: str | None, old: TableId, new: TableId) -> str | None:
    """A lineage after the table was renamed."""
    head, _, name = (lineage or "").rpartition(".")
    return f"{new}.{name}" if head == str(old) else lineage


def _with(table: TableDef, field: str, items: tuple[T, ...]) -> TableDef:
    return replace(table, **{field: items})  # type: ignore[arg-type]  # one of the fields that hold several


def _place(attribute: Attribute) -> str:
    return "key attribute" if attribute.in_key else "attribute"


def _reference(fk: ForeignKey) -> str:
    options = [name for name in ("nullable", "unique") if getattr(fk, name)]
    said = f"[{', '.join(options)}] " if options else ""
    return f"reference ({', '.join(fk.columns)}) -> {said}{fk.parent} ({', '.join(fk.parent_columns)})"


def _index(index: Index) -> str:
    return format_index(IndexSpec(index.columns, index.unique))


_FIELDS: Final[Mapping[type, str]] = {ForeignKey: "foreign_keys", Index: "indexes", RuleDef: "rules"}
_VERBS: Final = {"Add": "add", "Dro": "drop"}
_NOUNS: Final[Mapping[type, Callable[[Any], str]]] = {
    ForeignKey: _reference,
    Index: _index,
    RuleDef: lambda rule: f"rule {rule}",
}
