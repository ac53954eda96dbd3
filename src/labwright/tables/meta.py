"""The class of tables' classes: what a class answers in place of its rows."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Iterable, Iterator
from functools import wraps
from types import FunctionType
from typing import Any, Final, TypeVar

from labwright.core.errors import LabwrightError
from labwright.query.conditions import Not
from labwright.tables.query import QueryExpression

Kind = TypeVar("Kind", bound=type)
Rows = TypeVar("Rows")
Item = TypeVar("Item")
_ON_INSTANCES: Final[set[str]] = set()
"""What a class hands on to an instance."""
_ON_CLASSES: Final = frozenset("definition tier owner rules diagram_model diagram_nodes derive make query_node".split())


def answers_for_classes(kind: Kind) -> Kind:
    """Let table classes answer to the public names of `kind` as their instances do: ``Subject.fetch1()``."""
    _ON_INSTANCES.update(n for n in vars(kind) if not n.startswith("_") and n not in _ON_CLASSES)
    return kind


class TableMeta(ABCMeta):
    """Makes a table's class stand for all its rows: ``Subject & "sex = 'F'"``, ``Subject.insert(...)``.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     isinstance(Mouse, lw.TableMeta)
    ...     Mouse.insert([(1,), (2,)])
    ...     (Mouse & "mouse > 1").keys()
    True
    [{'mouse': 2}]
    """

    def __getattribute__(cls, name: str) -> Any:
        if name not in _ON_INSTANCES:
            return super().__getattribute__(name)
        if type.__getattribute__(cls, "_schema") is not None:
            return getattr(cls(), name)
        return _of_no_schema(cls, super().__getattribute__(name))

    def __and__(cls: type[Rows], condition: Any) -> Rows:
        found: Rows = _all_rows(cls) & condition
        return found

    def __sub__(cls: type[Rows], condition: Any) -> Rows:
        found: Rows = _all_rows(cls) - condition
        return found

    def __neg__(cls) -> Not:
        found: Not = -_all_rows(cls)
        return found

    __invert__ = __neg__

    def __mul__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) * other
        return found

    def __matmul__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) @ other
        return found

    def __xor__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) ^ other
        return found

    def __add__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) + other
        return found

    def __len__(cls) -> int:
        return len(cls())

    def __bool__(cls) -> bool:
        """A class is there, whatever its rows: ``if Subject`` asks nobody."""
        return True

    def __iter__(cls: type[Iterable[Item]]) -> Iterator[Item]:
        return iter(cls())

    def __contains__(cls, condition: Any) -> bool:
        return condition in cls()


def _all_rows(cls: Any) -> Any:
    """An instance of a table's class, which stands for all rows."""
    return cls()


def _of_no_schema(cls: type, found: Any) -> Any:
    """What a class without schema has of its rows' verbs: they may be called for an instance, as by an override."""
    if isinstance(found, property) and any("definition" in vars(base) for base in cls.__mro__):
        raise homeless(cls)
    if not isinstance(found, FunctionType):
        return found

    @wraps(found)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not args or not isinstance(args[0], cls):
            raise homeless(cls)
        return found(*args, **kwargs)

    return called


def homeless(cls: type) -> LabwrightError:
    """The error for a class that no schema has."""
    return LabwrightError(
        f"{cls.__name__} belongs to no schema: decorate the class, or a part's master, with a Schema. A base class has "
        "no rows of its own."
    )
