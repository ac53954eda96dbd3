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
"""One row per store that the schema uses, with the claim that says so in the store. Made last: where it is, all are."""

LIVE: Final = "live"
QUARANTINED: Final = "quarantined"
DELETED: Final = "deleted"

UNKNOWN: Final = "0" * 64
"""Stands for the hash of content that nobody has read."""

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


def change_claim(dialect: Dialect, schema: str) -> str:
    """The statement that notes another claim (claim, store, the one before)."""
    mark = dialect.placeholder
    return f"UPDATE {dialect.table(schema, STORE)} SET claim = {mark} WHERE store = {mark} AND claim = {mark}"


def claims_of(dialect: Dialect, schema: str) -> Statement:
    """The stores that the schema uses, and the claims that say so in them."""
    return Statement(f"SELECT store, claim FROM {dialect.table(schema, STORE)}")


def live_copies(dialect: Dialect, schema: str, store: str | None, state: str = LIVE) -> Statement:
    """The copies in a state, in all stores or in one: store, path, sha256, is_dir, size."""
    where, params = (f" AND c.store = {dialect.placeholder}", (store,)) if store else ("", ())
    return Statement(
        f"SELECT c.store, c.path, c.sha256, c.is_dir, o.size FROM {dialect.table(schema, COPY)} AS c "
        f"JOIN {dialect.table(schema, OBJECT)} AS o ON o.sha256 = c.sha256 "
        f"WHERE c.state = '{state}'{where} ORDER BY c.store, c.path",
        params,
    )


def note_verified(dialect: Dialect, schema: str) -> str:
    """The statement that notes when a copy was found to be sound (verified, store, path)."""
    mark = dialect.placeholder
    return f"UPDATE {dialect.table(schema, COPY)} SET verified = {mark} WHERE store = {mark} AND path = {mark}"


def hold_copy(dialect: Dialect, schema: str) -> str:
    """The statement that keeps a copy for somebody (holder, store, path, until), unless they hold it already."""
    insert = "INSERT IGNORE" if dialect.name == "mysql" else "INSERT"
    conflict = "" if dialect.name == "mysql" else " ON CONFLICT DO NOTHING"
    return (
        f"{insert} INTO {dialect.table(schema, HOLD)} (holder, store, path, until) "
        f"VALUES ({_marks(dialect, 4)}){conflict}"
    )


def let_go(dialect: Dialect, schema: str) -> str:
    """The statement that ends what somebody (holder) holds."""
    return f"DELETE FROM {dialect.table(schema, HOLD)} WHERE holder = {dialect.placeholder}"


def holds_of(dialect: Dialect, schema: str) -> Statement:
    """Who holds how many copies, and until when: holder, number, until."""
    return Statement(f"SELECT holder, count(*), max(until) FROM {dialect.table(schema, HOLD)} GROUP BY holder")


def quarantine_stranger(dialect: Dialect, schema: str, quarantined: str, deleted: str) -> str:
    """The statement that notes an object that nobody knows (store, path, sha256, is_dir, etag, since, touched).

    One that was deleted, and is there again, returns into quarantine; one that somebody has noted meanwhile stays.
    """
    table = dialect.table(schema, COPY)
    conflict = (
        f"ON DUPLICATE KEY UPDATE since = IF(state = '{deleted}', VALUES(since), since), "
        f"state = IF(state = '{deleted}', '{quarantined}', state)"
        if dialect.name == "mysql"
        else f"ON CONFLICT (store, path) DO UPDATE SET state = '{quarantined}', since = excluded.since "
        f"WHERE c.state = '{deleted}'"
    )
    alias = "" if dialect.name == "mysql" else " AS c"
    return (
        f"INSERT INTO {table}{alias} (store, path, sha256, is_dir, etag, state, since, touched) "
        f"VALUES ({_marks(dialect, 5)}, '{quarantined}', {_marks(dialect, 2)}) {conflict}"
    )


def copies_of(dialect: Dialect, schema: str, sha256: str) -> Statement:
    """Where the copies of some content are that are to stay: store, path."""
    mark = dialect.placeholder
    return Statement(
        f"SELECT store, path FROM {dialect.table(schema, COPY)} WHERE sha256 = {mark} AND state = '{LIVE}'", (sha256,)
    )


def identify_copy(dialect: Dialect, schema: str) -> str:
    """The statement that notes what a copy holds (sha256, store, path) that had another hash (sha256)."""
    mark = dialect.placeholder
    return (
        f"UPDATE {dialect.table(schema, COPY)} SET sha256 = {mark} "
        f"WHERE store = {mark} AND path = {mark} AND sha256 = {mark}"
    )


def held_by(dialect: Dialect, schema: str, store: str, path: str, now: str) -> Statement:
    """Who holds a copy: holder."""
    mark = dialect.placeholder
    return Statement(
        f"SELECT holder FROM {dialect.table(schema, HOLD)} WHERE store = {mark} AND path = {mark} "
        f"AND (until IS NULL OR until > {mark})",
        (store, path, now),
    )


def let_copy_go(dialect: Dialect, schema: str, store: str, path: str, now: str) -> Statement:
    """The statement that notes that a copy is deleted."""
    mark = dialect.placeholder
    return Statement(
        f"UPDATE {dialect.table(schema, COPY)} SET state = '{DELETED}', since = {mark} "
        f"WHERE store = {mark} AND path = {mark}",
        (now, store, path),
    )
