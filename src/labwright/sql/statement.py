"""A statement that is ready to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labwright.core.heading import Attribute


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, its bound values, and what the columns of its result are."""

    sql: str
    params: tuple[Any, ...] = ()
    columns: tuple[Attribute, ...] = ()


class Writer:
    """Text and bound values, in the order in which they are written."""

    __slots__ = ("_parts", "params", "write")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.params: list[Any] = []
        self.write = self._parts.append

    @property
    def sql(self) -> str:
        """What was written."""
        return "".join(self._parts)
