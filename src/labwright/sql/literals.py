"""Values as text, for definitions: there no database binds them.

A per cent sign is doubled where the driver reads it.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import math
import re
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from labwright.core.errors import DefinitionError
from labwright.sql.dialect import Dialect, Fragment


def refuse_nul(text: str) -> str:
    """Return `text`, which no database could hold with the character NUL in it."""
    if "\0" in text:
        raise DefinitionError(f"A definition cannot hold the character NUL: {text!r}.")
    return text


def short_hash(*parts: str) -> str:
    """Return twelve hexadecimal digits that stand for `parts`."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def quote_sqlite(value: str) -> str:
    """Return `value` as a literal of SQLite."""
    return "'" + refuse_nul(value).replace("'", "''") + "'"


def quote_postgres(value: str) -> str:
    """Return `value` as a literal that means the same under every setting of the server."""
    quoted = refuse_nul(value).replace("'", "''").replace("%", "%%")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in quoted else f"'{quoted}'"


def quote_mysql(value: str) -> str:
    """Return `value` as a literal, for sessions in which a backslash escapes (ours do)."""
    return "'" + refuse_nul(value).replace("\\", "\\\\").replace("'", "''").replace("%", "%%") + "'"


QUOTES: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"sqlite": quote_sqlite, "postgres": quote_postgres, "mysql": quote_mysql}
)
_PLACES: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType({"?": re.compile(r"\?"), "%s": re.compile("(?<!%)%s")})
_BYTES: Final[Mapping[str, str]] = MappingProxyType(
    {"sqlite": "x'{}'", "postgres": "'\\x{}'::bytea", "mysql": "unhex('{}')"}
)


def literal(backend: str, value: Any) -> str:
    """Return a value in its stored form as a literal.

    Examples
    --------
    >>> literal("sqlite", "it's"), literal("mysql", True), literal("postgres", None)
    ("'it''s'", 'TRUE', 'NULL')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and not math.isfinite(value):
        return _endless(backend, value)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, bytes):
        return _BYTES[backend].format(value.hex())
    if isinstance(value, (str, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)):
        return QUOTES[backend](str(value))
    raise DefinitionError(f"{value!r} ({type(value).__name__}) cannot be written into a definition.")


def written_out(dialect: Dialect, fragment: Fragment) -> str:
    """Return `fragment` with its values in the text, and per cent signs doubled."""
    pieces = _PLACES[dialect.placeholder].split(fragment.sql)
    values = [literal(dialect.name, value) for value in fragment.params]
    text = "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))
    return text if dialect.placeholder == "%s" else text.replace("%", "%%")


def _endless(backend: str, value: float) -> str:
    if backend != "postgres":
        raise DefinitionError(f"{value!r} cannot be written into a definition: only PostgreSQL keeps such a number.")
    return f"'{value!r}'::float8"
