"""Whether a make may catch errors, so that those of its inserts have to come when it inserts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Final

from labwright.jobs.source import is_ours
from labwright.jobs.syntax import function_node
from labwright.tables.table import UserTable

_TRIES: Final = (ast.Try, ast.TryStar)
_SUPPRESSES: Final = frozenset({"suppress", "raises"})


def may_catch(cls: type) -> bool:
    """Whether any method of a table's class has ``try`` or ``suppress`` in it, as far as one can see.

    Examples
    --------
    >>> class Square:
    ...     def make(self, key):
    ...         self.insert1({**key, "square": key["x"] ** 2})
    >>> may_catch(Square)
    False
    """
    bases = (base for base in cls.__mro__ if issubclass(base, UserTable) or base not in UserTable.__mro__)
    members = (member for base in bases if not is_ours(base) for member in vars(base).values())
    return any(_catches(code) for member in members for code in _codes(member))


def _codes(member: Any) -> Iterator[CodeType]:
    """The code of a method, and of what it was made of by decorators."""
    for name in ("__func__", "__wrapped__", "fget", "func"):
        if not isinstance(member, type) and (inner := getattr(member, name, None)) is not None:
            yield from _codes(inner)
    if isinstance(member, FunctionType):
        yield member.__code__


@lru_cache(maxsize=1000)
def _catches(code: CodeType) -> bool:
    node = function_node(code)
    if node is None:
        return code.co_name != "<lambda>"
    return any(isinstance(n, _TRIES) or (isinstance(n, ast.With) and _suppresses(n)) for n in ast.walk(node))


def _suppresses(block: ast.With) -> bool:
    names = (n for item in block.items for n in ast.walk(item.context_expr) if isinstance(n, (ast.Name, ast.Attribute)))
    return any((n.id if isinstance(n, ast.Name) else n.attr) in _SUPPRESSES for n in names)
