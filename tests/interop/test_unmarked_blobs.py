"""What a blob without a mark holds: serialised values in the classic generation, bytes in the other."""

from __future__ import annotations

from typing import Final

import pytest
from tests.interop.comparing import rows_of
from tests.interop.peers import Peer
from tests.interop.pipelines import CLASSIC
from tests.interop.rows import classic_subjects

import labwright as lw
from labwright.core.errors import CodecError
from labwright.core.generation import Generation
from labwright.tables.project import Project
from labwright.testing.equality import identical

pytestmark = pytest.mark.parametrize("backend", ["mysql"], indirect=True)
DEFINITION: Final = '''
schema = dj.Schema(schema_name)

@schema
class Item(dj.Manual):
    definition = """
    item : int
    ---
    value = null : longblob
    small = null : tinyblob
    """
'''


def codecs(project: Project, schema: str, table: str = "item") -> dict[str, str | None]:
    """The codec of each attribute that is not in the key."""
    heading = project.database.tables(schema)[table].heading
    return {n: a.type.codec if a.type else None for n, a in heading.items() if not a.in_key}


def test_the_present_generation_keeps_bytes(peer: Peer, prefix: str, project: Project) -> None:
    name = f"{prefix}lab"
    peer.run(DEFINITION, schema_name=name)
    peer.run("Item.insert1({'item': 1, 'value': b'mYm', 'small': b'x'})")
    theirs = lw.VirtualModule("theirs", name)
    assert codecs(project, name) == {"value": None, "small": None}
    theirs.Item.insert1((2, b"\x00\xff", None))
    assert rows_of(theirs.Item)[0] == {"item": 1, "value": b"mYm", "small": b"x"}
    assert peer.run("Item.to_dicts(order_by='item')") == rows_of(theirs.Item)


def test_the_classic_generation_keeps_values(classic_peer: Peer, prefix: str, project: Project) -> None:
    """Also while there is none."""
    name = f"{prefix}lab"
    classic_peer.run(DEFINITION, schema_name=name)
    assert codecs(project, name) == {"value": "blob", "small": "blob"}
    theirs = lw.VirtualModule("theirs", name)
    theirs.Item.insert1((1, {"a": [1]}, "text"))
    assert classic_peer.run("Item.fetch(as_dict=True)") == [{"item": 1, "value": {"a": [1]}, "small": "text"}]


@pytest.mark.parametrize("generation", ["2", "classic"])
def test_where_both_have_been_the_first_value_tells(
    peer: Peer, classic_peer: Peer, generation: Generation, prefix: str, project: Project
) -> None:
    """A classic schema with lineages: each column for itself, and what is empty as the code has it."""
    name = f"{prefix}lab"
    classic_peer.run(DEFINITION, schema_name=name)
    classic_peer.run("Item.insert1({'item': 1, 'value': [1, 2]})")
    peer.run("dj.Schema(schema_name).rebuild_lineage()", schema_name=name)
    theirs = lw.virtual_schema(name, generation=generation)
    assert codecs(project, name) == {"value": "blob", "small": "blob" if generation == "classic" else None}
    assert theirs["Item"].fetch1("value") == [1, 2]


def test_a_database_that_was_migrated_in_place(peer: Peer, classic_peer: Peer, prefix: str, project: Project) -> None:
    """The tools of 2.x add marks and lineages, and leave the columns as they are."""
    name = f"{prefix}lab"
    classic_peer.run("import numpy\n" + CLASSIC, schema_name=name)
    classic_peer.run("for row in rows: Subject.insert1(row)", rows=classic_subjects(count=3))
    classic_peer.run("Scan.populate(); Summary.populate(); None")
    before = rows_of(lw.VirtualModule("before", name).Subject)
    peer.run("from datajoint import migrate")
    assert peer.run("migrate.migrate_columns(dj.Schema(name), dry_run=False)['columns_migrated']", name=name) > 5
    peer.run("dj.Schema(name).rebuild_lineage()")
    project.database.forget()
    after = lw.VirtualModule("after", name)
    assert all(map(identical, rows_of(after.Subject), before))
    assert codecs(project, name, "_scan") == {"frames": None, "movie": "blob"}
    after.Subject.insert1(classic_subjects(3, 1)[0])
    after.Scan.insert1(
        {**after.Subject.keys(order_by="KEY DESC")[0], "frames": 0, "movie": "none"}, allow_direct_insert=True
    )
    assert peer.run("dj.VirtualModule('m', name).Scan.to_dicts(order_by='KEY DESC')")[0]["movie"] == "none"


def test_a_migration_that_is_half_way(project: Project, prefix: str) -> None:
    """Old and new columns of a store side by side: all are there, and the rest can be read."""
    name = f"{prefix}lab"
    run = project.connection.execute
    run(f"CREATE DATABASE {name}", write=True)
    run(
        f"CREATE TABLE {name}.`~external_raw` (hash binary(16) NOT NULL PRIMARY KEY COMMENT ':uuid:', size bigint)",
        write=True,
    )
    run(
        f"CREATE TABLE {name}.item (item int NOT NULL PRIMARY KEY, n int NOT NULL, "
        "x binary(16) NULL COMMENT ':blob@raw:a movie', x_v2 json NULL COMMENT ':<blob@raw>:a movie', "
        "y_v1 binary(16) NULL COMMENT 'legacy 0.x', y json NULL COMMENT ':<attach@>:', "
        "z binary(16) NULL COMMENT ':external-raw:', "
        f"FOREIGN KEY (x) REFERENCES {name}.`~external_raw` (hash))",
        write=True,
    )
    run(f"INSERT INTO {name}.item (item, n) VALUES (1, 5)", write=True)
    theirs = lw.VirtualModule("theirs", name)
    found = {n: a.type.codec for n, a in theirs.Item.heading.items() if a.type}
    assert found == {
        "item": None, "n": None, "x": "classic_blob", "x_v2": "blob", "y_v1": None, "y": "attach", "z": "external-raw",
    }  # fmt: skip
    assert theirs.Item.proj("n").to_dicts() == [{"item": 1, "n": 5}]
    assert "x_v2 = null : <blob@raw>" in theirs.Item.describe()


def test_a_database_of_an_unknown_generation(project: Project, prefix: str) -> None:
    """Without lineages it is taken for a classic one; where it is not, the error says what to do."""
    name = f"{prefix}lab"
    run = project.connection.execute
    run(f"CREATE DATABASE {name}", write=True)
    run(f"CREATE TABLE {name}.item (item int NOT NULL PRIMARY KEY, picture longblob NOT NULL)", write=True)
    run(f"INSERT INTO {name}.item VALUES (1, unhex('89504e470d0a'))", write=True)
    with pytest.raises(CodecError, match=":bytes:"):
        lw.VirtualModule("theirs", name).Item.fetch1("picture")
    run(f"ALTER TABLE {name}.item MODIFY picture longblob NOT NULL COMMENT ':bytes:as it is'", write=True)
    project.database.forget()
    assert lw.VirtualModule("theirs", name).Item.fetch1("picture") == b"\x89PNG\r\n"
