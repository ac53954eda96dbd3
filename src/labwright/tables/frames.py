"""Columns as numpy arrays, pandas and polars frames, and Arrow tables: the same types on every database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.object_ref import ObjectRef
from labwright.core.errors import DataError, MissingPackageError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.core.values import times_of_day
from labwright.sql.decode import Column, DecodePlan, Row
from labwright.sql.dialect import json_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_NUMPY: Final = {f"{u}int{b}": f"{u}int{b}" for u in ("", "u") for b in (8, 16, 32, 64)} | {
    "int24": "int32",
    "uint24": "uint32",
    "year": "int16",
    "float32": "float32",
    "float64": "float64",
    "bool": "bool",
}


def array(attribute: Attribute, column: Sequence[Any]) -> np.ndarray[Any, Any]:
    """One column as an array; NULL in whole numbers makes it an array of objects, in floats it is nan."""
    import numpy as np

    dtype = numpy_dtype(attribute.type)
    if dtype == "object" or (None in column and not dtype.startswith("float")):
        return objects(column)
    if None in column:
        column = [np.nan if v is None else v for v in column]
    return np.array(column, dtype=dtype)


def objects(column: Sequence[Any]) -> np.ndarray[Any, Any]:
    """An array that holds the values themselves, arrays among them."""
    import numpy as np

    result = np.empty(len(column), dtype=object)
    for i, value in enumerate(column):
        result[i] = value
    return result


def numpy_dtype(type_: Type | None) -> str:
    """The name of the dtype of a column without NULL."""
    return "object" if type_ is None else _NUMPY.get(type_.kind, "object")


def structured_array(heading: Heading, columns: Mapping[str, Sequence[Any]]) -> np.ndarray[Any, Any]:
    """All columns as one structured array."""
    import numpy as np

    arrays = {n: array(heading[n], c) for n, c in columns.items()}
    length = len(next(iter(arrays.values()))) if arrays else 0
    result = np.empty(length, dtype=[(n, a.dtype) for n, a in arrays.items()])
    for name, values in arrays.items():
        result[name] = values
    return result


def pandas_frame(heading: Heading, columns: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A frame with the primary key as index."""
    try:
        import pandas as pd
    except ImportError:
        raise missing("pandas") from None
    data = {n: array(heading[n], c) for n, c in zip(heading, columns, strict=True)}
    frame = pd.DataFrame(data, columns=list(heading))
    return frame.set_index(heading.primary_key) if heading.primary_key else frame


def polars_frame(heading: Heading, plan: DecodePlan, rows: Sequence[Row]) -> pl.DataFrame:
    """A polars frame."""
    try:
        import polars as pl
    except ImportError:
        raise missing("polars") from None
    frame = pl.from_arrow(arrow_table(heading, plan, rows))
    assert isinstance(frame, pl.DataFrame)
    return frame


def arrow_table(heading: Heading, plan: DecodePlan, rows: Sequence[Row]) -> pa.Table:
    """An Arrow table; references to what is in stores are JSON text, and what Arrow has no type for is refused."""
    try:
        import pyarrow as pa
    except ImportError:
        raise missing("pyarrow", "arrow") from None
    attributes = heading.attributes.values()
    arrays = [
        arrow_array(attribute, column, partial(plan.decode, i))
        for i, (attribute, column) in enumerate(zip(attributes, plan.stored(rows), strict=True))
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema([(n, a.type) for n, a in zip(heading, arrays, strict=True)]))


def arrow_array(attribute: Attribute, stored: Column, decode: Callable[[Column], Column]) -> pa.Array:
    """One column as an Arrow array; where Arrow reads what is stored by itself, without a Python value in between."""
    import pyarrow as pa

    kind = attribute.type.kind if attribute.type else ""
    direct = _DIRECT.get((kind, _common_type(stored)))
    if direct is not None:
        return direct(stored, arrow_type(attribute.type))
    column = decode(stored)
    if kind == "uuid":
        return pa.array([None if v is None else str(v) for v in column], pa.string())
    if kind == "json":
        return pa.array([None if v is None else json_text(v) for v in column], pa.string())
    if kind == "codec":
        return _decoded(attribute, column)
    values = times_of_day(column) if kind == "time" else column
    try:
        return pa.array(values, arrow_type(attribute.type))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(f"Attribute {attribute.name!r} holds what is no {attribute.type}: {error}.") from error


def _decoded(attribute: Attribute, column: Column) -> pa.Array:
    """What codecs have made, in the type that Arrow finds for it."""
    import pyarrow as pa

    if any(isinstance(value, ObjectRef) for value in column):
        return pa.array([None if v is None else json_text(v.to_json()) for v in column], pa.string())
    try:
        return pa.array(column)
    except (pa.ArrowException, OverflowError) as error:
        raise DataError(
            f"Arrow makes no column of the values of {attribute.name!r}, which is of type {attribute.type}: {error}. "
            f"Leave it out, or take to_dicts() or to_pandas()."
        ) from error


def _common_type(column: Column) -> type | None:
    """The type of all values but None; None for several."""
    found = set(map(type, column)) - {type(None)}
    return found.pop() if len(found) == 1 else None


def _parsed(column: Column, type_: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array(column, pa.string()).cast(type_)


def _counted(column: Column, type_: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array(column, pa.int64()).cast(type_)


def _scaled(column: Column, type_: Any) -> pa.Array:
    """Whole numbers as decimals with the same digits: only the place of the point is another."""
    import pyarrow as pa

    digits = pa.array(column, pa.int64()).cast(pa.decimal128(19, 0))
    return pa.Array.from_buffers(type_, len(digits), digits.buffers())


_DIRECT: Final[dict[tuple[str, type | None], Callable[[Column, Any], Any]]] = {
    ("date", str): _parsed,
    ("datetime", str): _parsed,
    ("timestamp", str): _parsed,
    ("uuid", str): _parsed,
    ("bool", int): _counted,
    ("decimal", int): _scaled,
}
"""What databases store as text or as whole numbers, by the kind of attribute and the type of what is stored."""


def arrow_type(type_: Type | None) -> Any:
    """The Arrow type of a column; None lets Arrow infer it."""
    import pyarrow as pa

    if type_ is None or type_.kind == "codec":
        return None
    if type_.kind == "decimal":
        return pa.decimal128(*type_.args) if type_.args[0] <= 38 else pa.decimal256(*type_.args)
    simple = {
        "bool": pa.bool_(),
        "date": pa.date32(),
        "time": pa.time64("us"),
        "datetime": pa.timestamp("us"),
        "timestamp": pa.timestamp("us"),
        "datetime_utc": pa.timestamp("us", tz="UTC"),
        "bytes": pa.binary(),
    }
    if type_.kind in simple:
        return simple[type_.kind]
    return pa.type_for_alias(_NUMPY[type_.kind]) if type_.kind in _NUMPY else pa.string()


def missing(package: str, extra: str = "") -> MissingPackageError:
    """The error for a package that is not installed."""
    return MissingPackageError(f"This needs {package}: pip install 'labwright[{extra or package}]'")
