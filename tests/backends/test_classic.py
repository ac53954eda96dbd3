"""What the classic generation has beside its operators and its fetch: definitions, adapters, service tables, names."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import table

import labwright as lw


@pytest.fixture
def schema(project: lw.Project, prefix: str) -> lw.Schema:
    return lw.Schema(f"{prefix}classic", connection=project, generation="classic")


@pytest.fixture
def subjects(schema: lw.Schema) -> Any:
    """A table of animals with names, none of them there yet."""
    return table(schema, "Subject", "subject : int\n---\nname = 'x' : varchar(20)")


class Interval(lw.AttributeAdapter):
    attribute_type = "varchar(16)"

    def put(self, obj: Any) -> str:
        return f"{obj.start}:{obj.stop}"

    def get(self, value: Any) -> slice:
        return slice(*map(int, value.split(":")))


class Edges:
    """An adapter without the base class, over a blob."""

    attribute_type = "longblob"

    def put(self, obj: set[tuple[int, int]]) -> Any:
        return np.array(sorted(obj))

    def get(self, value: Any) -> set[tuple[int, ...]]:
        return {tuple(edge) for edge in value.tolist()}


def test_definitions_in_the_classic_spelling(schema: lw.Schema) -> None:
    @schema
    class Subject(lw.Manual):
        @property
        def definition(self) -> str:  # type: ignore[override]  # classic code computes it
            return """
            # an animal
            subject = null : int auto_increment
            ___________________
            name : varchar(12)           # nick name
            weight = -1.5 : double
            born = CURRENT_TIMESTAMP : timestamp
            flags = 0 : tinyint unsigned
            alive = 1 : boolean
            notes = null : tinyblob
            """.replace("subject = null :", "subject :")

    @schema
    class Pair(lw.Manual):
        definition = """
        (mother) -> Subject
        (father) -> Subject(subject)
        """

    Subject.insert([{"name": "a", "notes": [1, {"b": None}]}, {"name": "b"}])
    ids = Subject.fetch("subject", order_by="subject").tolist()
    Pair.insert1(dict(zip(("mother", "father"), ids, strict=True)))
    assert Subject.fetch("notes", "alive", order_by="KEY")[0].tolist() == [[1, {"b": None}], None]
    assert isinstance((Subject & {"subject": ids[0]}).fetch1("born"), datetime.datetime)
    assert len(Pair & {"mother": ids[0]}) == 1
    assert len(Subject.proj(mother="subject") * Pair) == 1


def test_what_is_described_declares_the_same_again(schema: lw.Schema, prefix: str, project: lw.Project) -> None:
    @schema
    class Scan(lw.Manual):
        definition = """
        scan : smallint
        ---
        movie = null : longblob
        mask = null : mediumblob
        page = null : attach
        raw = null : blob@ephys
        """

    Scan.insert1({"scan": 1})
    project.database.forget()
    again = lw.Schema(f"{prefix}again", connection=project, generation="classic")

    class Twin(lw.Manual):
        definition = Scan.describe()

    again(Twin)
    Twin.insert([])
    project.database.forget()
    assert [(a.name, a.type, a.stored) for a in Twin().heading.values()] == [
        (a.name, a.type, a.stored) for a in Scan().heading.values()
    ]
    assert Twin.describe() == Scan.describe()


def test_adapters_translate_values(schema: lw.Schema, project: lw.Project) -> None:
    interval, edges = Interval(), Edges()

    @schema
    class Epoch(lw.Manual):
        definition = """
        epoch : int
        ---
        frames = null : <interval>
        graph = null : <edges>
        """

    Epoch.insert1((1, slice(2, 5), {(1, 2), (3, 4)}))
    Epoch.insert1((2, None, None))
    assert Epoch.fetch("frames", order_by="KEY").tolist() == [slice(2, 5), None]
    assert (Epoch & "epoch = 1").fetch1("graph") == {(1, 2), (3, 4)}
    assert {interval.attribute_type, edges.attribute_type} == {"varchar(16)", "longblob"}
    project.database.forget()
    module = lw.create_virtual_module(
        "epochs", schema.database_name, connection=project, add_objects={"interval": Interval(), "edges": Edges()}
    )
    assert (module.Epoch & "epoch = 1").fetch1("frames") == slice(2, 5)


def test_an_adapter_that_is_not_there(schema: lw.Schema) -> None:
    @schema
    class Epoch(lw.Manual):
        definition = """
        epoch : int
        ---
        frames : <nowhere>
        """

    with pytest.raises(lw.errors.DefinitionError, match="nowhere"):
        Epoch.insert([])


def test_a_name_serves_one_adapter(schema: lw.Schema, prefix: str) -> None:
    lw.Schema(f"{prefix}one", context={"shared_name": Interval()})
    lw.Schema(f"{prefix}two", context={"shared_name": Interval()})  # the same class: defined again
    with pytest.raises(lw.errors.CodecError, match="'shared_name' already"):
        lw.Schema(f"{prefix}three", context={"shared_name": Edges()})


def test_classes_for_tables_that_have_none(schema: lw.Schema, prefix: str, project: lw.Project) -> None:
    @schema
    class Subject(lw.Manual):
        definition = "subject : int"

    @schema
    class Session(lw.Manual):
        definition = """
        -> Subject
        session : int
        """

        class Frame(lw.Part):
            definition = """
            -> master
            frame : int
            """

    Subject.insert1((1,))
    schema.ensure_declared()
    other = lw.Schema(schema.database_name, connection=project)
    given: dict[str, Any] = {"Session": "taken"}
    other.spawn_missing_classes(given)
    assert given["Session"] == "taken"
    assert given["Subject"].fetch("subject").tolist() == [1]
    assert other["Session"].Frame.master is other["Session"]

    third = lw.Schema(schema.database_name, connection=project)

    Again = third(type("Session", (lw.Manual,), {"definition": Session.definition, "__module__": __name__}))
    context: dict[str, Any] = {}
    third.spawn_missing_classes(context)
    assert set(context) == {"Subject"}
    assert third["session__frame"].master is Again
    assert Again.Frame is third["session__frame"]


def test_tables_and_lineage_of_a_schema(schema: lw.Schema) -> None:
    @schema
    class Subject(lw.Manual):
        definition = """
        subject : int
        ---
        name : varchar(8)
        """

    @schema
    class Session(lw.Imported):
        definition = """
        -> Subject.proj(mouse="subject")
        session : int
        """

    Subject.insert1((1, "a"))
    name = schema.database_name
    assert schema.get_table("Subject").fetch1("name") == schema.get_table("subject").fetch1("name") == "a"
    assert schema.get_table("_session").table_name == schema.get_table("Session").table_name == "_session"
    with pytest.raises(lw.errors.MissingTableError, match="Did you mean"):
        schema.get_table("subjet")
    assert schema.lineage == {
        f"{name}.subject.subject": f"{name}.subject.subject",
        f"{name}._session.mouse": f"{name}.subject.subject",
        f"{name}._session.session": f"{name}._session.session",
    }
    made: dict[str, Any] = {}
    lw.Schema(name, connection=schema.project).make_classes(made)
    assert set(made) == {"Subject", "Session"}


def test_lineage_is_worked_out_anew(project: lw.Project, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}lineage", connection=project)

    @schema
    class Subject(lw.Manual):
        definition = "subject : int"

    @schema
    class Session(lw.Manual):
        definition = """
        -> Subject
        session : int
        """

    Session.insert([])
    right = schema.lineage
    kept = project.database.dialect.native_schemas
    if kept:
        table = project.database.dialect.table(schema.database_name, "~lineage")
        project.connection.query(f"UPDATE {table} SET lineage = 'a.b.c' WHERE table_name = 'session'")
        project.database.forget()
        assert schema.lineage != right
    assert schema.rebuild_lineage() == (3 if kept else 0)
    assert schema.lineage == right
    assert len(Subject() * Session()) == 0


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_an_empty_blob_column_holds_what_the_code_says(project: lw.Project, prefix: str) -> None:
    """Nothing else tells, in a schema that the present generation has made."""
    name = f"{prefix}empty"
    current = lw.Schema(name, connection=project)

    @current
    class Other(lw.Manual):
        definition = "other : int"

    Other.insert([])
    project.connection.query(f"CREATE TABLE {name}.scan (scan int PRIMARY KEY, movie longblob)")
    definition = "scan : int\n---\nmovie = null : longblob"
    project.database.forget()
    assert lw.FreeTable(project, f"{name}.scan").heading["movie"].type.kind == "bytes"  # type: ignore[union-attr]  # it has a type
    classic = lw.Schema(name, connection=project, generation="classic")
    Scan = table(classic, "Scan", definition)
    Scan.insert1((1, {"a": [1]}))
    assert Scan.fetch1("movie") == {"a": [1]}


def test_jobs_and_log_of_a_classic_database(schema: lw.Schema, project: lw.Project) -> None:
    with pytest.raises(lw.errors.MissingTableError, match="no service table '~jobs'"):
        schema.jobs.fetch()  # where there is no schema
    table(schema, "Scan", "scan : int")
    schema.ensure_declared()
    present = lw.Schema(schema.database_name, connection=project, generation="2")
    assert present.jobs == []
    with pytest.raises(lw.errors.MissingTableError, match="no service table '~log'"):
        present.log.fetch()
    with project.connection.transaction, pytest.raises(lw.errors.TransactionError):
        schema.jobs.fetch()
    assert len(schema.jobs) == len(schema.log & "user = 'me'") == schema.jobs.delete() == 0
    schema.jobs.insert1({"table_name": "__scan", "key_hash": "a" * 32, "status": "error", "key": {"scan": 1}})
    assert (schema.jobs & "status = 'error'").fetch1("key") == {"scan": 1}
    assert len(schema.jobs & {"table_name": "other"}) == 0
    assert (schema.jobs & "status = 'error'").delete() == 1
    assert schema.jobs.fetch("KEY") == []
    schema.log.insert1({"version": "0.14.6py", "user": "me", "event": "Declared"})
    assert schema.log.fetch("event").tolist() == ["Declared"]
    assert schema.list_tables() == ["scan"]


def test_a_definition_may_ask_the_instance(schema: lw.Schema) -> None:
    """As mixins of published packages do: what the table is called, and where it is."""

    class Named:
        @property
        def definition(self) -> str:
            this: Any = self
            return f"item : int\n---\nname = '{this.class_name} {this.table_name} {this.database}' : varchar(80)"

    DeepItem: Any = schema(type("DeepItem", (Named, lw.Lookup), {"contents": [(1, "given")]}))
    DeepItem.insert1({"item": 2})
    assert DeepItem.fetch("name").tolist() == ["given", f"DeepItem #deep_item {schema.database}"]
    early = lw.Schema()
    for there in range(2):
        table: Any = type("Early", (Named, lw.Manual), {})
        if there:
            early.activate(f"{schema.database}2", generation="classic")
            assert "early" in early(table).describe()
        else:
            with pytest.raises(lw.LabwrightError, match="call its activate"):
                early(table)
            assert table._schema is None


def test_a_heading_tells_what_was_declared(schema: lw.Schema) -> None:
    definition = """
    # what was seen
    scan : int  # the number
    ---
    name = "it's" : varchar(9)
    weight = null : float  # grams
    """
    Scan = table(schema, "Scan", definition)
    assert repr(Scan.heading).splitlines() == [
        "# what was seen",
        "scan: int  # the number",
        "---",
        """name = "it's": varchar(9)""",
        "weight = null: float  # grams",
    ]
    assert repr(Scan.proj(half="weight / 2").heading) == "scan: int  # the number\n---\nhalf: float64"


def test_nan_is_no_value_in_the_classic_generation(schema: lw.Schema) -> None:
    """So that 'snr > 2' finds the same rows on all databases: on PostgreSQL nan is more than all numbers."""

    @schema
    class Unit(lw.Manual):
        definition = """
        unit : int
        ---
        snr = null : float
        rate = null : double
        depth = 1.5 : float
        """

    nan = float("nan")
    Unit.insert([(1, 3.5, 1.5, 0), (2, nan, np.nan, 0), (3, np.float32(nan), Decimal("nan"), 0)])
    assert (Unit & "snr > 2").fetch("unit").tolist() == [1]
    assert (Unit & "snr is null and rate is null").fetch("unit").tolist() == [2, 3]
    Unit.update1({"unit": 1, "snr": nan})
    assert np.isnan(Unit.fetch("snr")).all()
    with pytest.raises(lw.errors.DataError, match=r"row 0 \(unit=4\), attribute 'depth'.* has no nan"):
        Unit.insert1((4, 1, 1, nan))


def test_what_stores_hold_for_a_classic_schema(schema: lw.Schema, project: lw.Project) -> None:
    @schema
    class Scan(lw.Manual):
        definition = """
        scan : int
        ---
        movie = null : blob@raw
        page = null : attach@raw
        path = null : filepath@other
        """

    Scan.insert1((1, None, None, None))
    assert sorted(schema.external) == ["other", "raw"]
    assert Scan().external.keys() == schema.external.keys()
    raw = schema.external["raw"]
    one, two, three = (uuid.UUID(int=n) for n in (1, 2, 3))
    raw.insert([{"hash": h, "size": 10} for h in (one, two, three)])
    connection, dialect = project.connection, project.database.dialect
    table = dialect.table(schema.database_name, "scan")
    values = [dialect.encode(raw.heading["hash"].type, h) for h in (one, two)]
    connection.query(f"INSERT INTO {table} (scan, movie, page) VALUES (2, %s, %s)", values)
    assert raw.used().fetch("hash", order_by="KEY").tolist() == [one, two]
    assert raw.unused().fetch("hash").tolist() == [three]
    assert len(schema.external["other"].unused()) == 0
    with pytest.raises(lw.errors.LabwrightError, match="delete_external_files=True, or False"):
        raw.unused().delete()
    with pytest.raises(KeyError, match="keeps nothing in a store 'rwa'"):
        schema.external["rwa"]


def test_the_same_text_in_generation_2_means_another_codec(project: lw.Project, prefix: str) -> None:
    current = lw.Schema(f"{prefix}two", connection=project)

    @current
    class Scan(lw.Manual):
        definition = """
        scan : int
        ---
        movie = null : blob@raw
        """

    assert str(Scan.heading["movie"].type) == "<blob@raw>"
    with pytest.raises(lw.errors.LabwrightError, match="There is no store 'raw'"):
        Scan.insert1((1, [1, 2]))


def test_names_of_tables(schema: lw.Schema, subjects: Any) -> None:
    subjects.insert([(1, "a"), (2, "b")])
    assert subjects().class_name == "Subject"
    (subjects & "subject = 1")._update("name", "new")
    (subjects & "subject = 2")._update("name")
    assert subjects.fetch("name", order_by="KEY").tolist() == ["new", "x"]
    with pytest.raises(lw.errors.QueryError, match="changes one row, and there are 2"):
        subjects()._update("name", "y")
    assert 0 < subjects().size_on_disk <= schema.size_on_disk


def test_a_restriction_may_follow_in_its_turn(subjects: Any) -> None:
    subjects.insert([(1, "a"), (2, "b"), (3, "b")])
    chosen = subjects & "subject > 1" & {"name": "b"} & [{"subject": 3}, {"subject": 1}]
    assert not subjects().restriction
    assert len(subjects & subjects().restriction) == 3
    assert (subjects & chosen.restriction).fetch("subject").tolist() == [3]
    assert (subjects.proj("name") & chosen.restriction).fetch("subject").tolist() == [3]
    assert (subjects - lw.AndList(chosen.restriction)).fetch("subject", order_by="KEY").tolist() == [1, 2]
    assert len(subjects & (subjects & subjects.proj()).restriction) == 3
    with pytest.raises(lw.errors.UnknownAttributeError, match="'name' in the restriction"):
        subjects.proj() & chosen.restriction


def test_a_restriction_written_out(subjects: Any, project: lw.Project) -> None:
    subjects.insert([(1, 'it\'s 5% \\ of "all"'), (2, "b"), (3, "?%s")])
    table = subjects().db.dialect.table(*subjects().full_table_name.replace("`", "").replace('"', "").split("."))
    for name in subjects.fetch("name").tolist():
        for condition in ({"name": name}, lw.AndList(["subject < 9", {"name": name}])):
            where = (subjects & condition).where_clause()
            rows = project.connection.query(f"SELECT name FROM {table}{where}").fetchall()
            assert rows == [(name,)]
    assert subjects().where_clause() == ""


def test_what_a_heading_tells(schema: lw.Schema) -> None:
    @schema
    class Subject(lw.Manual):
        definition = """
        # animals
        subject : int
        ---
        weight = null : float
        born = null : date
        """

    heading = Subject().heading
    assert (heading.table_info["comment"], heading.table_status["comment"]) == ("animals", "animals")
    assert heading.as_dtype == [("subject", "<i8"), ("weight", "<f8"), ("born", "O")]
    assert Subject.fetch().dtype == heading.as_dtype
    assert (heading.names, heading.secondary_attributes) == (["subject", "weight", "born"], ["weight", "born"])
    assert heading == Subject.proj(...).heading
    assert heading.attributes["weight"].nullable


def test_an_early_name_of_make(schema: lw.Schema) -> None:
    @schema
    class Subject(lw.Manual):
        definition = "subject : int"

    @schema
    class Weight(lw.Computed):
        definition = """
        -> Subject
        ---
        weight : float
        """

        def _make_tuples(self, key: dict[str, Any]) -> None:
            self.insert1({**key, "weight": key["subject"] * 10})

    Subject.insert([(1,), (2,)])
    Weight.populate()
    assert Weight.fetch("weight", order_by="KEY").tolist() == [10.0, 20.0]


def test_what_is_described_may_be_printed(subjects: Any, capsys: pytest.CaptureFixture[str]) -> None:
    text = subjects.describe(printout=True)
    assert capsys.readouterr().out == f"{text}\n"
    assert subjects.describe(globals()) == text
    assert capsys.readouterr().out == ""
    subjects.insert1((1, "a"))
    assert subjects.delete_quick(get_count=True) == 1
