"""``<parquet@store>``: a table of its own - a frame - of which columns and groups of rows are read alone."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.arrays import as_count
from labwright.codecs.object_ref import ObjectRef, damaged_format, local_file, no_form, text
from labwright.codecs.packages import package
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError, LabwrightError
from labwright.storage.content import Content

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

GROUP: Final = 4 * 1024 * 1024
"""About so many bytes of rows make a group, which is the least that is read of a column."""


class ParquetRef(ObjectRef):
    """A frame in a store.

    Its columns and the number of its rows are known from the row; only the groups of rows and the columns that are
    asked for are read.

    Examples
    --------
    >>> import labwright as lw
    >>> ref = lw.ParquetRef({"path": "units_k3.parquet", "num_rows": 120, "columns": ["unit", "depth"]})
    >>> len(ref), ref.columns
    (120, ['unit', 'depth'])
    """

    __slots__ = ()

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        known = self.told_if("columns", _names)
        return list(self.schema.names) if known is None else known

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        known = self.told_if("num_rows", as_count)
        if known is not None:
            return known
        with self.parquet() as file:
            return int(file.metadata.num_rows)

    def __len__(self) -> int:
        return self.num_rows

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema; the end of the file is read for it."""
        with self.parquet() as file:
            return file.schema_arrow

    @contextmanager
    def parquet(self) -> Iterator[Any]:
        """The file as a ``pyarrow.parquet.ParquetFile``, which reads from the store what it is asked for."""
        module = package("pyarrow.parquet", "arrow")
        with self.open() as stream:
            try:
                file = module.ParquetFile(stream, page_checksum_verification=True)
            except (package("pyarrow", "arrow").ArrowInvalid, OSError) as error:
                raise damaged_format(self, "Parquet", error) from error
            with file:
                yield file

    def to_arrow(self, columns: Sequence[str] | None = None, *, rows: slice | None = None) -> pa.Table:
        """Return an Arrow table.

        Parameters
        ----------
        columns : sequence of str, optional
            Those to be read; all by default.
        rows : slice, optional
            The rows to be read, without step.
        """
        with self.noticing(Exception), self.parquet() as file, self._noticing():
            if rows is None:
                return file.read(columns=columns)
            start, stop, step = rows.indices(file.metadata.num_rows)
            if step != 1:
                raise CodecError(f"Rows are read from one to another, not every {step}th.")
            groups, skipped = _groups(file.metadata, start, max(start, stop))
            return file.read_row_groups(groups, columns=columns).slice(start - skipped, max(0, stop - start))

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except LabwrightError:
            raise
        except OSError as error:  # a page is damaged
            raise damaged_format(self, "Parquet", error) from error

    def to_pandas(self, columns: Sequence[str] | None = None, *, rows: slice | None = None) -> pd.DataFrame:
        """The same as a pandas frame."""
        pandas = package("pandas", "pandas")
        table = self.to_arrow(columns, rows=rows)
        frame: pd.DataFrame = table.to_pandas()
        index = (table.schema.pandas_metadata or {}).get("index_columns", ())
        if rows is not None and len(index) == 1 and isinstance(index[0], dict):  # a range, which is in no column
            kept = range(index[0]["start"], index[0]["stop"], index[0]["step"])[rows]
            frame.index = pandas.RangeIndex(kept.start, kept.stop, kept.step, name=index[0]["name"])
        return frame

    def to_polars(self, columns: Sequence[str] | None = None, *, rows: slice | None = None) -> pl.DataFrame:
        """The same as a polars frame."""
        frame: pl.DataFrame = package("polars", "polars").from_arrow(self.to_arrow(columns, rows=rows))
        return frame

    def _details(self) -> str:
        return f", num_rows={self._stored.get('num_rows')}, columns={self._stored.get('columns')}"


def _names(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("they are no list")
    return [text(name) for name in value]


def _groups(metadata: Any, start: int, stop: int) -> tuple[list[int], int]:
    """The groups that hold these rows, and as many rows as are before them."""
    groups, skipped, at = [], 0, 0
    for number in range(metadata.num_row_groups):
        after = at + metadata.row_group(number).num_rows
        if at < stop and after > start:
            groups.append(number)
        elif after <= start:
            skipped = after
        at = after
    return groups, skipped if groups else start


class ParquetCodec(SchemaCodec, register=False):
    """A pandas or polars frame, an Arrow table, or the path of a Parquet file; a `ParquetRef` comes back."""

    name = "parquet"
    ext = ".parquet"
    media_type = "application/vnd.apache.parquet"
    reference = ParquetRef

    def validate(self, value: Any) -> None:
        """Raise when `value` is no frame, or has columns that Parquet does not take."""
        if isinstance(value, (str, Path)):
            _file_metadata(local_file("parquet", value))
        elif not isinstance(value, ParquetRef):
            _arrow(value)

    def content(self, value: Any) -> Content:
        if isinstance(value, (str, Path)):
            return Path(value)
        table, sink = _arrow(value), io.BytesIO()
        rows = max(1000, GROUP * table.num_rows // max(1, table.nbytes))
        package("pyarrow.parquet", "arrow").write_table(
            table, sink, row_group_size=rows, compression="zstd", write_page_checksum=True
        )
        return sink.getbuffer()

    def describe(self, value: Any) -> Mapping[str, Any]:
        if isinstance(value, (str, Path)):
            found = _file_metadata(Path(value))
            return {"num_rows": found.num_rows, "columns": list(found.schema.to_arrow_schema().names)}
        table = _arrow(value)
        return {"num_rows": table.num_rows, "columns": list(table.column_names)}


def _file_metadata(path: Path) -> Any:
    try:
        return package("pyarrow.parquet", "arrow").read_metadata(path)
    except package("pyarrow", "arrow").ArrowInvalid as error:
        raise CodecError(f"{str(path)!r} is no Parquet file: {error}") from error


def _arrow(value: Any) -> pa.Table:
    """A frame as an Arrow table."""
    pyarrow = package("pyarrow", "arrow")
    kind = type(value).__module__.partition(".")[0], type(value).__name__
    if kind == ("pyarrow", "Table"):
        return value
    if kind not in (("pandas", "DataFrame"), ("polars", "DataFrame")):
        raise no_form("parquet", value, "a pandas or polars frame, an Arrow table, or the path of a Parquet file")
    try:
        return _of_polars(value) if kind[0] == "polars" else pyarrow.Table.from_pandas(value)
    except (pyarrow.ArrowException, ValueError, TypeError) as error:
        raise CodecError(f"<parquet@> cannot hold this frame: {error}") from error


def _of_polars(frame: pl.DataFrame) -> pa.Table:
    """The same, unless it holds Python objects: of these polars would give where they are in memory."""
    objects = [name for name, dtype in frame.schema.items() if dtype == package("polars", "polars").Object]
    if objects:
        raise CodecError(f"<parquet@> cannot hold this frame: the column {objects[0]!r} is of Python objects.")
    return frame.to_arrow()
