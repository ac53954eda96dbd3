"""``datajoint.condition``: what may follow ``&``, and a condition as one text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from labwright import AndList, Not, QueryExpression, TableMeta, Top, U, errors


def make_condition(query_expression: QueryExpression, condition: Any, columns: set[str]) -> str | bool:
    """A condition as a text that can be kept, and restricts to the same rows when it follows ``&``.

    Keys of another query are fetched and written out: the text says what they are now.

    Parameters
    ----------
    query_expression : QueryExpression
        What is to be restricted.
    condition : str, dict, list, AndList, Not, query or bool
    columns : set of str
        The names that occur in the condition are added to it.

    Returns
    -------
    str or bool
        True where it excludes nothing, False where nothing meets it.

    Raises
    ------
    QueryError
        When the condition has no meaning here.
    """
    return _text(query_expression, condition, columns)


def _text(rows: QueryExpression, condition: Any, columns: set[str]) -> str | bool:
    if isinstance(condition, (bool, str)):
        return condition if isinstance(condition, bool) else _in_parentheses(rows, condition, columns)
    if isinstance(condition, (U, Top)):
        return True
    if isinstance(condition, Not):
        return _negated(_text(rows, condition.restriction, columns))
    if isinstance(condition, (QueryExpression, TableMeta)):
        return _text(rows, (rows & condition).keys(), columns)
    if isinstance(condition, Mapping):
        given = {name: value for name, value in condition.items() if name in rows.heading}
        columns.update(given)
        return _combined("AND", [_equal(name, value) for name, value in given.items()], absorbing=False)
    if isinstance(condition, AndList):
        return _combined("AND", [_text(rows, item, columns) for item in condition], absorbing=False)
    if isinstance(condition, Iterable):
        return _combined("OR", [_text(rows, item, columns) for item in condition], absorbing=True)
    raise errors.QueryError(f"{condition!r} cannot be a condition: give a text, a dict, a list, a query or a bool.")


def _in_parentheses(rows: QueryExpression, text: str, columns: set[str]) -> str:
    columns.update(set(rows.heading) & set(re.findall(r"\w+", text)))
    return f"({text})"


def _negated(text: str | bool) -> str | bool:
    return not text if isinstance(text, bool) else f"(NOT {text})"


def _combined(word: str, items: list[str | bool], *, absorbing: bool) -> str | bool:
    """Join by AND or OR; `absorbing` is the value that decides alone."""
    if any(item is absorbing for item in items):
        return absorbing
    texts = list(dict.fromkeys(item for item in items if isinstance(item, str)))
    return f"({f' {word} '.join(texts)})" if texts else not absorbing


def _equal(name: str, value: Any) -> str:
    return f"{name} IS NULL" if value is None else f"{name} = {_literal(value)}"


def _literal(value: Any) -> str:
    if isinstance(value, (bool, int, float)) or hasattr(value, "as_tuple"):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


__all__ = ["AndList", "Not", "Top", "make_condition"]
