"""Very many rows as JSON lines, as a stream of Arrow, and as a Parquet file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Literal

from starlette.responses import StreamingResponse

import labwright as lw
from labwright.web.api.values import Blobs, dumper, unpacked_size, without_files
from labwright.web.fields import field_of
from labwright.web.fields.files import described_reference

if TYPE_CHECKING:
    import pyarrow as pa

Sendable = Literal["jsonl", "arrow", "parquet"]
Format = Literal["jsonl", "arrow", "parquet", "blob"]
TYPES: Final[Mapping[Sendable, str]] = {
    "jsonl": "application/x-ndjson",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
BLOBS: Final = "application/vnd.labwright.blobs"
"""Blobs, each behind its length as a little-endian uint64: a dict of the kinds of attributes, then dicts of columns."""
BATCH: Final = 2_000
"""Rows that are in memory at once."""
HEAVY: Final = 2**26
"""Bytes that the blobs of such rows may hold."""
ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The rows, as they are found.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (*TYPES.values(), BLOBS)},
    }
}


def stream(query: Any, order: Sequence[str] | None, limit: int | None, form: Format, blobs: Blobs) -> StreamingResponse:
    """The rows of a query, a batch at a time. What is wrong with the first of them is told before anything is sent."""
    found = without_files(query)
    if order or limit is not None:
        found &= lw.Top(limit, order or "KEY")
    pieces = _PIECES[form](found.packed, blobs)
    first = list(islice(pieces, 2))  # the heading, and the first batch
    return StreamingResponse(chain(first, pieces), media_type=BLOBS if form == "blob" else TYPES[form])


def _lines(query: Any, blobs: Blobs) -> Iterator[bytes]:
    dump = dumper(query.heading, blobs)
    for rows in _light(query):
        yield "".join(json.dumps(dump(row), ensure_ascii=False) + "\n" for row in rows).encode()


def _light(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Batches of rows whose blobs do not fill the memory, but for one that is as large by itself."""
    batch: list[Mapping[str, Any]] = []
    weight = 0
    for row in rows:
        size = unpacked_size(row)
        if batch and (weight + size > HEAVY or len(batch) == BATCH):
            yield batch
            batch, weight = [], 0
        batch.append(row)
        weight += size
    if batch:
        yield batch


def _arrow(query: Any, _: Blobs) -> Iterator[bytes]:
    import pyarrow as pa

    yield from _written(query, pa.ipc.new_stream)


def _parquet(query: Any, _: Blobs) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    yield from _written(query, pq.ParquetWriter)


def _written(query: Any, make_writer: Any) -> Iterator[bytes]:
    tables = _tables(query)
    first = next(tables)
    pipe = Pipe()
    with make_writer(pipe, first.schema) as writer:
        for table in chain([first], tables):
            writer.write_table(table)
            if written := pipe.take():
                yield written
    yield pipe.take()


class Pipe(io.RawIOBase):
    """Holds what is written until it is taken."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._before = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._before + len(self._written)

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """What was written since."""
        taken = bytes(self._written)
        self._before += len(taken)
        self._written.clear()
        return taken


def _tables(query: Any) -> Iterator[pa.Table]:
    """The rows as Arrow tables of one schema, of which there is one at least."""
    import pyarrow as pa

    coded = {n: a for n, a in query.heading.items() if a.type is not None and a.type.kind == "codec"}
    if not coded:
        plain = query.to_arrow(limit=0).schema
        yield plain.empty_table()
        for batch in query.iter_batches(BATCH):
            yield pa.Table.from_batches([batch]).cast(plain)
        return
    plain = query.proj(..., *(f"-{n}" for n in coded)).to_arrow(limit=0).schema
    kinds = {n: pa.binary() if field_of(a).kind == "blob" else pa.string() for n, a in coded.items()}
    schema = pa.schema([(n, kinds[n] if n in kinds else plain.field(n).type) for n in query.heading])
    yield schema.empty_table()
    for rows in _light(query):
        columns = {n: [_cell(query.heading[n], row[n]) for row in rows] for n in query.heading}
        yield pa.table(columns, schema=schema)


def _cell(attribute: lw.Attribute, value: Any) -> Any:
    kind = attribute.type.kind if attribute.type is not None else ""
    if value is None:
        return None
    if kind == "codec":
        if field_of(attribute).kind == "blob":
            return value.plain
        said = described_reference(value) if isinstance(value, lw.ObjectRef) else field_of(attribute).to_json(value)
        return json.dumps(said)
    return json.dumps(value) if kind == "json" else str(value) if kind == "uuid" else value


def _blobs(query: Any, _: Blobs) -> Iterator[bytes]:
    """Columns as programs take them that have no JSON with exact numbers, such as MATLAB."""
    yield _behind_length({n: field_of(a).kind for n, a in query.heading.items()})
    for rows in _light(query):
        columns = {n: _column(a, [row[n] for row in rows]) for n, a in query.heading.items()}
        yield _behind_length(columns)


def _behind_length(value: Any) -> bytes:
    data = lw.pack(value, compress=False)
    return len(data).to_bytes(8, "little") + data


def _column(attribute: lw.Attribute, values: list[Any]) -> Any:
    """Numbers as one array, in which what is missing is not a number; texts as one piece; all else as a list."""
    import numpy as np

    field, kind = field_of(attribute), attribute.type.kind if attribute.type is not None else ""
    if field.kind in ("number", "decimal") and kind not in ("int64", "uint64"):
        return np.array([np.nan if v is None else float(v) for v in values], dtype="float64")
    if field.kind in ("number", "flag") and None not in values:
        return np.array(values, dtype=bool if field.kind == "flag" else "uint64" if kind[0] == "u" else "int64")
    if field.kind == "blob":
        return [None if value is None else value.plain for value in values]
    if field.kind in ("bytes", "number", "flag", "other", "json"):
        return values
    told = [field.to_json(value) for value in values]
    return _texts(told) if all(isinstance(one, str | None) for one in told) else told


def _texts(told: Sequence[str | None]) -> dict[str, Any]:
    """Texts as one piece, which is cut many times faster than so many are read."""
    import numpy as np

    pieces = [b"" if text is None else text.encode() for text in told]
    lengths = np.array([len(piece) for piece in pieces], dtype="float64")
    return {"utf8": b"".join(pieces), "lengths": lengths, "missing": np.array([text is None for text in told])}


_PIECES: Final = {"jsonl": _lines, "arrow": _arrow, "parquet": _parquet, "blob": _blobs}
