"""Attributes as existing pipelines look at them: types and defaults are texts, and much is told by a flag."""

from __future__ import annotations

from typing import Any, Final, cast

from labwright.core.heading import Attribute
from labwright.core.types import Default, Type
from labwright.define.format import format_default


class Spelled(str):
    """The text of a type or default, which programs compare and match, with all that the type or default itself knows.

    Examples
    --------
    >>> mass = Spelled("smallint unsigned", Type("uint16"))
    >>> mass.startswith("smallint"), mass.kind, mass == Type("uint16")
    (True, 'uint16', True)
    """

    __slots__ = ("what",)
    what: Type | Default

    def __new__(cls, text: str, what: Type | Default) -> Spelled:
        found = super().__new__(cls, text)
        found.what = what
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.what, name)

    def __eq__(self, other: object) -> bool:
        return self.what == other if isinstance(other, (Type, Default)) else str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return Spelled, (str(self), self.what)


_MOMENTS: Final = frozenset("date time datetime timestamp datetime_utc".split())


class UserAttribute(Attribute):
    """An attribute of a heading that users ask for."""

    __slots__ = ()

    @classmethod
    def of(cls, attribute: Attribute) -> UserAttribute:
        """The same attribute."""
        type_, default = attribute.type, attribute.default
        return cls(
            attribute.name,
            cast(Type, Spelled(_spelling(type_), type_)) if type_ else None,
            attribute.in_key,
            attribute.nullable,
            cast(Default, Spelled(format_default(default), default)) if default else None,
            attribute.comment,
            attribute.lineage,
            attribute.storage,
            attribute.expression,
        )

    @property
    def _kind(self) -> str:
        return self.type.kind if self.type else ""

    @property
    def _codec(self) -> str:
        return (self.type.codec if self.type else None) or ""

    @property
    def autoincrement(self) -> bool:
        """Whether the database counts it up."""
        return self.auto

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self._kind == "bool" or bool(self.type and self.type.is_numeric)

    @property
    def string(self) -> bool:
        """Whether its values are written as texts: texts, enums, dates and times."""
        return self._kind in _MOMENTS or bool(self.type and self.type.is_text)

    @property
    def uuid(self) -> bool:
        """Whether its values are UUIDs."""
        return self._kind == "uuid"

    @property
    def json(self) -> bool:
        """Whether its values are those of JSON."""
        return self._kind == "json"

    @property
    def is_blob(self) -> bool:
        """Whether it holds bytes, or serialised values."""
        return self._kind == "bytes" or self._codec == "blob"

    @property
    def is_attachment(self) -> bool:
        """Whether it holds files."""
        return self._codec == "attach"

    @property
    def is_filepath(self) -> bool:
        """Whether it refers to files that are kept elsewhere."""
        return self._codec == "filepath"

    @property
    def is_external(self) -> bool:
        """Whether its values are in a store."""
        return self.store is not None

    @property
    def store(self) -> str | None:
        """The store of its values: None for the table, ``""`` for the default store."""
        return self.type.store if self.type else None

    @property
    def attribute_expression(self) -> str | None:
        """The text of a computed attribute."""
        return self.expression or None


def _spelling(type_: Type) -> str:
    """The text of a type, which says nothing of how values come about."""
    return str(type_).removesuffix(" auto_increment")
