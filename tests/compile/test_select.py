"""The SQL of every kind of expression, side by side for the three databases.

The snapshots are in ``snapshots/select.sql``; write them anew with ``LABWRIGHT_SNAPSHOTS=update``, and read the
difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import sqlglot

from labwright.core.types import Type
from labwright.define.parser import parse
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.query.conditions import AndList, Not
from labwright.query.expr import Node, Source
from labwright.query.operators import U
from labwright.query.top import Top
from labwright.sql.compiler import compile_count, compile_exists, compile_select
from labwright.sql.dialect import Dialect
from labwright.sql.mysql import MySQL
from labwright.sql.postgres import Postgres
from labwright.sql.sqlite import SQLite
from labwright.testing.queries import Query

SNAPSHOTS: Final = Path(__file__).parent / "snapshots" / "select.sql"
DIALECTS: Final[dict[str, Dialect]] = {"sqlite": SQLite(), "postgres": Postgres(), "mysql": MySQL()}

DEFINITIONS: Final = {
    "#species": "species : varchar(20)",
    "subject": """
        subject_id : int32
        ---
        -> [nullable] Species
        sex : enum('m', 'f')
        weight = null : decimal(6, 2)
        info = null : json
    """,
    "session": """
        -> Subject
        session_id : int32
        ---
        session_date : date
        score = null : float64
        rate : float32
    """,
    "_scan": """
        -> Session
        scan_id : int32
        ---
        depth : float64
    """,
    "pair": """
        -> Subject
        -> Subject.proj(partner="subject_id")
        ---
        started = null : datetime
    """,
}


def resolve() -> dict[str, Query]:
    tables: dict[str, TableDef] = {}
    for name, text in DEFINITIONS.items():
        spec = parse(text)
        table = resolve_table(TableId("lab", name), spec, lambda r: tables[r.target[0]], lambda t: t)
        tables[name.lstrip("#_").capitalize()] = table
    return {name: Query(Source("lab", t.id.name, t.heading)) for name, t in tables.items()}


TABLES: Final = resolve()
Species, Subject, Session, Scan, Pair = TABLES.values()

EXPRESSIONS: Final[dict[str, Callable[[], Query]]] = {
    "a table": lambda: Subject,
    "& text": lambda: Session & "score > 3 and session_date < '2024-05-31'",
    "- text": lambda: Session - "score > 3",
    "& dict": lambda: Session & {"subject_id": 5, "score": None, "elsewhere": 1},
    "- dict": lambda: Session - {"subject_id": 5, "score": 2.5},
    "& json path": lambda: Subject & {"info.weight": 5},
    "& keys": lambda: Session & [{"subject_id": 1, "session_id": 2}, {"subject_id": 3, "session_id": 4}],
    "- keys, one of them with NULL": lambda: (
        Subject - [{"sex": "m", "species": None}, {"sex": "f", "species": "rat"}] * 2
    ),
    "& []": lambda: Session & [],
    "- []": lambda: Session - [],
    "& any": lambda: Session & ["score > 3", {"session_id": 1}, AndList([{"session_id": 2}, "rate < 1"])],
    "& all": lambda: Session & AndList(["score > 3", {"session_id": 1}]),
    "- all": lambda: Session - AndList(["score > 3", {"session_id": 1}]),
    "& query": lambda: Subject & (Session & "score > 3"),
    "- query": lambda: Subject - Session,
    "& query on what may be NULL": lambda: Subject & Species,
    "- query on what may be NULL": lambda: Subject - Species,
    "- any of two queries": lambda: Subject - [Session, Pair & "started is not null"],
    "- query without names in common": lambda: Species - Session.proj(s="subject_id"),
    "& query on a slice": lambda: Subject & (Session & Top(3, "score DESC")),
    "proj": Session.proj,
    "proj, all but one": lambda: Session.proj(..., "-score"),
    "proj, renamed": lambda: Session.proj("score", subject="subject_id", day="session_date"),
    "proj, computed and restricted": lambda: Session.proj(s="score * 2").proj(t="s + 1") & "t > 3",
    "proj, duplicated": lambda: Session.proj(other="(subject_id)"),
    "*": lambda: Session * Subject * Scan,
    "* without names in common": lambda: Species * Scan.proj(),
    "* by a renamed key": lambda: Pair * Subject.proj(..., partner="subject_id"),
    "* of restricted": lambda: (Session & "score > 3") * (Subject & {"sex": "m"}),
    "* of a summary": lambda: Subject * (U("subject_id").aggr(Session, n="count(*)") & "n > 2"),
    "extend": lambda: Session.extend(Subject),
    "extend by restricted": lambda: Session.extend(Subject & {"sex": "m"}),
    "aggr": lambda: Subject.aggr(Session, n="count(*)", best="max(score)", ratio="avg(score) / weight"),
    "aggr, of what is there": lambda: Subject.aggr(Session, "sex", n="count(*)", exclude_nonmatching=True),
    "aggr, of constants": lambda: Subject.aggr(Session, n="count(1)", m="sum(if(score > 3, 1, 0))"),
    "aggr, restricted": lambda: Subject.aggr(Session & "score > 3", n="count(*)") & "n > 2",
    "U &": lambda: U("sex", "species") & Subject,
    "U & the key": lambda: U("subject_id", "sex") & Subject,
    "U & of computed": lambda: U("year") & Session.proj(year="year(session_date)"),
    "U aggr": lambda: U("sex").aggr(Subject, n="count(*)"),
    "U aggr by computed": lambda: U("label").aggr(Session.proj(label="concat(session_id, '-x')"), n="count(*)"),
    "U aggr of all": lambda: U().aggr(Session, n="count(*)", best="max(score)"),
    "+": lambda: Session.proj() + (Session & "score > 3").proj(),
    "+ with secondary attributes": lambda: Session.proj("score") + Session.proj("rate"),
    "Top": lambda: Session & Top(3, ["score DESC", "KEY"]),
    "Top by labels": lambda: Subject & Top(3, ["sex", "KEY"], 2),
    "Top of Top": lambda: Session & Top(10, "score") & Top(3, "score", 2) & Top(1, "KEY"),
    "restricted Top": lambda: (Session & Top(3, "score")) & {"session_id": 1},
    "Top without limit": lambda: Session & Top(None, "KEY", 5),
    "double negation": lambda: Session & Not(Not("score > 3")),
}


def rendered(name: str, node: Node) -> str:
    blocks = [f"-- {name}"]
    for dialect, spoken in DIALECTS.items():
        statement = compile_select(node, spoken)
        blocks.append(f"-- {dialect}{f' {list(statement.params)}' if statement.params else ''}\n{statement.sql};")
    return "\n".join(blocks)


def test_the_sql_is_as_it_was() -> None:
    text = "\n\n".join(rendered(name, make().query_node()) for name, make in EXPRESSIONS.items()) + "\n"
    if os.environ.get("LABWRIGHT_SNAPSHOTS") == "update":
        SNAPSHOTS.parent.mkdir(exist_ok=True)
        SNAPSHOTS.write_text(text, "utf-8")
    assert text == SNAPSHOTS.read_text("utf-8")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_sql_is_one_statement_of_its_dialect(name: str, dialect: str) -> None:
    node, spoken = EXPRESSIONS[name]().query_node(), DIALECTS[dialect]
    for statement in (compile_select(node, spoken), compile_count(node, spoken), compile_exists(node, spoken)):
        sql = statement.sql
        assert sql.replace("%%", "").count(spoken.placeholder) == len(statement.params)
        assert len(sqlglot.parse(sql.replace(spoken.placeholder, "NULL"), dialect=dialect)) == 1


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_equal_expressions_give_equal_statements(name: str) -> None:
    first, second = EXPRESSIONS[name]().query_node(), EXPRESSIONS[name]().query_node()
    assert first == second
    for dialect in DIALECTS.values():
        assert compile_select(first, dialect) == compile_select(second, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_hundred_thousand_keys_are_one_short_statement(dialect: str) -> None:
    keys = [{"subject_id": n, "session_id": 1} for n in range(100_000)]
    statement = compile_select((Session & keys).query_node(), DIALECTS[dialect])
    assert len(statement.sql) < 1000
    assert len(statement.params) <= 2


def test_columns_are_chosen_without_a_subquery() -> None:
    statement = compile_select((Session * Subject).query_node(), SQLite(), ["sex", "score"])
    assert [a.name for a in statement.columns] == ["sex", "score"]
    assert statement.sql.count("SELECT") == 1


def test_columns_of_distinct_rows_are_chosen_from_them() -> None:
    statement = compile_select((U("sex", "species") & Subject).query_node(), SQLite(), ["sex"])
    assert statement.sql == (
        'SELECT t1."sex" FROM (SELECT DISTINCT t0."sex", t0."species" FROM "lab.subject" AS t0) AS t1'
    )


def test_rows_that_stay_in_the_database_keep_their_form() -> None:
    inside = compile_select(Session.proj("rate").query_node(), MySQL(), output=False)
    assert "0e0" not in inside.sql
    assert "0e0" in compile_select(Session.proj("rate").query_node(), MySQL()).sql


def test_values_are_never_text() -> None:
    hostile = "'; DROP TABLE x; --"
    for dialect in DIALECTS.values():
        for query in (Subject & {"species": hostile}, Subject & f"species = '{hostile.replace(chr(39), chr(39) * 2)}'"):
            statement = compile_select(query.query_node(), dialect)
            assert "DROP" not in statement.sql
            assert hostile in statement.params


def test_types_are_known_for_every_column() -> None:
    columns = compile_select(Subject.aggr(Session, n="count(*)", m="max(rate)").query_node(), SQLite()).columns
    assert [a.type for a in columns] == [Type("int32"), Type("int64"), Type("float32")]
