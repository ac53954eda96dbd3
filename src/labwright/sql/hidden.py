"""Hidden columns: the leading underscore keeps them out of headings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute
from labwright.core.types import Default, Type
from labwright.define.table import SINGLETON

SINCE: Final = "_since"
"""When the row was inserted."""
BY: Final = "_by"
"""Who inserted it."""
_NULL: Final = Default("null")
_COLUMNS: Final = (
    Attribute(SINGLETON, Type("bool"), in_key=True, default=Default("literal", "1"), comment="one row at most"),
    Attribute("_job_start_time", Type("datetime", (3,)), nullable=True, default=_NULL, comment="when its make began"),
    Attribute("_job_duration", Type("float32"), nullable=True, default=_NULL, comment="seconds"),
    Attribute("_job_version", Type("varchar", (64,)), default=Default("literal", ""), comment="of the code"),
    Attribute(SINCE, Type("datetime_utc", (6,)), nullable=True, default=Default("now", "6"), comment="inserted when"),
    Attribute(BY, Type("varchar", (128,)), nullable=True, default=_NULL, comment="inserted by whom"),
    Attribute("_prov", Type("json"), nullable=True, default=_NULL, comment="where the row came from"),
)
HIDDEN: Final[Mapping[str, Attribute]] = MappingProxyType({a.name: a for a in _COLUMNS})
"""What may be declared."""

_CLASSIC: Final = re.compile("_[0-9a-f]{40}_timestamp")
INDEXED: Final = "_index_"
"""The beginning of the names of generated columns that stand for an expression in an index."""


def hidden_column(name: str) -> Attribute:
    """Return the hidden column of that name.

    Examples
    --------
    >>> hidden_column("_singleton")
    _singleton: bool  # one row at most
    """
    if _CLASSIC.fullmatch(name):
        return Attribute(name, Type("timestamp"), default=Default("now"), comment="when the row was inserted")
    if name not in HIDDEN:
        raise DefinitionError(f"There is no hidden column {name!r}. There are: {', '.join(HIDDEN)}.")
    return HIDDEN[name]
