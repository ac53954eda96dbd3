"""The types of attributes: what Python gives, what the language checks, how they are spelled.

A `Type` is a frozen value. Its `kind` says which values it holds and is the same on every
database; its `spelling` is the user's text and survives in ``describe()``. How a kind is stored
is the dialect's business.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

INTEGER_BOUNDS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {f"int{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 24, 32, 64)}
    | {f"uint{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 24, 32, 64)}
)

PYTHON_TYPES: Final[Mapping[str, type]] = MappingProxyType(
    dict.fromkeys(INTEGER_BOUNDS, int)
    | {
        "float32": float,
        "float64": float,
        "bool": bool,
        "char": str,
        "varchar": str,
        "text": str,
        "enum": str,
        "date": datetime.date,
        "time": datetime.time,
        "datetime": datetime.datetime,
        "timestamp": datetime.datetime,
        "datetime_utc": datetime.datetime,
        "decimal": decimal.Decimal,
        "uuid": uuid.UUID,
        "json": object,
        "bytes": bytes,
        "year": int,
        "codec": object,
    }
)
"""Every kind of attribute, and the Python type of its values."""


@dataclass(frozen=True, slots=True)
class Type:
    """The type of an attribute.

    Parameters
    ----------
    kind : str
        One of `PYTHON_TYPES`.
    args : tuple
        ``(n,)`` for char, varchar and the fractional digits (0-6) of times, ``(p, s)`` for decimal,
        the labels for enum, else empty.
    spelling : str
        The text of the definition, e.g. ``"smallint unsigned"`` or ``"<blob@raw>"``.
    native : bool
        True when `spelling` is a database's own type rather than a core or codec type.
    auto : bool
        True when the database counts the values up (``auto_increment``, ``serial``).
    codec, store : str or None
        For kind ``codec``: the codec's name, and the store's: None in the table, ``""`` the default store.
    """

    kind: str
    args: tuple[Any, ...] = ()
    spelling: str = field(default="", compare=False)
    native: bool = field(default=False, compare=False)
    auto: bool = False
    codec: str | None = None
    store: str | None = None

    def __post_init__(self) -> None:
        if not self.spelling:
            object.__setattr__(self, "spelling", self.canonical)

    @property
    def canonical(self) -> str:
        """The shortest spelling in core types."""
        if self.codec is not None:
            return f"<{self.codec}>" if self.store is None else f"<{self.codec}@{self.store}>"
        if self.kind == "enum":
            return "enum(" + ",".join("'" + str(a).replace("'", "''") + "'" for a in self.args) + ")"
        return f"{self.kind}({','.join(map(str, self.args))})" if self.args else self.kind

    @property
    def python_type(self) -> type:
        """The type of the values that are fetched."""
        return PYTHON_TYPES[self.kind]

    @property
    def is_integer(self) -> bool:
        return self.kind in INTEGER_BOUNDS or self.kind == "year"

    @property
    def is_numeric(self) -> bool:
        return self.is_integer or self.kind in ("float32", "float64", "decimal")

    @property
    def is_text(self) -> bool:
        return self.kind in ("char", "varchar", "text", "enum")

    @property
    def may_be_key(self) -> bool:
        """Whether the attribute may stand above the divider."""
        return self.kind not in ("json", "bytes", "text", "codec")

    def __str__(self) -> str:
        return self.spelling


@dataclass(frozen=True, slots=True)
class Default:
    """A default value.

    Parameters
    ----------
    kind : {'null', 'literal', 'now'}
        ``now`` is CURRENT_TIMESTAMP.
    value : str
        The literal's text without quotes; ``""`` for the others, or for ``now`` the digits of
        ``CURRENT_TIMESTAMP(3)``.
    quoted : bool
        Whether the definition had quotes around it.
    """

    kind: Literal["null", "literal", "now"]
    value: str = ""
    quoted: bool = field(default=False, compare=False)
