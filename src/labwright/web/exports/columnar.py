"""Files of Parquet."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

    from labwright.web.exports.table import Export
    from labwright.web.fields import Field

BATCH: Final = 50_000


def write_parquet(export: Export, file: IO[bytes]) -> None:
    """Write rows with their types; each column tells its type in the definition, its unit and its comment."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [field.name for field in export.columns.values()]
    schema = _schema(export, export.query.to_arrow(limit=0).select(names).schema)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in export.query.iter_batches(BATCH):
            columns = batch.select(names).columns
            table = pa.Table.from_arrays([c.cast(f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
            writer.write_table(table)


def _schema(export: Export, found: pa.Schema) -> pa.Schema:
    import pyarrow as pa

    fields = [
        pa.field(name, found.field(field.name).type, metadata=_told(field)) for name, field in export.columns.items()
    ]
    return pa.schema(fields, metadata={f"labwright.{name}": text for name, text in export.about.items()})


def _told(field: Field) -> dict[str, str]:
    found = {"type": str(field.attribute.type or ""), "unit": field.unit, "comment": field.attribute.comment}
    return {f"labwright.{name}": text for name, text in found.items() if text}
