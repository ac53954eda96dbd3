"""A classic database is marked for clients of the present generation, and stays what it is in all else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.interop.comparing import rows_of
from tests.interop.peers import Peer, PeerError
from tests.interop.pipelines import CLASSIC
from tests.interop.rows import classic_subjects

import labwright as lw
from labwright.compat import migrate
from labwright.compat.deploy import set_replica_identity
from labwright.tables.project import Project
from labwright.testing.equality import identical

on_mysql = pytest.mark.parametrize("backend", ["mysql"], indirect=True)
ODD = '''
@schema
class Odd(dj.Manual):
    definition = """
    # odd columns
    odd : int unsigned auto_increment
    ---
    share = 0.5 : float           # it's so
    many = 7 : bigint unsigned
    flag = 1 : tinyint(1)
    few = null : tinyint
    name = "it's" : varchar(8)
    value = null : mediumblob     # half: of it
    """
'''
COMMENT = r"""it's 100%s of a \ or \\n "so" """.strip()


@pytest.fixture
def lab(classic_peer: Peer, prefix: str, project: Project) -> str:
    """A rich pipeline, declared and filled by the classic peer: the name of its schema."""
    name = f"{prefix}lab"
    classic_peer.run("import numpy\n" + CLASSIC + ODD, schema_name=name)
    classic_peer.run("for row in rows: Subject.insert1(row)", rows=classic_subjects(count=3))
    classic_peer.run("Scan.populate(); Summary.populate(); Odd.insert1({'value': {'a': 1}}); None")
    query = "ALTER TABLE {}.odd MODIFY share float NOT NULL DEFAULT 0.5 COMMENT %s"
    project.connection.query(query.format(name), (COMMENT,))
    return name


def definitions(project: Project, schema: str) -> dict[str, str]:
    """How the server spells out the tables, without comments of columns."""
    tables = [t for (t,) in project.connection.fetch(f"SHOW TABLES FROM `{schema}`") if not t.startswith("~")]
    texts = {t: project.connection.fetch(f"SHOW CREATE TABLE `{schema}`.`{t}`")[0][1] for t in tables}
    return {t: re.sub(r" COMMENT '(?:[^'\\]|\\.|'')*'", "", text) for t, text in texts.items()}


def everything(module: Any) -> dict[str, list[dict[str, Any]]]:
    return {name: rows_of(getattr(module, name)) for name in ("Subject", "Scan", "Summary", "Odd")}


@on_mysql
def test_a_classic_database_is_marked_for_the_present_generation(
    lab: str, peer: Peer, classic_peer: Peer, project: Project
) -> None:
    before, as_made = everything(lw.VirtualModule("before", lab)), definitions(project, lab)
    schema = lw.Schema(lab)
    planned = migrate.migrate_columns(schema)
    assert planned["columns_migrated"] == 0
    assert {d["status"] for d in planned["details"]} == {"dry_run"}
    with pytest.raises(lw.LabwrightError, match="Call migrate_columns"):
        migrate.rebuild_lineage(schema, dry_run=False)
    types = {d["column"]: d["core_type"] for d in planned["details"] if d["table"] == f"{lab}.odd"}
    assert types == {"odd": "int64", "share": "float32", "many": "int64", "few": "int8", "value": "<blob>"}
    done = migrate.migrate_columns(schema, dry_run=False)
    assert done["columns_migrated"] == len(planned["details"]) == len(done["sql_statements"])
    assert migrate.migrate_columns(schema)["sql_statements"] == []
    assert migrate.check_migration_status(schema)["pending"] == 0
    assert migrate.rebuild_lineage(schema, dry_run=False)["lineage_entries"] == len(schema.lineage) > 10
    assert definitions(project, lab) == as_made
    after = lw.VirtualModule("after", lab)
    for name, rows in everything(after).items():
        assert all(map(identical, rows, before[name])), name
    with pytest.raises(PeerError, match="Unknown attribute type"):
        classic_peer.run("dj.VirtualModule('m', name).Odd.fetch()", name=lab)
    theirs = peer.run("m = dj.VirtualModule('m', name); m.Odd.to_dicts()", name=lab)
    assert theirs == before["Odd"]
    assert peer.run("str(m.Odd.heading['share'].comment)") == COMMENT
    assert len(peer.run("(m.Scan * m.Subject).to_dicts()")) == len(before["Scan"])
    peer.run("m.Odd.insert1({'value': [1, 2]})")
    assert rows_of(after.Odd)[-1] == {**before["Odd"][0], "odd": 2, "value": [1, 2]}


@on_mysql
def test_blobs_alone(lab: str, project: Project) -> None:
    schema = lw.Schema(lab)
    status = migrate.check_migration_status(schema)
    assert status["pending"] == status["total_blob_columns"] - status["migrated"] > 0
    assert len(migrate.generate_migration_sql(schema)) == status["pending"]
    assert migrate.migrate_blob_columns(schema)["migrated"] == 0
    with pytest.raises(lw.LabwrightError, match="not <attach>"):
        migrate.migrate_blob_columns(schema, "<attach>", dry_run=False)
    assert migrate.migrate_blob_columns(schema, dry_run=False)["migrated"] == status["pending"]
    assert migrate.check_migration_status(schema)["pending"] == 0
    with project.connection.transaction, pytest.raises(lw.errors.TransactionError):
        migrate.migrate_columns(schema, dry_run=False)


@on_mysql
def test_bytes_stay_bytes(peer: Peer, prefix: str, project: Project) -> None:
    """Without a mark a blob of the present generation holds bytes, and must go on to do so."""
    name = f"{prefix}lab"
    definition = "item : int\n---\nvalue : longblob"
    code = "schema = dj.Schema(name)\n@schema\nclass Item(dj.Manual):\n    definition = text"
    peer.run(code, name=name, text=definition)
    peer.run("Item.insert1((1, b'bytes'))")
    found = migrate.migrate_columns(lw.Schema(name), dry_run=False)
    assert [d["column"] for d in found["details"]] == ["item"]
    assert peer.run("dj.VirtualModule('m', name).Item.to_dicts()") == [{"item": 1, "value": b"bytes"}]


@pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
def test_nothing_is_to_do_elsewhere(backend: str, project: Project, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}lab")
    schema(type("Item", (lw.Manual,), {"definition": "item : int\n---\nvalue : longblob"}))
    schema.ensure_declared()
    assert migrate.migrate_columns(schema, dry_run=False)["sql_statements"] == []
    assert migrate.rebuild_lineage(schema, dry_run=False)["tables_analyzed"] == 1


def test_replica_identity(backend: str, project: Project, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}lab")
    item: Any = schema(type("Item", (lw.Manual,), {"definition": "item : int"}))
    other: Any = schema(type("Other", (lw.Manual,), {"definition": "other : int"}))
    schema.ensure_declared()
    if backend != "postgres":
        with pytest.raises(lw.LabwrightError, match="PostgreSQL alone"):
            set_replica_identity(schema)
        return
    assert set_replica_identity(schema)["tables_modified"] == 0
    assert set_replica_identity(item, "FULL", dry_run=False)["tables_modified"] == 1
    sql = (
        "SELECT relname::text, relreplident::text FROM pg_class "
        "WHERE relname IN ('item', 'other') AND relnamespace = %s::regnamespace"
    )
    found: dict[str, str] = dict(project.connection.fetch(sql, (schema.database_name,)))
    assert found == {"item": "f", "other": "d"}
    set_replica_identity(schema, dry_run=False)
    set_replica_identity(other(), "default", dry_run=False)
    assert dict(project.connection.fetch(sql, (schema.database_name,))) == found
    with pytest.raises(lw.LabwrightError, match="'default' or 'full'"):
        set_replica_identity(item, "full; drop table x", dry_run=False)


@pytest.mark.parametrize("name", ["migrate_external", "backup_schema", "verify_schema_v20"])
def test_what_has_no_counterpart_says_what_to_do(name: str) -> None:
    with pytest.raises(AttributeError, match=f"no migrate.{name}: "):
        getattr(migrate, name)
