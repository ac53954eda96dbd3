"""Whatever is wrong is told in our own words, with the place and the remedy, and leaves nothing half written."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import (
    AccessError,
    CodecError,
    DataError,
    DefinitionError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    LockError,
    LostConnectionError,
    MissingAttributeError,
    MissingTableError,
    QueryError,
    ServerError,
    UnknownAttributeError,
)
from labwright.sql.url import parse_url

INJECTIONS: Final = (
    "'; DROP TABLE subject; --",
    "' OR '1'='1",
    "\\'; DROP TABLE subject; --",
    '"; DROP TABLE subject; --',
    "`; DROP TABLE subject; --",
    "1); DROP TABLE subject; --",
    "x' UNION SELECT 1, 2, 3 --",
    "%s",
    "%(name)s",
    "?",
    ":name",
    "$1",
    "{0}",
    "*/ DROP TABLE subject; /*",
    "a\nb",
)


@pytest.fixture
def subject(schema: lw.Schema) -> Any:
    """Subjects of two species."""
    table(schema, "Species", "species : varchar(40)", lw.Lookup, contents=[("mouse",), ("bird",)])
    subject = table(
        schema,
        "Subject",
        """
        id : int16
        ---
        -> Species
        name = null : varchar(40)
        x = null : float64
        data = null : <blob>
        index (name)
        """,
        Eye=part("Eye", "-> master\neye : enum('left', 'right')"),
    )
    subject.insert([(1, "mouse", "Ann", 0.5, None), (2, "bird", None, None, [1])])
    subject.Eye.insert([(1, "left"), (2, "right")])
    return subject


def state(subject: Any) -> tuple[Any, ...]:
    schema = subject().schema
    return schema.list_tables(), subject.to_dicts(order_by="KEY"), subject.Eye.to_dicts(order_by="KEY")


GOOD: Final = {"id": 3, "species": "mouse"}

FAULTS: Final[dict[str, tuple[Callable[[Any], Any], type[LabwrightError], str]]] = {
    "wrong field": (lambda t: t.insert([GOOD, {"id": 4, "specie": "mouse"}]), UnknownAttributeError, "mean 'species'"),
    "wrong type": (lambda t: t.insert([GOOD, {**GOOD, "id": "four"}]), DataError, "row 1, attribute 'id'.*'four'"),
    "wrong value": (lambda t: t.Eye.insert([(1, "right"), (2, "lft")]), DataError, "'eye'.*Did you mean 'left'"),
    "missing value": (lambda t: t.insert([GOOD, {"id": 4}]), MissingAttributeError, "row 1.*'species'.*needs a value"),
    "missing attribute": (lambda t: t.insert([{"id": 4}]), MissingAttributeError, "needs a value for 'species'"),
    "null in the key": (lambda t: t.insert([GOOD, {**GOOD, "id": None}]), MissingAttributeError, "row 1.*'id'"),
    "missing parent": (lambda t: t.insert([GOOD, (4, "cat", *[None] * 3)][1:]), IntegrityError, "species='cat'"),
    "duplicate": (lambda t: t.insert([GOOD, {**GOOD, "id": 2}]), DuplicateError, "row 1: the key id=2 is taken"),
    "duplicate among themselves": (lambda t: t.insert([GOOD, GOOD]), DuplicateError, "row 0 has it too"),
    "too long": (lambda t: t.insert([GOOD, {**GOOD, "name": "x" * 41}]), DataError, "41 characters.*room for 40"),
    "out of range": (lambda t: t.insert([GOOD, {**GOOD, "id": 2**15}]), DataError, "-32768 and 32767"),
    "unencodable": (lambda t: t.insert([GOOD, {**GOOD, "data": object()}]), CodecError, "row 1.*'data'"),
    "surrogate": (lambda t: t.insert([GOOD, {**GOOD, "name": "\ud83d"}]), DataError, "surrogate"),
    "not rows": (lambda t: t.insert([GOOD, 7]), DataError, "Row 1 is a int"),
    "bad update": (lambda t: t.update1({"id": 1, "x": "y"}), DataError, "'x'"),
    "update of nobody": (lambda t: t.update1({"id": 9, "x": 1}), LabwrightError, "no row with id=9"),
    "update to a missing parent": (lambda t: t.update1({"id": 1, "species": "cat"}), IntegrityError, "species='cat'"),
    "child without parent": (lambda t: t.Eye.insert([(1, "right"), (9, "left")]), IntegrityError, "row 1.*id=9"),
    "delete with children": (lambda t: t.delete_quick(), IntegrityError, "eye"),
    "unknown name in a condition": (lambda t: (t & "nme = 'x'").to_dicts(), UnknownAttributeError, "mean 'name'"),
    "syntax in a condition": (lambda t: (t & "name = = 'x'").to_dicts(), QueryError, "name = = 'x'"),
    "None as a condition": (lambda t: (t & None).to_dicts(), QueryError, "cannot be None"),
    "unknown strict key": (lambda t: t().restrict({"nme": 1}, strict=True), UnknownAttributeError, "mean 'name'"),
    "unencodable in a dict": (lambda t: (t & {"id": "x"}).to_dicts(), DataError, "'id'"),
    "unknown attribute to fetch": (lambda t: t.to_arrays("nme"), UnknownAttributeError, "mean 'name'"),
    "unknown order": (lambda t: t.to_dicts(order_by="nme"), UnknownAttributeError, "mean 'name'"),
    "unknown projection": (lambda t: t.proj("nme"), UnknownAttributeError, "mean 'name'"),
    "namesakes": (lambda t: t * t.Eye.proj(name="eye"), QueryError, "name"),
    "not callable": (lambda t: t & 5, QueryError, "cannot be 5"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(fault: str, subject: Any) -> None:
    before = state(subject)
    call, kind, says = FAULTS[fault]
    with pytest.raises(kind, match=f"(?s){says}") as caught:
        call(subject)
    assert str(caught.value).endswith((".", "?", ")", "'", "^")) or "\n" in str(caught.value), str(caught.value)
    assert state(subject) == before


def test_values_are_only_values(subject: Any) -> None:
    before = state(subject)
    for number, text in enumerate(INJECTIONS):
        subject.insert1({"id": 100 + number, "species": "mouse", "name": text, "data": text})
        assert (subject & {"name": text}).fetch1("id", "data") == (100 + number, text)
        assert (subject & [{"name": text}, {"name": "nobody"}]).fetch1("name") == text
        subject.update1({"id": 100 + number, "name": text + "!"})
        assert len(subject & {"name": text}) == 0
        assert {"name": text + "!"} in subject
        with pytest.raises(IntegrityError):
            subject.insert1({"id": 99, "species": text})
        with pytest.raises(DataError):
            subject.Eye.insert1((1, text))
    (subject & "id >= 100").delete_quick()
    assert state(subject) == before


def misuses(subject: Any, schema: lw.Schema, text: str) -> list[Callable[[], Any]]:
    """A text in every place where a name may stand."""
    return [
        lambda: subject().restrict({text: 1}, strict=True),
        lambda: subject.insert1({**GOOD, text: 1}),
        lambda: subject.update1({"id": 1, text: 1}),
        lambda: subject.to_dicts(order_by=text),
        lambda: subject.to_dicts(order_by=["id " + text]),
        lambda: subject.to_dicts(limit=text),
        lambda: subject.to_arrays(text),
        lambda: subject.fetch1(text),
        lambda: subject.proj(text),
        lambda: subject.proj(**{text: "id"}),
        lambda: subject.proj(**{text: "id + 1"}).to_dicts(),
        lambda: len(lw.U(text) & subject),
        lambda: subject.aggr(subject.Eye, **{text: "count(*)"}).to_dicts(),
        lambda: len(subject & lw.Top(1, text)),
        lambda: len(lw.FreeTable(None, f"{schema.database_name}.{text}")),
        lambda: len(lw.FreeTable(None, f"{text}.subject")),
        lambda: lw.virtual_schema(text),
        lambda: lw.Schema(text),
        lambda: table(schema, text, "id : int8"),
        lambda: table(schema, "Other", f"{text} : int8"),
        lambda: table(schema, "Other", f"id : {text}"),
        lambda: table(schema, "Other", f"id : int8\n---\nindex ({text})"),
    ]


@pytest.mark.parametrize("text", INJECTIONS)
def test_names_are_only_names(text: str, subject: Any, schema: lw.Schema) -> None:
    before = state(subject)
    assert len(subject & {text: 1}) == 2  # a name of no attribute
    for number, call in enumerate(misuses(subject, schema, text)):
        with pytest.raises(LabwrightError):
            pytest.fail(f"{number}: {text!r} gave {call()!r}")
    assert state(subject) == before


@pytest.mark.parametrize("text", INJECTIONS)
def test_conditions_do_no_more_than_restrict(text: str, subject: Any) -> None:
    before = state(subject)
    for condition in (
        f"name = '{text}'",
        f"id = 1 {text}",
        text,
        f"name = 'a' OR (SELECT count(*) FROM subject) {text}",
    ):
        try:
            (subject & condition).to_dicts()
        except LabwrightError:
            pass
    for expression in (f"concat(name, '{text}')", f"id {text}", text):
        try:
            subject.proj(y=expression).to_dicts()
        except LabwrightError:
            pass
    assert state(subject) == before


@pytest.mark.parametrize("condition", ["id = 1; DELETE FROM subject", "id in (SELECT id FROM subject)", "1 = 1 -- x"])
def test_conditions_are_expressions(condition: str, subject: Any) -> None:
    with pytest.raises(QueryError):
        len(subject & condition)


def test_comments_and_defaults_are_only_texts(schema: lw.Schema) -> None:
    for number, text in enumerate(INJECTIONS):
        text = text.replace("\n", " ")
        name = f"Note{chr(ord('A') + number)}"
        quoted = text.replace("'", "''")
        definition = f"""
            # a {text}
            id : int8  # a {text}
            ---
            word = '{quoted}' : varchar(60)  # a {text}
            kind = '{quoted}' : enum('{quoted}', 'b')
            """
        Note = table(schema, name, definition)
        Note.insert1({"id": 1})
        assert Note.fetch1() == {"id": 1, "word": text, "kind": text}
        stored = lw.Schema(schema.database_name)
        again = table(stored, name, Note.describe())
        assert again.describe() == Note.describe()
        assert again().heading["word"].comment == f"a {text}"
        assert (Note & {"kind": text}).fetch1("id") == 1
    assert len(schema.list_tables()) == len(INJECTIONS)


def test_an_empty_database(project: lw.Project, prefix: str) -> None:
    assert [name for name in lw.list_schemas() if name.startswith(prefix)] == []
    schema = lw.Schema(f"{prefix}none")
    assert not schema.exists
    assert schema.list_tables() == []
    assert list(schema) == []
    with pytest.raises(MissingTableError, match="no schema"):
        lw.virtual_schema(f"{prefix}none")
    schema.drop(prompt=False)


def test_a_table_that_somebody_has_dropped(subject: Any, project: lw.Project) -> None:
    dialect, id_ = project.database.dialect, subject.Eye().id
    project.connection.execute(f"DROP TABLE {dialect.table(id_.schema, id_.name)}", write=True)
    with pytest.raises(MissingTableError, match="eye"):
        subject.Eye.to_dicts()
    with pytest.raises(MissingTableError, match="eye"):
        subject.Eye.insert1((1, "right"))
    assert len(subject) == 2


def test_wrong_password(database_url: str, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("a file has no password")
    url = replace(parse_url(database_url), password="wrong-and-secret")
    with lw.Project(url) as project:
        Subject = table(lw.Schema("lab", connection=project), "Subject", "id : int8")
        for call in (lambda: Subject.insert1((1,)), lambda: len(Subject), lambda: Subject() & "id = 1"):
            with pytest.raises(AccessError) as caught:
                call()
            assert "wrong-and-secret" not in str(caught.value)


def test_no_server(backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("a file has no server")
    scheme = {"postgres": "postgresql", "mysql": "mysql"}[backend]
    with lw.Project(f"{scheme}://nobody@127.0.0.1:1/none") as project:
        Subject = table(lw.Schema("lab", connection=project), "Subject", "id : int8")
        with pytest.raises(LostConnectionError, match=r"127\.0\.0\.1:1"):
            Subject.insert1((1,))


ROLES: Final = {
    "postgres": (
        (
            "CREATE ROLE {0}_r LOGIN PASSWORD 'reader'",
            "GRANT USAGE ON SCHEMA {0} TO {0}_r",
            "GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {0}_r",
        ),
        ("DROP OWNED BY {0}_r", "DROP ROLE {0}_r"),
    ),
    "mysql": (("CREATE USER {0}_r IDENTIFIED BY 'reader'", "GRANT SELECT ON {0}.* TO {0}_r"), ("DROP USER {0}_r",)),
}
"""How to make and drop a role that may only read a schema."""


@pytest.fixture
def reading(subject: Any, project: lw.Project, database_url: str, backend: str) -> Iterator[lw.Project]:
    """The same database for somebody who may only read."""
    name = subject().schema.database_name
    make, drop = ([text.format(name) for text in texts] for texts in ROLES.get(backend, ((), ())))
    project.connection.script(make)
    url = replace(parse_url(database_url), user=f"{name}_r", password="reader")
    reading = lw.Project(f"{database_url}?mode=ro" if backend == "sqlite" else url)
    yield reading
    reading.close()
    project.connection.script(drop)


def test_a_role_that_may_only_read(subject: Any, reading: lw.Project) -> None:
    before = state(subject)
    name = subject().schema.database_name
    seen: Any = lw.virtual_schema(name, connection=reading)["Subject"]
    assert seen.to_dicts(order_by="KEY") == before[1]
    changes: list[tuple[Callable[..., Any], Any]] = [(seen.insert1, GOOD), (seen.update1, {"id": 1, "x": 3})]
    for change, row in changes:
        with pytest.raises((AccessError, ServerError), match=r"(?i)denie|read-only|may not|refuses"):
            change(row)
    with pytest.raises((AccessError, ServerError)):
        seen.delete_quick()
    Other = table(lw.Schema(f"{name}_other", connection=reading), "Other", "id : int8")
    with pytest.raises((AccessError, ServerError)):
        Other.insert1((1,))
    assert state(subject) == before


def test_a_role_that_may_add_tables_to_a_schema_and_make_none(
    subject: Any, project: lw.Project, reading: lw.Project, backend: str
) -> None:
    if backend == "sqlite":
        pytest.skip("a file has no roles")
    name = subject().schema.database_name
    rights = {
        "postgres": ["CREATE ON SCHEMA {0}", "SELECT, INSERT, UPDATE, DELETE, REFERENCES ON ALL TABLES IN SCHEMA {0}"],
        "mysql": ["ALL PRIVILEGES ON {0}.*"],
    }
    project.connection.script([f"GRANT {r.format(name)} TO {name}_r" for r in rights[backend]])
    Other = table(lw.Schema(name, connection=reading), "Other", "id : int8")
    Other.insert1((1,))
    assert len(Other()) == 1


@pytest.mark.sqlite
def test_a_locked_file(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    with lw.Project(f"sqlite:///{path}?busy_timeout=0.1") as project:
        Subject = table(lw.Schema("lab", connection=project), "Subject", "id : int8")
        Subject.insert1((1,))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockError):
            Subject.insert1((2,))
        assert len(Subject) == 1
        other.rollback()
        other.close()
        Subject.insert1((2,))
        assert len(Subject) == 2


@pytest.mark.sqlite
@pytest.mark.parametrize("content", [b"this is no database, but long enough to be read as one" * 100, b"\0" * 5000])
def test_a_file_that_is_no_database(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    path.write_bytes(content)
    with lw.Project(f"sqlite:///{path}") as project:
        Subject = table(lw.Schema("lab", connection=project), "Subject", "id : int8")
        with pytest.raises(LabwrightError, match=r"test\.db"):
            Subject.insert1((1,))
    assert path.read_bytes() == content


WRITING = """
import sys
import labwright as lw

with lw.Project(sys.argv[1]):
    schema = lw.Schema(sys.argv[2])
    Row = schema(type("Row", (lw.Manual,), {"definition": "process : int8\\nn : int16"}))
    for n in range(100):
        Row.insert1((int(sys.argv[3]), n))
"""


def test_processes_write_into_one_table(database_url: str, prefix: str, project: lw.Project) -> None:
    command = [sys.executable, "-c", WRITING, database_url, f"{prefix}lab"]
    running = [subprocess.Popen([*command, str(n)], stderr=subprocess.PIPE, text=True) for n in range(2)]
    assert [process.communicate(timeout=120)[1] for process in running] == ["", ""]
    assert len(lw.virtual_schema(f"{prefix}lab")["Row"]) == 200


def test_a_definition_that_the_database_refuses(backend: str, schema: lw.Schema, subject: Any) -> None:
    table(schema, "Fine", "-> Subject")
    table(schema, "Wide", "id : int8\n---\n" + "\n".join(f"c{i} : varchar(16000)" for i in range(3)))
    if backend == "mysql":
        with pytest.raises(LabwrightError, match=r"\.wide cannot be made"):
            schema.list_tables()
        assert "fine" not in lw.Schema(schema.database_name).list_tables()
    else:
        assert {"fine", "wide"} <= set(schema.list_tables())


def test_messages_of_definitions(schema: lw.Schema) -> None:
    for definition, says in (
        ("id int8", "line 1"),
        ("id : int9", "or 'int8' or"),
        ("id : int8\n---\nid : int8", "id"),
        ("Id : int8", "Id"),
        ("id = null : int8", "id"),
        ("data : <blob>", "data"),
        ("id : int8\n---\nx = 'a' : int8", "x"),
        ("id : int8\n---\ne : enum('a', 'a')", "e"),
        ("id : int8\n---\nd : <nonsense>", "nonsense"),
    ):
        with pytest.raises(LabwrightError) as caught:
            len(table(lw.Schema(schema.database_name), "Subject", definition))
        assert isinstance(caught.value, (DefinitionError, CodecError))
        assert says in str(caught.value)
        assert "Subject" in str(caught.value) or "subject" in str(caught.value)
    assert not schema.exists
