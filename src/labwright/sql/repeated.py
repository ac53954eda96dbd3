"""Statements about one row that can be told of several."""

from __future__ import annotations


class Repeated(str):
    """A statement about one row, which is the same for several where its middle is said again and again.

    Parameters
    ----------
    head, each, tail : str
        The statement about one row is these one after the other. The values that it binds stand in the middle.
    between : str
        What stands between two of the middle.

    Examples
    --------
    >>> insert = Repeated("INSERT INTO mouse (mouse, sex) VALUES ", "(?, ?)")
    >>> insert
    'INSERT INTO mouse (mouse, sex) VALUES (?, ?)'
    >>> insert.times(2)
    'INSERT INTO mouse (mouse, sex) VALUES (?, ?), (?, ?)'
    """

    __slots__ = ("_between", "_each", "_head", "_tail")

    _head: str
    _each: str
    _tail: str
    _between: str

    def __new__(cls, head: str, each: str, tail: str = "", *, between: str = ", ") -> Repeated:
        self = super().__new__(cls, f"{head}{each}{tail}")
        self._head, self._each, self._tail, self._between = head, each, tail, between
        return self

    def times(self, count: int) -> str:
        """The statement about so many rows, whose values are bound row after row."""
        return f"{self._head}{self._between.join([self._each] * count)}{self._tail}"
