"""Statements of the catalogue of objects: what content there is, and where copies of it are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement

OBJECT: Final = "~object"
"""One row per content: its SHA-256 hash, size and media type."""
COPY: Final = "~copy"
"""One row per place in a store: which content is there, and whether it is to stay."""
HOLD: Final = "~hold"
"""One row per copy that something outside of the rows needs, e.g. an export, and until when."""

STORE: Final = "~store"
"""One row per store that the schema uses, with the claim that says so in the store."""

LIVE: Final = "live"
QUARANTINED: Final = "quarantined"
DELETED: Final = "deleted"

_MYSQL: Final = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"


def create_catalogue(dialect: Dialect, schema: str) -> Iterator[Statement]:
    """Statements that make the tables, unless they are there."""
    objects, copies, holds, stores = (dialect.table(schema, name) for name in (OBJECT, COPY, HOLD, STORE))
    options = _MYSQL if dialect.name == "mysql" else ""
    time = {"mysql": "datetime(6)", "postgres": "timestamp(6)"}.get(dialect.name, "text")
    path = "varbinary(1024)" if dialect.name == "mysql" else "text"
    yield Statement(
        f"CREATE TABLE IF NOT EXISTS {objects} (sha256 char(64) NOT NULL PRIMARY KEY, size bigint NOT NULL, "
        f"media_type varchar(255), created {time} NOT NULL){options}"
    )
    yield Statement(
        f"CREATE TABLE IF NOT EXISTS {copies} (store varchar(64) NOT NULL, path {path} NOT NULL, "
        f"sha256 char(64) NOT NULL, is_dir smallint NOT NULL, etag varchar(255), state varchar(16) NOT NULL, "
        f"since {time} NOT NULL, touched {time} NOT NULL, verified {time}, PRIMARY KEY (store, path), "
        f"FOREIGN KEY (sha256) REFERENCES {objects} (sha256)){options}"
    )
    yield Statement(
        f"CREATE TABLE IF NOT EXISTS {holds} (holder varchar(255) NOT NULL, store varchar(64) NOT NULL, "
        f"path {path} NOT NULL, until {time}, PRIMARY KEY (store, path, holder), "
        f"FOREIGN KEY (store, path) REFERENCES {copies} (store, path)){options}"
    )
    yield Statement(
        f"CREATE TABLE IF NOT EXISTS {stores} (store varchar(64) NOT NULL PRIMARY KEY, claim char(32) NOT NULL)"
        f"{options}"
    )


def add_object(dialect: Dialect, schema: str) -> str:
    """The statement that notes content (sha256, size, media_type, created) unless it is known."""
    insert = "INSERT IGNORE" if dialect.name == "mysql" else "INSERT"
    conflict = "" if dialect.name == "mysql" else " ON CONFLICT DO NOTHING"
    return (
        f"{insert} INTO {dialect.table(schema, OBJECT)} (sha256, size, media_type, created) "
        f"VALUES ({_marks(dialect, 4)}){conflict}"
    )


def touch_copy(dialect: Dialect, schema: str) -> str:
    """The statement that notes a copy (store, path, sha256, is_dir, etag, since, touched), or locks the known one."""
    updates = (
        "ON DUPLICATE KEY UPDATE touched = VALUES(touched)"
        if dialect.name == "mysql"
        else "ON CONFLICT (store, path) DO UPDATE SET touched = excluded.touched"
    )
    return (
        f"INSERT INTO {dialect.table(schema, COPY)} (store, path, sha256, is_dir, etag, state, since, touched) "
        f"VALUES ({_marks(dialect, 5)}, '{LIVE}', {_marks(dialect, 2)}) {updates}"
    )


def find_copies(dialect: Dialect, schema: str, places: Sequence[tuple[str, str]]) -> Statement:
    """What is known of these copies: store, path, sha256, state."""
    wanted = " OR ".join([f"(store = {dialect.placeholder} AND path = {dialect.placeholder})"] * len(places))
    return Statement(
        f"SELECT store, path, sha256, state FROM {dialect.table(schema, COPY)} WHERE {wanted}",
        tuple(value for place in places for value in place),
    )


def revive_copy(dialect: Dialect, schema: str) -> str:
    """The statement that takes a copy (since, sha256, store, path) out of quarantine, or as put anew."""
    mark = dialect.placeholder
    return (
        f"UPDATE {dialect.table(schema, COPY)} SET state = '{LIVE}', since = {mark}, sha256 = {mark} "
        f"WHERE store = {mark} AND path = {mark}"
    )


def _marks(dialect: Dialect, count: int) -> str:
    return ", ".join([dialect.placeholder] * count)


def path_text(value: str | bytes) -> str:
    """A path as it was given: MySQL and MariaDB keep it as bytes."""
    return value.decode() if isinstance(value, bytes) else value


def add_claim(dialect: Dialect, schema: str) -> str:
    """The statement that notes that the schema uses a store (store, claim)."""
    return f"INSERT INTO {dialect.table(schema, STORE)} (store, claim) VALUES ({_marks(dialect, 2)})"


def claims_of(dialect: Dialect, schema: str) -> Statement:
    """The stores that the schema uses, and the claims that say so in them."""
    return Statement(f"SELECT store, claim FROM {dialect.table(schema, STORE)}")
