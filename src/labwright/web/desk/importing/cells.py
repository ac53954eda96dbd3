"""Cells of files, as they are kept until they are entered: what JSON has, and dates and times by name."""

from __future__ import annotations

import datetime
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from labwright.web.fields import FieldError

Cell = Any
"""A text, a number, a truth value, None, or one of ``{"@date": "2024-02-29"}``, ``@moment``, ``@time``, ``@error``."""


def value_of(cell: Cell) -> Any:
    """What a cell holds, for a field to make something of it.

    Raises
    ------
    FieldError
        When the spreadsheet has an error there.

    Examples
    --------
    >>> value_of({"@date": "2024-02-29"}), value_of("5 g")
    (datetime.date(2024, 2, 29), '5 g')
    """
    if not isinstance(cell, dict):
        return cell
    ((mark, text),) = cell.items()
    if mark == "@error":
        raise FieldError(f"The spreadsheet has an error here: {text}.")
    return _MAKERS[mark](text)


def text_of(cell: Cell) -> str:
    """A cell as people read and edit it.

    Examples
    --------
    >>> [text_of(cell) for cell in (None, 5.0, True, {"@moment": "2024-02-29T13:45:00"})]
    ['', '5', 'yes', '2024-02-29 13:45:00']
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0")
    if isinstance(cell, dict):
        ((mark, text),) = cell.items()
        return str(text).replace("T", " ") if mark == "@moment" else str(text)
    return str(cell)


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether there is nothing in a row."""
    return all(cell is None or cell == "" for cell in cells)


_MAKERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "@date": datetime.date.fromisoformat,
    "@moment": datetime.datetime.fromisoformat,
    "@time": datetime.time.fromisoformat,
}


def packed(value: Any) -> bytes:
    """JSON, small.

    Examples
    --------
    >>> unpacked(packed([[2, ["1", None]]]))
    [[2, ['1', None]]]
    """
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def unpacked(data: bytes) -> Any:
    """What was packed."""
    return json.loads(zlib.decompress(data))
