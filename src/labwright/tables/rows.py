"""Whatever users insert, made into columns: dicts, tuples, records, frames, Arrow, CSV, generators."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from labwright.core.errors import DataError, UnknownAttributeError, did_you_mean
from labwright.core.heading import Heading


@dataclass(frozen=True, slots=True)
class Columns:
    """Values of the attributes `names`, one sequence per attribute, all of the same length.

    None stands for "no value": the attribute's default, or NULL. `numbers` says where in the call each row stood, for
    messages; it is empty where that is its index.
    """

    names: tuple[str, ...]
    values: tuple[Sequence[Any], ...]
    count: int
    numbers: Sequence[int] = ()

    def __len__(self) -> int:
        return self.count

    def row(self, index: int) -> dict[str, Any]:
        """One row, for messages."""
        return {n: v[index] for n, v in zip(self.names, self.values, strict=True)}

    def number(self, index: int) -> int:
        """Where in the call a row stood."""
        return self.numbers[index] if self.numbers else index


def read_rows(heading: Heading, rows: Any, *, ignore_extra_fields: bool = False, first: int = 0) -> Columns:
    """`rows` by column, in the order of `heading`; `first` is the number of the first one in messages.

    Raises
    ------
    UnknownAttributeError
        For a field that the heading does not have, with near names.
    DataError
        For rows that are nothing of the sort, or tuples of another length; says which row.
    """
    found = _columns(heading, rows, ignore_extra_fields, first)
    return replace(found, numbers=range(first, first + found.count)) if first else found


def _columns(heading: Heading, rows: Any, ignore_extra: bool, start: int) -> Columns:
    named = _frame(rows)
    if named is not None:
        if _holds_json_as_text(rows):
            named = {n: _documents(n, c, start) if _is_json(heading, n) else c for n, c in named.items()}
        return _pick(heading, named, ignore_extra, start)
    items = list(_as_iterable(heading, rows))
    if not items:
        return Columns((), (), 0)
    first = items[0]
    if isinstance(first, Mapping):
        return _from_mappings(heading, items, ignore_extra, start)
    if hasattr(first, "dtype") and getattr(first.dtype, "names", None):
        return _from_mappings(heading, [_record(i) for i in items], ignore_extra, start)
    return _from_tuples(heading, items, start)


def chunks(heading: Heading, rows: Any, size: int) -> Iterator[Any]:
    """`rows` in pieces of `size`; a frame by slices, all else as an iterator."""
    if _frame(rows) is not None:
        for start in range(0, len(rows), size):
            yield rows[start : start + size]
        return
    source = iter(_as_iterable(heading, rows))
    while piece := list(islice(source, size)):
        yield piece


def _frame(rows: Any) -> dict[str, Sequence[Any]] | None:
    """Columns by name of a frame, an Arrow table or a structured array; None for anything else."""
    dtype = getattr(rows, "dtype", None)
    if getattr(dtype, "names", None) and getattr(rows, "ndim", 0) == 1:
        return {n: _values(rows[n]) for n in dtype.names}  # type: ignore[union-attr]  # it has names, so it is there
    if hasattr(rows, "reset_index") and hasattr(rows, "columns"):
        plain = rows.reset_index(drop=rows.index.names == [None])
        return {str(n): _values(plain[n]) for n in plain.columns}
    if hasattr(rows, "to_pydict"):
        return dict(rows.to_pydict())
    if hasattr(rows, "iter_rows") and hasattr(rows, "get_columns"):
        return {c.name: c.to_list() for c in rows.get_columns()}
    return None


def _holds_json_as_text(rows: Any) -> bool:
    """Whether it is of Arrow or polars, whose columns have one type each: that of json is text, as we give it."""
    return hasattr(rows, "to_pydict") or hasattr(rows, "get_columns")


def _is_json(heading: Heading, name: str) -> bool:
    attribute = heading.get(name)
    return attribute is not None and attribute.type is not None and attribute.type.kind == "json"


def _documents(name: str, column: Sequence[Any], start: int) -> Sequence[Any]:
    """The values of a column of JSON texts; of anything else, such as structs, the values themselves."""
    if not set(map(type, column)) <= {str, type(None)}:
        return column
    return [None if text is None else _document(text, name, f"Row {n}") for n, text in enumerate(column, start)]


def _document(text: str, name: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(
            f"{place}, attribute {name!r}: {text!r} is not JSON ({error}). In an Arrow table, a polars frame and a CSV "
            "file a json attribute is JSON text: write it with json.dumps."
        ) from None


def _values(column: Any) -> Sequence[Any]:
    """The Python values of a column; pandas' missing values as None."""
    values: list[Any] = column.tolist()
    if hasattr(column, "isna"):
        return [None if gone else v for v, gone in zip(values, column.isna().tolist(), strict=True)]
    return values


def _as_iterable(heading: Heading, rows: Any) -> Iterable[Any]:
    if isinstance(rows, (str, os.PathLike)):
        return _csv_rows(heading, rows)
    if isinstance(rows, Mapping):
        raise DataError("insert takes many rows; for one row use insert1, or put it into a list.")
    if not isinstance(rows, Iterable) or hasattr(rows, "reset_index"):
        raise DataError(
            f"insert takes rows: dicts, tuples, a frame, a structured array, a query, an Arrow table or the path of a "
            f"CSV file, not {type(rows).__name__}. The attributes are: {', '.join(heading)}."
        )
    return rows


def _csv_rows(heading: Heading, path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Rows of a CSV file with a line of names; an empty cell is no value."""
    try:
        yield from _read_csv(heading, path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"The CSV file {os.fspath(path)!r} cannot be read: {error}.") from error


def _read_csv(heading: Heading, path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, strict=True)
        for row in reader:
            place = f"Line {reader.line_num} of {os.fspath(path)}"
            if None in row or any(v is None for v in row.values()):
                raise DataError(f"{place} has another number of cells than the line of names.")
            yield {
                k: None if v == "" else _document(v, k, place) if _is_json(heading, k) else v for k, v in row.items()
            }


def _record(item: Any) -> dict[str, Any]:
    values = item.tolist() if hasattr(item, "tolist") else item
    return dict(zip(item.dtype.names, values, strict=True))


def _from_mappings(heading: Heading, items: Sequence[Mapping[str, Any]], ignore_extra: bool, start: int) -> Columns:
    """Rows that all have the same fields go by column at once; others field by field."""
    first = items[0]
    names = tuple(n for n in heading if n in first)
    if len(names) == len(first):
        try:
            if set(map(len, items)) == {len(first)}:
                return Columns(names, tuple([row[n] for row in items] for n in names), len(items))
        except (KeyError, TypeError):
            pass
    return _from_uneven(heading, items, ignore_extra, start)


def _from_uneven(heading: Heading, items: Sequence[Mapping[str, Any]], ignore_extra: bool, start: int) -> Columns:
    for number, row in enumerate(items, start):
        if not isinstance(row, Mapping):
            raise DataError(f"Row {number} is a {type(row).__name__} where the rows before it are dicts.")
        if not ignore_extra:
            for name in row:
                if name not in heading:
                    raise unknown_field(heading, name, number)
    found = {n for row in items for n in row}
    names = tuple(n for n in heading if n in found)
    return Columns(names, tuple([row.get(n) for row in items] for n in names), len(items))


def unknown_fields(heading: Heading, rows: Any) -> Iterator[tuple[int | None, str]]:
    """The fields of `rows` that are not attributes, each with its row; with None for the column of a frame."""
    named = _frame(rows)
    if named is not None:
        yield from ((None, name) for name in named if name not in heading)
        return
    for number, row in enumerate(_as_iterable(heading, rows)):
        names = row if isinstance(row, Mapping) else getattr(getattr(row, "dtype", None), "names", None) or ()
        yield from ((number, name) for name in names if name not in heading)


def unknown_field(heading: Heading, name: object, row: int) -> UnknownAttributeError:
    """The error for a field that is not an attribute."""
    return UnknownAttributeError(
        f"Row {row} has a field {name!r}, which is not an attribute.{did_you_mean(str(name), heading)} "
        f"The attributes are: {', '.join(heading)}. Use ignore_extra_fields=True to pass over other fields."
    )


def _from_tuples(heading: Heading, items: Sequence[Any], start: int) -> Columns:
    names = tuple(heading)
    for number, row in enumerate(items, start):
        if not isinstance(row, Sequence) or isinstance(row, (str, bytes)):
            if hasattr(row, "tolist") and getattr(row, "ndim", 0) == 1 and len(row) == len(names):
                continue
            raise DataError(f"Row {number} is {row!r} ({type(row).__name__}); a row is a dict, a tuple or a record.")
        if len(row) != len(names):
            raise DataError(
                f"Row {number} has {len(row)} values and the table has {len(names)} attributes: {', '.join(names)}. "
                "Give all of them in this order, or a dict."
            )
    return Columns(names, tuple(list(c) for c in zip(*items, strict=True)), len(items))


def _pick(heading: Heading, named: Mapping[str, Sequence[Any]], ignore_extra: bool, start: int) -> Columns:
    """The columns of a frame that are attributes."""
    for name in named:
        if name not in heading and not ignore_extra:
            raise unknown_field(heading, name, start)
    names = tuple(n for n in heading if n in named)
    values = tuple(named[n] for n in names)
    return Columns(names, values, len(values[0]) if values else 0)
