"""Paths into json: ``info.weight``, ``info.tags[0]:int``, ``$.a."b c"``."""

from __future__ import annotations

import re
from typing import Final

from labwright.core.types import Type

Path = tuple[str | int, ...]

_STEP: Final = re.compile(r"""\.(?P<key>[^\W\d][\w$-]*)|\."(?P<quoted>(?:[^"\\]|\\.)*)"|\[(?P<index>\d+)\]""")
_PATH: Final = re.compile(
    r"""\s*`?(?P<name>[a-z_]\w*)`?(?P<steps>(?:[.\[])[^:]*?)?\s*(?::\s*(?P<type>[a-z]\w*(?:\s*\([\d\s,]*\))?)\s*)?"""
)
TYPES: Final = {
    "float": "float64", "double": "float64", "real": "float64", "float64": "float64", "float32": "float64",
    "int": "int64", "integer": "int64", "signed": "int64", "bigint": "int64", "int8": "int64", "int16": "int64",
    "int32": "int64", "int64": "int64", "unsigned": "int64",
    "bool": "bool", "boolean": "bool", "str": "text", "text": "text", "char": "text", "varchar": "text",
    "date": "date", "time": "time", "datetime": "datetime", "timestamp": "datetime", "uuid": "uuid",
    "decimal": "decimal", "numeric": "decimal", "json": "json",
}  # fmt: skip


def split_path(text: str) -> Path | None:
    """The steps of ``$.a.b[0]``; None when `text` is not a path.

    Examples
    --------
    >>> split_path("$.tags[0]")
    ('tags', 0)
    """
    rest = text.strip().removeprefix("$")
    steps: list[str | int] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            return None
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(match["key"] or re.sub(r"\\(.)", r"\1", match["quoted"]))
        rest = rest[match.end() :]
    return tuple(steps)


def parse_path(text: str) -> tuple[str, Path, Type | None] | None:
    """The attribute, path and type of ``info.weight:float``; None when `text` is something else.

    Examples
    --------
    >>> parse_path("info.tags[0]")
    ('info', ('tags', 0), None)
    >>> parse_path("score + 1") is None
    True
    """
    match = _PATH.fullmatch(text)
    if match is None or not (match["steps"] or match["type"]):
        return None
    steps = split_path(match["steps"] or "")
    type_ = _type(match["type"])
    return None if steps is None or (match["type"] and type_ is None) else (match["name"], steps, type_)


def _type(text: str | None) -> Type | None:
    if text is None:
        return None
    name, _, rest = text.replace(" ", "").rstrip(")").partition("(")
    if name not in TYPES:
        return None
    args = tuple(int(n) for n in rest.split(",") if n)
    kind = TYPES[name]
    if kind == "decimal":
        return Type("decimal", (*args, 0)[:2] if args else (10, 0))
    return Type(kind, (args or (0,)) if kind in ("datetime", "time") else ())


def spell_path(path: Path) -> str:
    """The path as SQLite, MySQL and MariaDB write it: ``$."a"[0]``."""
    return "$" + "".join(f"[{s}]" if isinstance(s, int) else f'."{_escaped(s)}"' for s in path)


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')
