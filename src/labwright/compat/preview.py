"""``datajoint.preview``: the first rows as text and as HTML."""

from __future__ import annotations

from labwright import QueryExpression


def preview(query_expression: QueryExpression, limit: int | None = None, width: int | None = None) -> str:
    """The first rows as text."""
    return query_expression.preview(limit, width)


def repr_html(query_expression: QueryExpression) -> str:
    """The first rows as an HTML table."""
    return query_expression._repr_html_()
