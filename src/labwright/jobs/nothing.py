"""What stands for a table that is not there yet, where one only looks: no rows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from labwright.core.heading import Heading
from labwright.query.conditions import Constant
from labwright.query.expr import Node, Project, restrict
from labwright.query.scalar import parse_scalar

_NULLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bool": "1 = 0",
        "datetime": "cast(null as datetime)",
        "datetime_utc": "cast(null as datetime)",
        "float64": "nullif(0.5, 0.5)",
        "int16": "nullif(0, 0)",
        "int32": "nullif(0, 0)",
        "int64": "nullif(0, 0)",
    }
)
"""A null of each kind that service tables have; others are texts."""


def no_rows(heading: Heading, base: Node) -> Node:
    """Return a query with a heading and without rows.

    Parameters
    ----------
    heading : Heading
    base : Node
        Where the attributes come from that it has, as those of the key.
    """
    texts = {n: _NULLS.get(a.type.kind if a.type else "", "nullif('', '')") for n, a in heading.attributes.items()}
    items = tuple((n, n if n in base.heading else parse_scalar(text, base.heading)) for n, text in texts.items())
    return Project(restrict(base, Constant(False)), items, heading)
