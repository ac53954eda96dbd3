"""How a column is read as another type, while rows are carried into the new form of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.convert import converter, family
from labwright.sql.dialect import Dialect

_COUNTED: Final = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"}


def cast(dialect: Dialect, column: str, old: Attribute, new: Attribute, type_: str) -> str:
    """SQL for `column` as a value of `new`; values that do not fit are looked for before.

    Parameters
    ----------
    dialect : Dialect
    column : str
    old, new : Attribute
    type_ : str
        What the server calls the type of the new column.
    """
    if old.stored is None or new.stored is None:
        return column
    return _CASTS[dialect.name](column, old, new, type_)


def can_be_turned(old: Attribute, new: Attribute) -> bool:
    """Whether any value may be kept under the new type."""
    return old.type is None or new.type is None or converter(old.type, new.type) is not None


def _is_same(old: Attribute, new: Attribute) -> bool:
    was, now = old.stored, new.stored
    return was is not None and now is not None and (was.kind, was.args) == (now.kind, now.args)


def _sqlite(column: str, old: Attribute, new: Attribute, _type: str) -> str:
    """A function of ours, which `Steps.functions` makes."""
    return column if _is_same(old, new) else f"{function_name(old, new)}({column})"


def function_name(old: Attribute, new: Attribute) -> str:
    """What the function is called that turns the stored values of one type into those of another."""
    return f'"lw_turn {_spelled(old.type)} {_spelled(new.type)}"'


def _spelled(type_: Type | None) -> str:
    return type_.canonical.replace('"', "") if type_ is not None else ""


def turn(dialect: Dialect, old: Attribute, new: Attribute) -> Callable[[Any], Any]:
    """What turns a stored value into one of the other type; None stays None."""
    convert = converter(old.type, new.type) if old.type is not None and new.type is not None else None
    assert old.stored is not None
    assert new.stored is not None
    decode, encode = dialect.decoder(old.stored), dialect.encoder(new.stored)

    def turned(value: Any) -> Any:
        if value is None or convert is None:
            return None
        found = convert(decode(value) if decode else value)
        return encode(found) if encode else found

    return turned


def _postgres(column: str, old: Attribute, new: Attribute, type_: str) -> str:
    assert old.stored is not None
    assert new.stored is not None
    was, now = family(old.stored), family(new.stored)
    if _is_same(old, new) and now != "text":
        return column
    type_ = type_.partition(" COLLATE")[0]
    type_ = _COUNTED.get(type_, type_)
    if not can_be_turned(old, new):
        return f"CAST(NULL AS {type_})"
    if _is_same(old, new) and new.stored.kind != "enum":
        return column
    if "text" in (was, now) or (was, now) == ("float", "decimal"):
        column = f"CAST({column} AS text)"
    elif "bool" in (was, now):
        column = f"CAST({column} AS integer)"
    return f"CAST({column} AS {type_})"


def _mysql(column: str, old: Attribute, new: Attribute, _type: str) -> str:
    assert old.stored is not None
    assert new.stored is not None
    if not can_be_turned(old, new):
        return "NULL"
    was, now = family(old.stored), family(new.stored)
    if (was, now) == ("text", "uuid"):
        return f"unhex(replace({column}, '-', ''))"
    if (was, now) == ("uuid", "text"):
        parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        return "concat_ws('-', " + ", ".join(f"lower(substr(hex({column}), {a}, {n}))" for a, n in parts) + ")"
    if old.stored.kind == "enum" and not _is_same(old, new):
        return f"convert({column} using utf8mb4)"
    return column


_CASTS: Final = {"sqlite": _sqlite, "postgres": _postgres, "mysql": _mysql}
