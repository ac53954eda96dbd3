"""What a definition says: frozen specs with their positions, before references are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from labwright.core.types import Default, Type

Tier = Literal["manual", "lookup", "imported", "computed", "part"]
NO_RENAMES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the definition's text something stands (both counted from 1)."""

    line: int = 0
    column: int = 0


NOWHERE: Final = Position()


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """``name = default : type # comment``."""

    name: str
    type: Type
    default: Default | None = None
    comment: str = ""
    position: Position = field(default=NOWHERE, compare=False)

    @property
    def nullable(self) -> bool:
        return self.default is not None and self.default.kind == "null"


@dataclass(frozen=True, slots=True)
class ReferenceSpec:
    """``-> [nullable, unique] module.Class.Part.proj(new="old")``.

    `target` is the dotted path as written, ``("master",)`` and ``("self", ...)`` included.
    `renames` maps the new name to the parent's attribute; ``""`` where the classic form
    ``(new) -> Parent`` leaves it to the parent's key, in order.
    """

    target: tuple[str, ...]
    renames: Mapping[str, str] = field(default_factory=lambda: NO_RENAMES, hash=False)
    nullable: bool = False
    unique: bool = False
    comment: str = ""
    position: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """``unique index (a, info.weight:float, (lower(b)))``.

    A column is an attribute or a path into a json attribute; an expression keeps its outer parentheses off.
    """

    columns: tuple[str | Expression, ...]
    unique: bool = False
    position: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Expression:
    """The SQL text of an index expression."""

    text: str


Entry = AttributeSpec | ReferenceSpec


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A parsed definition: entries above the divider, entries below it, indexes, comment."""

    key: tuple[Entry, ...]
    body: tuple[Entry, ...] = ()
    indexes: tuple[IndexSpec, ...] = ()
    comment: str = ""

    @property
    def is_singleton(self) -> bool:
        """No attribute above the divider: one row at most."""
        return not self.key

    @property
    def references(self) -> tuple[ReferenceSpec, ...]:
        return tuple(e for e in self.key + self.body if isinstance(e, ReferenceSpec))
