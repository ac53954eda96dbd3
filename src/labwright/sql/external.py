"""Statements about what stores of the classic generation hold: the tables ``~external_<store>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from labwright.core.types import Type
from labwright.define.service_tables import EXTERNAL
from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement
from labwright.storage.external import Entry

_UUID: Final = Type("uuid")
_NOW: Final = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S', 'now', 'localtime')",
    "postgres": "LOCALTIMESTAMP(0)",
    "mysql": "CURRENT_TIMESTAMP",
}
_COLUMNS: Final = "hash, size, attachment_name, filepath, contents_hash"


def touch_entry(dialect: Dialect, schema: str, store: str) -> str:
    """The statement that notes an object (see `entry_values`), or only when it was put again, and locks its row."""
    columns = ", ".join(map(dialect.quote, _COLUMNS.split(", ")))
    again = f"{dialect.quote('timestamp')} = {_NOW[dialect.name]}"
    clash = f"ON CONFLICT ({dialect.quote('hash')}) DO UPDATE SET"
    clash = "ON DUPLICATE KEY UPDATE" if dialect.name == "mysql" else clash
    marks = ", ".join([dialect.placeholder] * 5)
    return f"INSERT INTO {_table(dialect, schema, store)} ({columns}) VALUES ({marks}) {clash} {again}"


def entry_values(dialect: Dialect, entry: Entry) -> tuple[Any, ...]:
    """What `touch_entry` binds."""
    contents = None if entry.contents_hash is None else dialect.encode(_UUID, entry.contents_hash)
    hash_ = dialect.encode(_UUID, entry.hash)
    return hash_, entry.size, entry.attachment_name, entry.filepath, contents


def find_entries(dialect: Dialect, schema: str, store: str, hashes: Sequence[UUID], *, lock: bool = False) -> Statement:
    """What is known of objects by their hashes; with `lock` as it is now, also in a transaction that began before."""
    columns = ", ".join(map(dialect.quote, _COLUMNS.split(", ")))
    marks = ", ".join([dialect.placeholder] * len(hashes))
    now = " FOR UPDATE" if lock and dialect.name != "sqlite" else ""
    return Statement(
        f"SELECT {columns} FROM {_table(dialect, schema, store)} WHERE {dialect.quote('hash')} IN ({marks}){now}",
        tuple(dialect.encode(_UUID, h) for h in hashes),
    )


def all_entries(dialect: Dialect, schema: str, store: str) -> Statement:
    """What is known of all objects."""
    columns = ", ".join(map(dialect.quote, _COLUMNS.split(", ")))
    return Statement(f"SELECT {columns} FROM {_table(dialect, schema, store)}")


def read_entry(dialect: Dialect, row: Sequence[Any]) -> Entry:
    """An object from a row of `find_entries`."""
    decode = dialect.decoder(_UUID) or (lambda value: value)
    hash_, size, name, path, contents = row
    return Entry(decode(hash_), int(size), name, path, None if contents is None else decode(contents))


def delete_entry(dialect: Dialect, schema: str, store: str, hash_: UUID) -> Statement:
    """Forget an object; refused by the database while a row refers to it."""
    table = _table(dialect, schema, store)
    where = f"{dialect.quote('hash')} = {dialect.placeholder}"
    return Statement(f"DELETE FROM {table} WHERE {where}", (dialect.encode(_UUID, hash_),))


def _table(dialect: Dialect, schema: str, store: str) -> str:
    return dialect.table(schema, f"{EXTERNAL}{store}")
