"""The keys for which a table should have rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labwright.core.errors import QueryError, UnknownAttributeError
from labwright.tables.query import QueryExpression

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate


def key_source_of(table: AutoPopulate) -> QueryExpression:
    """The key source of a table, with all its attributes.

    Raises
    ------
    QueryError
        When it is not an expression, or its key has attributes that the table has not, or none of those of its key.
    """
    source = table.key_source
    source = source() if isinstance(source, type) else source
    if not isinstance(source, QueryExpression):
        raise QueryError(f"{type(table).__name__}.key_source has to be an expression, not {source!r}.")
    foreign = [n for n in source.primary_key if n not in table.heading]
    if foreign:
        raise QueryError(
            f"The key of {type(table).__name__}.key_source has {', '.join(foreign)}, which the table has not: make "
            "would be called for each of its values, and nobody could say for which it was. Use `&` in place of `*` "
            "for tables that only choose, or refer to them in the table's definition."
        )
    if not set(source.primary_key) & set(table.primary_key):
        raise QueryError(
            f"No attribute of the key of {type(table).__name__}.key_source ({', '.join(source.primary_key)}) is in the "
            f"key of the table ({', '.join(table.primary_key)}), so nobody can say which keys are there already."
        )
    return source


def lasting(restrictions: Iterable[Any]) -> list[Any]:
    """The same conditions, so that they can be applied again and again: an iterator is gone when it was looked at."""
    return [list(given) if isinstance(given, Iterator) else given for given in restrictions]


def restricted_source(table: AutoPopulate, restrictions: Iterable[Any]) -> QueryExpression:
    """The keys of the key source that meet all conditions."""
    source = key_source_of(table)
    for restriction in restrictions:
        source = source & restriction
    return source.proj()


def missing_keys(table: AutoPopulate, wanted: QueryExpression) -> QueryExpression:
    """Keys of `wanted` that have no rows in `table`."""
    return wanted - type(table)().proj()


def fitting(table: AutoPopulate, restrictions: Iterable[Any]) -> list[Any]:
    """Those of `restrictions` that can be asked of a table's keys: of several tables each knows some."""
    return [r for r in restrictions if _can_be_asked(key_source_of(table), r)]


def _can_be_asked(source: QueryExpression, restriction: Any) -> bool:
    if isinstance(restriction, Mapping):
        return bool(set(restriction) & set(source.heading.names))
    try:
        source & restriction
    except UnknownAttributeError:
        return False
    return True


def has_default_source(cls: type[AutoPopulate]) -> bool:
    """Whether the keys of a table are those that its references tell."""
    owner = next(base for base in cls.__mro__ if "key_source" in vars(base))
    return owner.__module__ == "labwright.jobs.auto"
