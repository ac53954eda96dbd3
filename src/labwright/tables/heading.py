"""The heading of a table or a query as users see it: with what numpy makes of it, and the table's comment."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from labwright.core.heading import Attribute, Heading
from labwright.define.format import format_default
from labwright.tables.user_attribute import UserAttribute

if TYPE_CHECKING:
    import numpy as np


class UserHeading(Heading):
    """A `Heading` that also tells the names of it that existing pipelines use.

    Parameters
    ----------
    heading : Heading
    comment : str
        That of the table.
    """

    __slots__ = ("_comment",)

    def __init__(self, heading: Heading, comment: str = "") -> None:
        self._by_name, self._hash, self._key = heading._by_name, heading._hash, heading._key
        self._comment = comment

    def __getitem__(self, name: str) -> UserAttribute:
        return UserAttribute.of(super().__getitem__(name))

    def get(self, name: str, default: Attribute | None = None) -> Attribute | None:  # type: ignore[override]  # no other defaults
        """The attribute `name`, or `default`."""
        found = super().get(name, default)
        return UserAttribute.of(found) if found is not None and name in self else default

    @property
    def attributes(self) -> Mapping[str, UserAttribute]:
        """The attributes by name, as a read-only mapping."""
        return MappingProxyType({n: UserAttribute.of(a) for n, a in self._by_name.items()})

    @property
    def non_blobs(self) -> list[str]:
        """Names of the attributes that are neither bytes nor values of a codec nor JSON."""
        blobs = self.blobs
        return [n for n, a in self._by_name.items() if n not in blobs and not (a.type and a.type.kind == "json")]

    @property
    def new_attributes(self) -> list[str]:
        """Names of the attributes that are computed."""
        return [n for n, a in self._by_name.items() if a.expression]

    @property
    def as_dtype(self) -> np.dtype[np.void]:
        """The dtype of the structured array that `fetch` gives."""
        import numpy as np

        return np.dtype([(n, classic_dtype(a)) for n, a in self._by_name.items()])

    @property
    def table_info(self) -> dict[str, str]:
        """What is said of the table: its ``comment``."""
        return {"comment": self._comment}

    table_status = table_info

    def __repr__(self) -> str:
        lines = [_shown(a) for a in self._by_name.values()]
        lines.insert(len(self._key), "---")
        return "\n".join([f"# {self._comment}", *lines] if self._comment else lines)


def _shown(attribute: Attribute) -> str:
    """An attribute with its default."""
    name, default = attribute.name, attribute.default
    return repr(attribute).replace(name, f"{name} = {format_default(default)}", 1) if default else repr(attribute)


def classic_dtype(attribute: Attribute) -> str:
    """The name of the dtype that the classic `fetch` gives a column, whatever values are in it.

    Examples
    --------
    >>> from labwright.core.types import Type
    >>> classic_dtype(Attribute("a", Type("int8"))), classic_dtype(Attribute("a", Type("int8"), nullable=True))
    ('int64', 'object')
    """
    type_ = attribute.type
    if type_ is None or attribute.expression:
        return "object"
    if type_.kind in ("float32", "float64"):
        return "float64"
    if (type_.is_integer or type_.kind == "bool") and not attribute.nullable:
        return "uint64" if type_.kind == "uint64" else "int64"
    return "object"
