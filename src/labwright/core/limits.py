"""How much a part of a program may ask of the database, and of memory: known by context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final

from labwright.core.errors import DataError


@dataclass(frozen=True, slots=True)
class Limits:
    """What is permitted; None permits anything.

    Parameters
    ----------
    seconds : float or None
        How long a statement may take.
    unpacked : int or None
        How many bytes a compressed blob may hold.
    """

    seconds: float | None = None
    unpacked: int | None = None


ANYTHING: Final = Limits()
current: Final[ContextVar[Limits]] = ContextVar("labwright_limits", default=ANYTHING)
"""What is permitted in this thread or task."""


@contextmanager
def limits(*, seconds: float | None = None, unpacked: int | None = None) -> Iterator[None]:
    """Within the block, let no statement take too long and no blob grow too large, as for people one does not know.

    It holds in this thread or task. What is not given stays as it is around the block.

    Parameters
    ----------
    seconds : float, optional
        A statement that takes longer is ended by the database, and is a `ServerError`. A transaction keeps what holds
        where it begins. MySQL ends queries alone. On MySQL and MariaDB, rows that are read one by one have sixty times
        as long, since the time counts that the reader takes.
    unpacked : int, optional
        A compressed blob that says that it holds more bytes is not read, and is a `TooLargeError`.

    Examples
    --------
    >>> import labwright as lw
    >>> data = lw.pack("a" * 10_000)
    >>> with lw.limits(unpacked=5_000):
    ...     lw.unpack(data)
    Traceback (most recent call last):
    ...
    labwright.core.errors.TooLargeError: The blob holds ... bytes, and no more than 5000 are unpacked here.
    >>> len(lw.unpack(data))
    10000
    """
    outer = current.get()
    new = replace(
        outer,
        seconds=outer.seconds if seconds is None else _positive("seconds", seconds),
        unpacked=outer.unpacked if unpacked is None else int(_positive("unpacked", unpacked)),
    )
    token = current.set(new)
    try:
        yield
    finally:
        current.reset(token)


def _positive(name: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise DataError(f"{name} is a number above 0, not {value!r}.")
    return value
