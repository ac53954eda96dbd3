"""A look at values of Python and MATLAB: what is in what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import labwright as lw
from labwright.web.fields import excerpt

LINES: Final = 200
DEPTH: Final = 8
_INDENT: Final = "    "


def tree(value: Any) -> str:
    """Describe a value, line by line.

    Examples
    --------
    >>> import numpy as np
    >>> print(tree({"gain": 2.5, "traces": [np.zeros((3, 4)), "raw"]}))
    dict of 2
        gain: 2.5
        traces: list of 2
            0: array 3 x 4 float64
            1: 'raw'
    """
    lines: list[str] = []
    for line in _lines("", value, 0):
        if len(lines) == LINES:
            lines.append("…")
            break
        lines.append(line)
    return "\n".join(lines)


def _lines(name: str, value: Any, depth: int) -> Iterator[str]:
    head, inner = _described(value)
    yield f"{_INDENT * depth}{name}{head}"
    if depth < DEPTH:
        for label, item in inner:
            yield from _lines(f"{label}: ", item, depth + 1)


def _described(value: Any) -> tuple[str, Iterator[tuple[str, Any]]]:
    """What a value is in a few words, and what is in it."""
    if isinstance(value, Mapping):
        return f"{type(value).__name__} of {len(value)}", ((str(k), v) for k, v in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"{type(value).__name__} of {len(value)}", ((str(n), v) for n, v in enumerate(value))
    if isinstance(value, lw.MatSparse):
        rows, columns = value.shape
        return f"sparse matrix {rows} x {columns}, {len(value.data)} values", iter(())
    if hasattr(value, "shape") and hasattr(value, "dtype") and value.shape:
        return _described_array(value)
    return excerpt(repr(value)), iter(())


def _described_array(value: Any) -> tuple[str, Iterator[tuple[str, Any]]]:
    size = " x ".join(map(str, value.shape))
    if value.dtype.names:
        kind = "struct" if isinstance(value, lw.MatStruct) else "records"
        return f"{kind} {size}", ((name, value[name]) for name in value.dtype.names)
    if value.dtype == object:
        kind = "cell" if isinstance(value, lw.MatCell) else "array of objects"
        return f"{kind} {size}", ((str(n), item) for n, item in enumerate(value.ravel()))
    return f"array {size} {value.dtype}", iter(())
