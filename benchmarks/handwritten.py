"""What a careful person writes by hand around a driver: one expression per table, made for its columns."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks.columns import kind

TOOLS: dict[str, Any] = {
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "Decimal": decimal.Decimal,
    "UUID": uuid.UUID,
}
READ = {
    "sqlite": {
        "born": "date({})",
        "seen": "datetime({})",
        "tame": "bool({})",
        "price": "Decimal({}).scaleb(-2)",
        "tag": "UUID({})",
    },
    "postgres": {},
    "mysql": {"tame": "bool({})", "tag": "UUID(bytes={})"},
}
WRITE = {
    "sqlite": {
        "born": "{}.isoformat()",
        "seen": "{}.isoformat(' ')",
        "price": "int({}.scaleb(2))",
        "tag": "str({})",
    },
    "postgres": {},
    "mysql": {"tag": "{}.bytes"},
}
ARRAYS = {"key": "int32", "mass": "float64", "speed": "float64", "tame": "bool"}


def to_dicts(database: str, names: list[str]) -> Callable[[Any], list[dict[str, Any]]]:
    """A function that makes dicts of fetched rows."""
    values = ", ".join(f"'{n}': {_value(READ[database], n)}" for n in names)
    return _function(f"lambda rows: [{{{values}}} for {', '.join(names)} in rows]")


def to_row(database: str, names: list[str]) -> Callable[[Any], Any]:
    """A function that makes a list of what is bound of a list of dicts."""
    values = ", ".join(_value(WRITE[database], n).replace(n, f"r['{n}']", 1) for n in names)
    return _function(f"lambda rows: [({values}) for r in rows]")


def to_columns(database: str, names: list[str]) -> Callable[[Any], list[Any]]:
    """A function that makes columns of fetched rows."""
    columns = [
        f"[{_value(READ[database], n)} for {n} in columns[{i}]]" if kind(n) in READ[database] else f"columns[{i}]"
        for i, n in enumerate(names)
    ]
    made = _function(f"lambda columns: [{', '.join(columns)}]")
    return lambda rows: list(made(list(zip(*rows, strict=True))))


def to_arrays(database: str, names: list[str]) -> Callable[[Any], list[Any]]:
    """A function that makes numpy arrays of fetched rows."""
    import numpy as np

    columns = to_columns(database, names)
    types = [ARRAYS.get(kind(n), "object") for n in names]
    return lambda rows: [np.array(c, dtype=t) for c, t in zip(columns(rows), types, strict=True)]


def to_pandas(database: str, names: list[str]) -> Callable[[Any], Any]:
    """A function that makes a pandas frame, by its key, of fetched rows."""
    import pandas as pd

    arrays = to_arrays(database, names)
    return lambda rows: pd.DataFrame(dict(zip(names, arrays(rows), strict=True))).set_index("key")


def to_arrow(database: str, names: list[str]) -> Callable[[Any], Any]:
    """A function that makes an Arrow table of fetched rows."""
    import pyarrow as pa

    kinds = {
        "key": pa.int32(),
        "mass": pa.float64(),
        "speed": pa.float64(),
        "born": pa.date32(),
        "seen": pa.timestamp("us"),
        "tame": pa.bool_(),
        "price": pa.decimal128(10, 2),
    }
    types = [kinds.get(kind(n), pa.string()) for n in names]
    columns = to_columns(database, names)

    def make(rows: Any) -> Any:
        found = columns(rows)
        texts = [list(map(str, c)) if kind(n) == "tag" else c for n, c in zip(names, found, strict=True)]
        return pa.table([pa.array(c, t) for c, t in zip(texts, types, strict=True)], names=names)

    return make


def to_polars(database: str, names: list[str]) -> Callable[[Any], Any]:
    """A function that makes a polars frame of fetched rows."""
    import polars as pl

    arrow = to_arrow(database, names)
    return lambda rows: pl.from_arrow(arrow(rows))


def _value(how: dict[str, str], name: str) -> str:
    return how.get(kind(name), "{}").format(name)


def _function(source: str) -> Callable[[Any], Any]:
    made: Callable[[Any], Any] = eval(source, dict(TOOLS))  # the text is made above, of names of ours
    return made
