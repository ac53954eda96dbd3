"""The statements that make tables, side by side: one file for each database in the folder beside this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from tests.backends.tables import resolve

from labwright.core.errors import DefinitionError
from labwright.core.types import Default
from labwright.define.table import TableDef, TableId
from labwright.sql.ddl import Surroundings, create_schema, create_table, drop_schema, drop_table, service_tables
from labwright.sql.ddl_writer import SERVICE
from labwright.sql.dialect import Dialect
from labwright.sql.mysql import MySQL
from labwright.sql.postgres import Postgres
from labwright.sql.sqlite import SQLite

DIALECTS: dict[str, tuple[Dialect, str]] = {
    "sqlite": (SQLite(), "sqlite"),
    "postgres": (Postgres(), "postgres"),
    "mariadb": (MySQL(mariadb=True), "mysql"),
    "mysql": (MySQL(mariadb=False), "mysql"),
}
SNAPSHOTS = Path(__file__).parent / "ddl"

MOUSE = """
# a mouse
mouse_id : int auto_increment
---
name = 'o''x' : varchar(20)  # as called
sex = 'U' : enum('F', 'M', 'U')
born = null : date
weight = 1.5 : decimal(5,2)
at = CURRENT_TIMESTAMP : datetime(3)
seen : timestamp
scan : <blob@>
info = null : json
unique index (name, sex)
index ((lower(name)))
index (info.age:int)
"""
SESSION = """
-> mouse
session : int8
---
-> [nullable, unique] mouse.proj(other="mouse_id")
-> lab
"""


def tables() -> list[TableDef]:
    return resolve("lab", {"#lab": "lab : varchar(8)", "mouse": MOUSE, "_session": SESSION, "one": "---\nx : bool"})


def written(dialect: Dialect) -> str:
    """All statements for a database, without those that note what was made."""
    found = [*create_schema(dialect, "lab"), *service_tables(dialect, "lab")]
    found += [s for t in tables() for s in create_table(dialect, t) if SERVICE not in s.sql]
    found += [*drop_table(dialect, TableId("lab", "mouse")), *drop_schema(dialect, "lab", ("#lab",))]
    return "".join(f"{s.sql};{f'  -- {list(s.params)}' if s.params else ''}\n" for s in found)


@pytest.mark.parametrize("name", DIALECTS)
def test_the_statements_are_those_of_the_snapshot(name: str) -> None:
    assert written(DIALECTS[name][0]) == (SNAPSHOTS / f"{name}.sql").read_text()


@pytest.mark.parametrize("name", DIALECTS)
def test_another_parser_reads_the_tables(name: str) -> None:
    dialect, theirs = DIALECTS[name]
    for table in tables():
        if name == "mysql" and any(not isinstance(c, str) or "." in c for i in table.indexes for c in i.columns):
            continue  # which functional key parts are too new for
        create = next(s.sql for s in create_table(dialect, table) if s.sql.startswith("CREATE TABLE"))
        if name == "mariadb":
            create = create.replace(" INVISIBLE", "")
        (parsed,) = sqlglot.parse(create, dialect=theirs)
        assert isinstance(parsed, sqlglot.exp.Create)
        columns = [c.name for c in parsed.find_all(sqlglot.exp.ColumnDef)]
        assert [c for c in columns if not c.startswith("_")] == list(table.heading)


def test_a_child_repeats_the_types_of_its_parents_columns() -> None:
    table = tables()[2]
    types = {(TableId("lab", "#lab"), "lab"): "varchar(8) CHARACTER SET latin1 COLLATE latin1_bin"}
    create = create_table(MySQL(), table, Surroundings(types))[0].sql
    assert "`lab` varchar(8) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL" in create


def test_postgres_does_not_compress_blobs_again() -> None:
    (table,) = resolve("lab", {"movie": "movie : int32\n---\nframes : <blob>\nscan : <blob@>\nraw : bytes"})
    found = [s.sql for s in create_table(Postgres(), table, Surroundings()) if "STORAGE" in s.sql]
    assert found == ['ALTER TABLE "lab"."movie" ALTER COLUMN "frames" SET STORAGE EXTERNAL']


def test_without_a_table_of_lineages_none_are_noted() -> None:
    statements = create_table(Postgres(), tables()[0], Surroundings(lineage=False))
    assert not any("~lineage" in s.sql for s in statements)


@pytest.mark.parametrize("name", DIALECTS)
def test_the_character_nul_is_refused(name: str) -> None:
    (table,) = resolve("lab", {"a": "x : int8\n---\ny = 'v' : varchar(3)"})
    with pytest.raises(DefinitionError, match="NUL"):
        create_table(DIALECTS[name][0], broken(table))


def broken(table: TableDef) -> TableDef:
    default = Default("literal", "a\0b")
    return replace(table, heading=table.heading.map(lambda a: replace(a, default=a.default and default)))


def test_what_mysql_would_change_is_refused() -> None:
    (blank,) = resolve("lab", {"a": "x : enum('a ', 'b')"})
    with pytest.raises(DefinitionError, match="blanks at the end"):
        create_table(MySQL(), blank)
    (rare,) = resolve("lab", {"a": "x : enum('\N{MOUSE}', 'b')"})
    with pytest.raises(DefinitionError, match="Choose another label"):
        create_table(MySQL(), rare)
    (long,) = resolve("lab", {"a": f"x : int8  # {'c' * 1020}"})
    with pytest.raises(DefinitionError, match="1024"):
        create_table(MySQL(), long)


def test_a_label_that_postgres_would_cut_is_refused() -> None:
    (long,) = resolve("lab", {"a": f"x : enum('{'c' * 64}')"})
    with pytest.raises(DefinitionError, match="63"):
        create_table(Postgres(), long)
