"""How many bytes a column takes in an index of InnoDB, which has room for so many and no more."""

from __future__ import annotations

import re
from typing import Final

MOST: Final = 3072
"""The greatest size of a key, all its columns together."""

_TYPE: Final = re.compile(r"(\w+)(?:\((\d+)(?:,(\d+))?\))?.*?(?: CHARACTER SET (\w+).*)?\Z")
_WIDTHS: Final = {"utf8mb4": 4, "utf16": 4, "utf32": 4, "utf8mb3": 3, "utf8": 3, "ucs2": 2}
"""Bytes per character; the older character sets have one at least."""
_SIZES: Final = {
    "tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8, "year": 1, "float": 4, "double": 8, "date": 3,
    "uuid": 16, "inet4": 4, "inet6": 16,
}  # fmt: skip
_TIMES: Final = {"time": 3, "timestamp": 4, "datetime": 5}
_DIGITS: Final = (0, 1, 1, 2, 2, 3, 3, 4, 4)


def key_bytes(column_type: str) -> int:
    """The size of a column in a key, never more than it is; `column_type` is spelled as in a definition.

    Examples
    --------
    >>> key_bytes("varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"), key_bytes("decimal(12,2)")
    (160, 6)
    """
    match = _TYPE.match(column_type)
    assert match is not None
    name, size, scale, charset = match[1].lower(), int(match[2] or 0), int(match[3] or 0), match[4]
    if name in ("char", "varchar"):
        return size * _WIDTHS.get(charset, 1)
    if name in ("binary", "varbinary"):
        return size
    if name in _TIMES:
        return _TIMES[name] + (size + 1) // 2
    if name == "decimal":
        return sum(4 * (digits // 9) + _DIGITS[digits % 9] for digits in (size - scale, scale))
    return _SIZES.get(name, 1)


def longest_text(column_type: str, spare: int) -> str:
    """The type of a text in which `spare` bytes are left for it; ``""`` where it is none, or nothing is left.

    Examples
    --------
    >>> longest_text("varchar(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", 3072)
    'varchar(768)'
    """
    match = _TYPE.match(column_type)
    if match is None or match[1].lower() not in ("char", "varchar"):
        return ""
    room = spare // _WIDTHS.get(match[4], 1)
    return f"{match[1]}({room})" if room > 0 else ""
