"""What the catalogues of servers say of types and defaults -> `Type` and `Default`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from labwright.core.errors import DefinitionError
from labwright.core.types import Default, Type
from labwright.define.default_values import canonical_default
from labwright.define.typenames import parse_type

_WIDTH: Final = re.compile(r"\b(?!tinyint\(1\))((?:tiny|small|medium|big)?int|year)\(\d+\)")
"""Widths that say nothing; that of ``tinyint(1)`` says that it was declared as bool."""
_LABEL: Final = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a", "b": "\b"}
_POSTGRES_TEXT: Final = re.compile(r"\(*E?'((?:[^']|'')*)'(?:::[^']*)?\)*", re.DOTALL)
_MYSQL_TEXT: Final = re.compile(r"(?:_utf8mb4\s*)?\\?'(.*?)\\?'", re.DOTALL)
_NOW: Final = re.compile(
    r"\(*(current_timestamp|localtimestamp|now\(|utc_timestamp|clock_timestamp|statement_timestamp)", re.IGNORECASE
)
_CONVERTED: Final = re.compile(r"convert\(unhex\(\\?'([0-9a-f]*)\\?'\) using utf8mb4\)", re.IGNORECASE)
_UNHEX: Final = re.compile(r"unhex\(\\?'([0-9a-f]*)\\?'\)", re.IGNORECASE)
_CAST: Final = re.compile(r"\(*([^()':]+)\)*(?:::.*)?", re.DOTALL)


def known_type(text: str) -> Type | None:
    """Return the type of that name; None for one that the language does not have."""
    try:
        return parse_type(text)
    except DefinitionError:
        return None


def postgres_type(text: str, labels: Sequence[str] | None) -> Type | None:
    """Return the type of a column of PostgreSQL.

    Examples
    --------
    >>> postgres_type("timestamp(3) without time zone", None).canonical
    'timestamp(3)'
    """
    if labels is not None:
        return Type("enum", tuple(labels))
    return None if text == "numeric" else known_type(text.removesuffix(" without time zone"))


def mysql_type(text: str) -> Type | None:
    """Return the type of a column of MySQL or MariaDB.

    Examples
    --------
    >>> mysql_type("int(10) unsigned").spelling
    'int unsigned'
    """
    if text.startswith("enum("):
        return Type("enum", tuple(_unescaped(label) for label in _LABEL.findall(text)))
    return known_type(_WIDTH.sub(r"\1", text))


def postgres_default(text: str | None, type_: Type | None) -> Default | None:
    """Return the default that PostgreSQL prints as `text`.

    Examples
    --------
    >>> postgres_default("'it''s'::character varying", Type("varchar", (10,))).value
    "it's"
    """
    if text is None:
        return None
    quoted = _POSTGRES_TEXT.fullmatch(text)
    if quoted:
        return _literal(type_, quoted[1].replace("''", "'"))
    if _NOW.match(text):
        return canonical_default(type_, Default("now"))
    bare = _CAST.fullmatch(text)
    value = bare[1].strip() if bare else text
    return Default("null") if value.upper() == "NULL" else _literal(type_, value)


def mysql_default(text: str | None, type_: Type | None, *, expression: bool) -> Default | None:
    """Return the default that MySQL or MariaDB prints as `text`.

    Parameters
    ----------
    text : str or None
    type_ : Type or None
    expression : bool
        Whether it is printed as SQL, which MySQL does for some and MariaDB for all.

    Examples
    --------
    >>> mysql_default("'it''s'", Type("varchar", (10,)), expression=True).value
    "it's"
    >>> mysql_default("it's", Type("varchar", (10,)), expression=False).value
    "it's"
    """
    if text is None:
        return None
    if not expression and not _is_moment(type_, text):
        return _literal(type_, text)
    if _NOW.match(text):
        return canonical_default(type_, Default("now"))
    if text.upper() == "NULL":
        return Default("null")
    converted = _CONVERTED.fullmatch(text)
    if converted:
        return _literal(type_, bytes.fromhex(converted[1]).decode())
    hexadecimal = _UNHEX.fullmatch(text)
    if hexadecimal:
        return _literal(type_, hexadecimal[1])
    quoted = _MYSQL_TEXT.fullmatch(text)
    return _literal(type_, _unescaped(quoted[1]) if quoted else text)


def _is_moment(type_: Type | None, text: str) -> bool:
    return type_ is not None and not type_.is_text and _NOW.match(text) is not None


def _literal(type_: Type | None, text: str) -> Default:
    """A literal in its usual spelling; as it is printed when it is none of its type."""
    given = Default("literal", text, quoted=True)
    try:
        return canonical_default(type_, given) or given
    except ValueError:
        return given


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]) if found[1] else "'", text)
