"""Rows that programs send as JSON lines, as a stream of Arrow, and as a Parquet file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.api.formats import BATCH, HEAVY
from labwright.web.api.messages import is_compressed
from labwright.web.api.pages_of_parquet import DamagedError, pages
from labwright.web.api.values import from_arrow, is_sent_apart
from labwright.web.desk.refusals import BadRequestError, TooMuchError
from labwright.web.fields.structures import size_of

if TYPE_CHECKING:
    import pyarrow as pa

ROWS: Final = 2**26
"""Rows that are taken at once: columns of one value take no more bytes for any number of them."""
SLICE: Final = 100_000
"""Rows of a batch of others that are taken at once."""
SPOOL: Final = 2**24
PAGE: Final = 2**24
"""Bytes that any page of a Parquet file may have when it is read."""
GROWTH: Final = 32
"""How many times as many bytes a larger page may have as in the file: what is packed by Snappy has 21 at most."""
LARGEST: Final = 2**29


def read_lines(file: IO[bytes]) -> Iterator[list[Any]]:
    """The rows of JSON lines."""
    for number, lines in enumerate(_batches(file)):
        rows = []
        for place, line in enumerate(lines, number * BATCH + 1):
            try:
                row = json.loads(line) if line.strip() else None
            except (ValueError, RecursionError):
                raise BadRequestError(f"Line {place} is not JSON.") from None
            if row is not None and not isinstance(row, dict):
                raise BadRequestError(f"Line {place} is no object with a row in it.")
            rows += [row] if row is not None else []
        yield rows


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    found = iter(rows)
    while batch := list(islice(found, BATCH)):
        yield batch


def read_arrow(file: IO[bytes], heading: Mapping[str, lw.Attribute]) -> Iterator[Any]:
    """The tables of a stream of Arrow; those with blobs or JSON as rows."""
    import pyarrow as pa

    with _sound():
        if is_compressed(file):
            raise BadRequestError("Send the stream of Arrow without compression.")
        with pa.ipc.open_stream(file) as reader:
            _check_kinds(reader.schema, heading)
            for batch in _sound_ones(reader):
                step = min(SLICE, _rows_of(max(map(_widest, batch.columns), default=0)))
                for start in range(0, max(1, batch.num_rows), step):
                    yield _taken(_plain(pa.Table.from_batches([batch.slice(start, step)])), heading)


def read_parquet(file: IO[bytes], heading: Mapping[str, lw.Attribute]) -> Iterator[Any]:
    """The same of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _sound():
        at_once = min(BATCH, _rows_of(_largest_page(file)))
        with pq.ParquetFile(file) as found:
            _check_kinds(found.schema_arrow, heading)
            batches = _sound_ones(found.iter_batches(at_once))
            tables = (_plain(pa.Table.from_batches([batch])) for batch in batches)
            for table in _gathered(tables):
                yield _taken(table, heading)


def _largest_page(file: IO[bytes]) -> int:
    largest = 0
    for unpacked, packed in pages(file):
        if unpacked > max(PAGE, min(GROWTH * packed, LARGEST)):
            raise TooMuchError(
                f"A page of this file holds {size_of(unpacked)} in {size_of(packed)}, which is more than is read here. "
                "Write it without compression, or with smaller pages."
            )
        largest = max(largest, unpacked)
    file.seek(0)
    return largest


def _rows_of(widest: int) -> int:
    """How many rows are in memory at once whose values have so many bytes at most."""
    return max(1, HEAVY // max(1, widest))


def _sound_ones(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches with no more rows than may be, whose values are where they say."""
    count = 0
    for batch in batches:
        count += batch.num_rows
        if count > ROWS:
            raise TooMuchError(f"These are more than {ROWS} rows. Send them in pieces.")
        batch.validate(full=True)
        yield batch


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Tables of many rows, made of those with few."""
    import pyarrow as pa

    held: list[pa.Table] = []
    rows = weight = 0
    for table in tables:
        if held and (rows + table.num_rows > BATCH or weight + table.nbytes > HEAVY):
            yield pa.concat_tables(held)
            held, rows, weight = [], 0, 0
        held.append(table)
        rows, weight = rows + table.num_rows, weight + table.nbytes
    if held:
        yield pa.concat_tables(held)


def _check_kinds(schema: pa.Schema, heading: Mapping[str, lw.Attribute]) -> None:
    """Refuse values of which a few bytes make any number, and what is sent in another way."""
    for field in schema:
        if field.name in heading and is_sent_apart(heading[field.name]):
            raise BadRequestError(f"{field.name}: files are not taken from Arrow. Send them as JSON.")
        kind = _inner(field.type)
        if _is_nested(kind) or str(kind) in ("string_view", "binary_view"):
            raise BadRequestError(f"{field.name}: {field.type} is not taken from Arrow. Send plain values, or JSON.")


def _inner(kind: pa.DataType) -> pa.DataType:
    """The type of the values, however they are written."""
    import pyarrow as pa

    while pa.types.is_dictionary(kind) or isinstance(kind, pa.BaseExtensionType):
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind.storage_type
    return kind


def _is_nested(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(kind) or pa.types.is_run_end_encoded(kind))


def _widest(column: pa.Array) -> int:
    """How many bytes the longest value of a column has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        return _widest(column.dictionary)
    try:
        return pc.max(pc.binary_length(column)).as_py() or 0
    except pa.ArrowNotImplementedError:
        return 16  # no other values are larger


def _plain(table: pa.Table) -> pa.Table:
    """A table whose columns hold their values themselves."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table


class _sound:  # noqa: N801 - it is used as a function
    """Tells that a file is damaged in words for whoever sent it."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, _: object) -> None:
        import pyarrow as pa

        if isinstance(error, DamagedError):
            raise BadRequestError("This cannot be read: a page of the file is damaged.") from error
        if isinstance(error, (pa.ArrowException, OSError, UnicodeDecodeError)):
            raise BadRequestError(f"This cannot be read: {str(error)[:200]}") from error


def _taken(table: pa.Table, heading: Mapping[str, lw.Attribute]) -> Any:
    special = {n for n in table.column_names if n in heading and _is_special(heading[n])}
    if not special:
        return table
    rows = table.to_pylist()
    return [{n: from_arrow(heading[n], v) if n in special else v for n, v in row.items()} for row in rows]


def _is_special(attribute: lw.Attribute) -> bool:
    return attribute.type is not None and attribute.type.kind in ("codec", "json")


def spool() -> Any:
    """A place for what is sent."""
    return SpooledTemporaryFile(SPOOL)
