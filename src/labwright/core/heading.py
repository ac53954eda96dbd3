"""Headings: the ordered attributes of a table or of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from labwright.core.errors import UnknownAttributeError, did_you_mean
from labwright.core.types import Default, Type


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a heading.

    Parameters
    ----------
    name : str
    type : Type or None
        None for a computed attribute whose type only the database knows.
    in_key : bool
        Whether it belongs to the primary key.
    nullable : bool
    default : Default, optional
    comment : str
    lineage : str, optional
        ``"schema.table.attribute"`` of the attribute's origin; None for what belongs to this table alone.
    storage : Type, optional
        The core type that is stored when `type` is a codec; else the same as `type`.
    expression : str
        The text of a computed attribute.

    Examples
    --------
    >>> from labwright.core.types import Type
    >>> Attribute("subject_id", Type("int32"), in_key=True)
    subject_id: int32
    """

    name: str
    type: Type | None
    in_key: bool = False
    nullable: bool = False
    default: Default | None = None
    comment: str = ""
    lineage: str | None = None
    storage: Type | None = None
    expression: str = ""

    @property
    def stored(self) -> Type | None:
        """The core type of the column."""
        return self.storage or self.type

    @property
    def auto(self) -> bool:
        """Whether the database counts it up."""
        return self.type is not None and self.type.auto

    @property
    def required(self) -> bool:
        """Whether an insert has to give it a value."""
        return self.default is None and not self.auto

    def __repr__(self) -> str:
        comment = f"  # {self.comment}" if self.comment else ""
        return f"{self.name}: {self.type or 'unknown'}{comment}"


class Heading(Mapping[str, Attribute]):
    """Ordered, immutable attributes, indexed once.

    A mapping from name to `Attribute`, key first in the order of declaration.

    Examples
    --------
    >>> from labwright.core.types import Type
    >>> heading = Heading([Attribute("a", Type("int32"), in_key=True), Attribute("b", Type("float64"))])
    >>> heading.primary_key, heading.secondary_attributes
    (['a'], ['b'])
    """

    __slots__ = ("_by_name", "_hash", "_key")

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self._by_name = {a.name: a for a in attributes}
        self._hash: int | None = None
        self._key = tuple(n for n, a in self._by_name.items() if a.in_key)

    @property
    def names(self) -> list[str]:
        """All names, in order."""
        return list(self._by_name)

    @property
    def primary_key(self) -> list[str]:
        """Names of the key attributes, in order."""
        return list(self._key)

    @property
    def secondary_attributes(self) -> list[str]:
        """Names of the attributes below the divider, in order."""
        return [n for n, a in self._by_name.items() if not a.in_key]

    def __getitem__(self, name: str) -> Attribute:
        try:
            return self._by_name[name]
        except KeyError:
            raise self.unknown(name) from None

    def get(self, name: str, default: Attribute | None = None) -> Attribute | None:  # type: ignore[override]  # no other defaults
        """The attribute `name`, or `default`."""
        return self._by_name.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Heading) and tuple(self._by_name.values()) == tuple(other._by_name.values())
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(tuple(self._by_name.values()))
        return self._hash

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """The attributes by name, as a read-only mapping."""
        return MappingProxyType(self._by_name)

    @property
    def blobs(self) -> tuple[str, ...]:
        """Names of the attributes that hold bytes or go through a codec."""
        return tuple(n for n, a in self._by_name.items() if a.type and a.type.kind in ("bytes", "codec"))

    def unknown(self, name: str, where: str = "") -> UnknownAttributeError:
        """The error for a `name` that is not here; `where` tells the place that asked."""
        valid = ", ".join(self.names) or "none"
        place = f" in {where}" if where else ""
        return UnknownAttributeError(
            f"There is no attribute {name!r}{place}.{did_you_mean(name, self.names)} The attributes are: {valid}."
        )

    def require(self, names: Iterable[str], where: str = "") -> None:
        """Raise `UnknownAttributeError` for the first of `names` that is not here."""
        for name in names:
            if name not in self._by_name:
                raise self.unknown(name, where)

    def determines(self, other: Heading) -> bool:
        """Whether every key attribute of `other` is here, so that a row here has one row there at most."""
        return all(name in self._by_name for name in other._key)

    def with_key(self, key: Iterable[str]) -> Heading:
        """The same attributes with `key` as primary key, in that order, ahead of the rest."""
        names = tuple(key)
        self.require(names)
        chosen = [replace(self._by_name[n], in_key=True) for n in names]
        return Heading(chosen + [replace(a, in_key=False) for n, a in self._by_name.items() if n not in names])

    def map(self, change: Callable[[Attribute], Attribute]) -> Heading:
        """A heading in which every attribute went through `change`."""
        return Heading(change(a) for a in self._by_name.values())

    def __repr__(self) -> str:
        key = [f"{a!r}" for a in self._by_name.values() if a.in_key]
        rest = [f"{a!r}" for a in self._by_name.values() if not a.in_key]
        return "\n".join([*key, "---", *rest])
