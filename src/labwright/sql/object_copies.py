"""Statements that let one catalogue of objects know what another knows, for rows that come from its schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labwright.query.expr import Node
from labwright.sql.compiler import compile_select
from labwright.sql.dialect import Dialect
from labwright.sql.object_references import path_in
from labwright.sql.objects import COPY, DELETED, LIVE, OBJECT
from labwright.sql.statement import Statement


def stores_of_paths(dialect: Dialect, source: str, paths: Statement) -> Statement:
    """Return the statement that gives the stores in which the schema `source` knows copies at some paths."""
    return Statement(f"SELECT DISTINCT c.store FROM {_known(dialect, source, paths)}", paths.params)


def paths_of(dialect: Dialect, node: Node, names: Sequence[str]) -> Statement:
    """Return the statement that gives the paths of the objects that attributes of a query refer to."""
    rows = compile_select(node, dialect, names, output=False)
    parts = [
        f"SELECT DISTINCT {path_in(dialect, f'q.{dialect.quote(name)}')} AS path FROM ({rows.sql}) AS q"
        for name in names
    ]
    return Statement(" UNION ".join(parts), rows.params * len(parts))


def share_copies(dialect: Dialect, source: str, target: str, paths: Statement, now: str) -> Iterator[Statement]:
    """Statements by which the schema `target` knows the copies at some paths that the schema `source` knows."""
    known, mark = _known(dialect, source, paths), dialect.placeholder
    contents, copies = dialect.table(target, OBJECT), dialect.table(target, COPY)
    mysql = dialect.name == "mysql"
    insert, conflict = ("INSERT IGNORE", "") if mysql else ("INSERT", " ON CONFLICT DO NOTHING")
    yield Statement(
        f"{insert} INTO {contents} (sha256, size, media_type, created) "
        f"SELECT DISTINCT o.sha256, o.size, o.media_type, o.created FROM {known} "
        f"JOIN {dialect.table(source, OBJECT)} AS o ON o.sha256 = c.sha256 WHERE c.state <> '{DELETED}'{conflict}",
        paths.params,
    )
    new = "VALUES({0})" if mysql else "excluded.{0}"
    clash = "ON DUPLICATE KEY UPDATE" if mysql else "ON CONFLICT (store, path) DO UPDATE SET"
    changed = ", ".join(f"{name} = {new.format(name)}" for name in ("state", "since", "touched"))
    yield Statement(
        f"INSERT INTO {copies} (store, path, sha256, is_dir, etag, state, since, touched) "
        f"SELECT c.store, c.path, c.sha256, c.is_dir, c.etag, '{LIVE}', {mark}, {mark} FROM {known} "
        f"WHERE c.state <> '{DELETED}' {clash} {changed}",
        (now, now, *paths.params),
    )


def _known(dialect: Dialect, source: str, paths: Statement) -> str:
    return f"{dialect.table(source, COPY)} AS c JOIN ({paths.sql}) AS p ON p.path = c.path"
