"""A row as it is signed: its values, those of its parts, and the hashes of what they have in stores."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import labwright as lw
from labwright.lab.canonical import digest, moment, to_json
from labwright.lab.notebook.notebook import table_name

ROW_FORMAT = "labwright row 1"


def one_row(rows: Any) -> tuple[Any, dict[str, Any]]:
    """The table of a restricted one, and the key of its one row.

    Raises
    ------
    LabwrightError
        When it has not one.
    """
    keys = rows.proj().to_dicts(limit=2)
    if len(keys) != 1:
        raise lw.LabwrightError(f"One row is signed at a time, and here is {'more than one' if keys else 'none'}.")
    return rows.sources[0], dict(keys[0])


def row_bytes(rows: Any) -> bytes:
    """What is signed of a row: lines of JSON, of the row first, and then of those of its parts, in order.

    Parameters
    ----------
    rows : query expression
        A table, restricted to one row.

    Raises
    ------
    LabwrightError
        When it is not one row, or something of it cannot be read.
    """
    table, key = one_row(rows)
    head = to_json({"format": ROW_FORMAT, "table": table_name(table)})
    return "\n".join([head, *_lines(table, key, ""), *sorted(_of_parts(table, key))]).encode()


def _of_parts(table: Any, key: Mapping[str, Any]) -> Iterator[str]:
    for part in table.parts(as_objects=True):
        yield from _lines(part, key, part.id.class_path[-1])


def damage_in(rows: Any) -> Iterator[str]:
    """Say what of a row, and of its parts, is in stores and not what was put there."""
    table, key = one_row(rows)
    for each in (table, *table.parts(as_objects=True)):
        for row in (each & key).packed.proj(*_references(each.heading)).to_dicts():
            yield from filter(None, map(_damage, row.values()))


def _references(heading: Any) -> list[str]:
    """What may refer to a store; attached files are read when the row is, and are checked then."""
    kinds = {name: str(a.type) for name, a in heading.items()}
    return [name for name, kind in kinds.items() if kind.startswith("<") and not kind.startswith("<attach")]


def _damage(value: Any) -> str:
    if isinstance(value, lw.ObjectRef):
        try:
            value.verify()
        except lw.LabwrightError as error:
            return f"{value.path} in the store is not what was put there: {str(error).partition(chr(10))[0]}"
    return ""


def _lines(table: Any, key: Mapping[str, Any], part: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        found = (table & key).packed
        for row in found.to_dicts(download_path=folder):
            signed = {name: _value(found.heading[name], value) for name, value in row.items()}
            yield to_json({"part": part, "row": signed} if part else {"row": signed})


def _value(attribute: Any, value: Any) -> Any:
    """A value as JSON has it, without floating-point numbers; what may be large by its hash."""
    if value is None:
        return None
    kind = str(attribute.type)
    if isinstance(value, lw.ObjectRef):
        return {"sha256": value.hash or value.handle.digest().sha256}
    if kind.startswith("<"):
        return {"sha256": digest(_content(kind, value))}
    return {"json": to_json(value)} if kind == "json" else _plain(value)


def _content(kind: str, value: Any) -> bytes:
    """The bytes that a codec's value stands for."""
    if isinstance(value, lw.Packed):
        return value.plain
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (str, Path)) and kind.startswith("<attach"):
        return Path(value).read_bytes()
    return lw.pack(value)


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"sha256": digest(bytes(value))}
    if isinstance(value, datetime) and value.tzinfo is not None:
        return moment(value)
    if isinstance(value, (Decimal, UUID, timedelta)):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return {"sha256": digest(lw.pack(value))}
