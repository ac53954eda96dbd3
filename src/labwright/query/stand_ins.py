"""Queries with other nodes in the place of some tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from labwright.query import expr
from labwright.query.expr import Node
from labwright.query.rebound import tables_in
from labwright.query.scalar import Scalar


def with_tables(query: Any, nodes: Mapping[tuple[str, str], Node]) -> Any:
    """Return a query with nodes in the place of some tables, by schema and name, also in its conditions."""
    if isinstance(query, expr.Source):
        return nodes.get((query.schema, query.table), query)
    if type(query) is tuple:
        return tuple(with_tables(item, nodes) for item in query)
    if not is_dataclass(query) or isinstance(query, (type, Scalar)) or not any(tables_in(query)):
        return query
    return replace(query, **{f.name: with_tables(getattr(query, f.name), nodes) for f in fields(query)})
