"""Methods that a table's class answers to as its instances do, and how type checkers are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned", covariant=True)

if TYPE_CHECKING:

    class verb(Generic[Parameters, Returned]):  # noqa: N801 - a decorator
        """Mark a method that may be called on the class: ``Subject.insert(rows)`` is ``Subject().insert(rows)``."""

        def __init__(self, method: Callable[Concatenate[Any, Parameters], Returned]) -> None: ...
        def __get__(self, instance: object, owner: type | None = None) -> Callable[Parameters, Returned]: ...

    class told(Generic[Returned]):  # noqa: N801 - a decorator
        """Mark a property that a class has as well: ``Subject.heading`` is ``Subject().heading``."""

        def __init__(self, method: Callable[[Any], Returned]) -> None: ...
        def __get__(self, instance: object, owner: type | None = None) -> Returned: ...

else:
    told = property

    def verb(method: Callable[..., Any]) -> Callable[..., Any]:
        """Mark a method that may be called on the class; the metaclass of tables does the rest."""
        return method
