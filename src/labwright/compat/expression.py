"""``datajoint.expression``: queries, and which operator made them."""

from __future__ import annotations

from typing import ClassVar

from labwright import AndList, Not, QueryExpression, Top, U


class _MadeBy(type(QueryExpression)):  # type: ignore[misc]  # the metaclass is not known to the checker
    """Recognises a query by the operator that made it; there is one class for all of them."""

    operator: ClassVar[str]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, QueryExpression) and type(instance.query_node()).__name__ == cls.operator


class Aggregation(QueryExpression, metaclass=_MadeBy):
    """Queries made by ``aggr``."""

    operator: ClassVar[str] = "Aggregate"


class Union(QueryExpression, metaclass=_MadeBy):
    """Queries made by ``+``."""

    operator: ClassVar[str] = "Union"


__all__ = ["Aggregation", "AndList", "Not", "QueryExpression", "Top", "U", "Union"]
