"""Schemas are blueprints: bound late, declared whole, parents first, once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.backends.classes import part, table
from tests.backends.statements import sent_by

import labwright as lw
from labwright.core.errors import (
    DefinitionError,
    DefinitionSyntaxError,
    IntegrityError,
    LabwrightError,
    MissingTableError,
    TransactionError,
    UnresolvedReferenceError,
)

UNREACHABLE = "postgresql://nobody@127.0.0.1:1/none"


def test_decorating_does_not_connect() -> None:
    with lw.Project(UNREACHABLE) as project:
        schema = lw.Schema("lab", connection=project)
        Subject = table(schema, "Subject", "id : int32")
        table(schema, "Session", "-> Subject\nn : int8", Trial=part("Trial", "-> master\nt : int8"))
        assert "Subject" in schema
        assert schema["Subject"] is Subject
        with pytest.raises(DefinitionSyntaxError, match="line 2"):
            table(schema, "Broken", "a : int32\nb int32")
        with pytest.raises(LabwrightError, match=r"127\.0\.0\.1:1"):
            len(Subject)


def test_composing_asks_for_no_rows(schema: lw.Schema, project: lw.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    Subject = table(schema, "Subject", "id : int32\n---\nx = null : float64")
    Session = table(schema, "Session", "-> Subject\nn : int8")
    Subject.insert1((1, 0.5))
    sent = sent_by(project, monkeypatch)
    query = Subject.aggr(Session & {"n": 1} & "n < 5", n="count(*)") & lw.Top(3, "id DESC")
    (Subject * Session - "x is null").proj(..., y="x + 1")
    lw.U("x") & Subject
    Subject.proj() + Subject.proj()
    assert sent == []
    query.to_dicts()
    assert len(sent) == 1


def test_the_whole_blueprint_is_declared_parents_first(prefix: str, project: lw.Project) -> None:
    one, two = lw.Schema(f"{prefix}one"), lw.Schema(f"{prefix}two")
    Subject = table(one, "Subject", "id : int32")
    context = {"Subject": Subject}
    Session = table(two, "Session", "-> Subject\nn : int8", context=context)
    context["Session"] = Session
    Mark = table(one, "Mark", "-> Session\nm : int8", context=context)
    Other = table(two, "Other", "o : int8")
    assert not two.exists
    assert not Other.is_declared
    Mark.insert([])
    assert one.list_tables() == ["subject", "mark"]
    assert sorted(two.list_tables()) == ["other", "session"]
    assert Mark.parents() == [Session.full_table_name]
    assert Session.children() == [Mark.full_table_name]
    assert set(lw.list_schemas()) >= {f"{prefix}one", f"{prefix}two"}


def test_contents(schema: lw.Schema, project: lw.Project) -> None:
    definition = "k : int8\n---\nword : varchar(9)"
    Given = table(schema, "Given", definition, lw.Lookup, contents=[(1, "a"), (2, "b")])
    Dicts = table(schema, "Dicts", definition, lw.Lookup, contents=[{"k": 1, "word": "a"}])
    Zipped = table(schema, "Zipped", "k : int8", lw.Lookup, contents=property(lambda self: ([k] for k in range(3))))
    assert (len(Given), len(Dicts), len(Zipped)) == (2, 1, 3)
    Given.update1({"k": 1, "word": "mine"})
    (Given & "k = 2").delete_quick()
    again = lw.Schema(schema.database_name)
    Given = table(again, "Given", definition, lw.Lookup, contents=[(1, "a"), (2, "b")])
    assert Given.to_dicts(order_by="KEY") == [{"k": 1, "word": "mine"}, {"k": 2, "word": "b"}]


def test_bad_contents(schema: lw.Schema) -> None:
    Given = table(schema, "Given", "k : int8", lw.Lookup, contents=[(1,), (300,)])
    for _ in range(2):
        with pytest.raises(LabwrightError, match=r"row 1, attribute 'k'.*300"):
            len(Given)
    assert lw.FreeTable(None, str(Given().id)).to_dicts() == []


def test_bad_contents_stop_their_own_table_alone(schema: lw.Schema, caplog: pytest.LogCaptureFixture) -> None:
    Species = table(schema, "Species", "species : varchar(9)", lw.Lookup, contents=[("mouse",), ("a long name",)])
    Sex = table(schema, "Sex", "sex : varchar(9)", lw.Lookup, contents=[("male",), ("female",)])
    Odd = table(schema, "Odd", "a : int8\nb : int8", lw.Lookup, contents=[(1, 2), (3,)])
    Broken = table(schema, "Broken", "a : int8", lw.Lookup, contents=property(lambda self: 1 / 0))
    Subject = table(schema, "Subject", "id : int8\n---\n-> Sex\n-> [nullable] Species")
    Subject.insert1({"id": 1, "sex": "male"})
    assert len(Sex) == 2
    assert len(schema.list_tables()) == 5
    assert "The contents of Species cannot be inserted" in caplog.text
    for cls, says in {
        Species: r"contents of Species cannot.*lab\.#species, row 1, attribute 'species'.*'a long name'",
        Odd: "contents of Odd cannot be inserted. Row 1 has 1 values",
        Broken: "contents of Broken cannot be inserted. ZeroDivisionError: division by zero",
    }.items():
        for _ in range(2):
            with pytest.raises(LabwrightError, match=says):
                len(cls)
    with pytest.raises(IntegrityError, match=r"species='mouse'"):
        Subject.insert1({"id": 2, "sex": "male", "species": "mouse"})
    Species.contents = [("mouse",)]
    assert len(Species) == 1
    Subject.insert1({"id": 2, "sex": "male", "species": "mouse"})


def test_contents_of_a_schema_that_another_refers_to(schema: lw.Schema, project: lw.Project, prefix: str) -> None:
    Species = table(schema, "Species", "species : varchar(9)", lw.Lookup, contents=[("mouse",)])
    strains = lw.Schema(f"{prefix}strains")
    Strain = table(strains, "Strain", "-> Species\nn : int8", lw.Lookup, {"Species": Species}, contents=[("mouse", 1)])
    assert Strain.keys() == [{"species": "mouse", "n": 1}]


def test_nothing_is_declared_within_a_transaction(schema: lw.Schema, project: lw.Project) -> None:
    Subject = table(schema, "Subject", "id : int32")
    with pytest.raises(TransactionError, match=r"subject.*before the transaction"), project.connection.transaction:
        Subject.insert1((1,))
    assert not schema.exists
    Subject.insert1((1,))
    with project.connection.transaction:
        Subject.insert1((2,))
    assert len(Subject) == 2


def test_threads_declare_once(schema: lw.Schema, project: lw.Project) -> None:
    Word = table(schema, "Word", "k : int8", lw.Lookup, contents=[(1,), (2,)])
    table(schema, "Note", "-> Word\nn : int8")
    counts: list[int] = []
    barrier = threading.Barrier(6)

    def use() -> None:
        barrier.wait()
        with lw.Project(project.connection.url):  # each with a project of its own
            counts.append(len(Word))

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2] * 6


DECLARING = """
import sys
import labwright as lw

with lw.Project(sys.argv[1]):
    schema = lw.Schema(sys.argv[2])
    for i in range(8):
        schema(type(f"Word{i}", (lw.Lookup,), {"definition": "k : enum('a', 'b')", "contents": [["a"], ["b"]]}))
    print(sum(map(len, schema)))
"""


def test_processes_declare_once(database_url: str, prefix: str) -> None:
    command = [sys.executable, "-c", DECLARING, database_url, f"{prefix}lab"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=120) for process in running] == [("16\n", "")] * 3


def test_classes_in_functions(schema: lw.Schema) -> None:
    def build() -> Any:
        @schema
        class Inner(lw.Manual):
            definition = "id : int32"

        names = {"Alias": Inner}

        @schema
        class Outer(lw.Manual):
            definition = "-> Inner\n---\n-> [nullable] Inner.proj(other='id')"

        return Outer, names

    Outer, _ = build()
    assert Outer.heading.names == ["id", "other"]


def test_a_table_may_refer_to_itself_and_to_modules(schema: lw.Schema, prefix: str) -> None:
    module = type(sys)("module")
    module.__dict__["Subject"] = table(lw.Schema(f"{prefix}other"), "Subject", "id : int32")

    @schema
    class Node(lw.Manual):
        definition = """
        node : int32
        ---
        -> [nullable] Node.proj(parent='node')
        -> [nullable] module.Subject
        """

    Node.insert([(1, None, None), (2, 1, None)])
    assert Node.proj(grandparent="parent").to_arrays("grandparent", order_by="KEY").tolist() == [None, 1]


def test_activated_later(prefix: str, project: lw.Project) -> None:
    schema = lw.Schema()

    @schema
    class Recording(lw.Manual):
        definition = "-> Linked\nn : int8"

    with pytest.raises(LabwrightError, match=r"activate\('name'\)"):
        len(Recording)
    with pytest.raises(UnresolvedReferenceError, match="Linked"):
        schema.activate(f"{prefix}later")
    Subject = table(lw.Schema(f"{prefix}lab"), "Subject", "id : int32")
    assert schema.activate(f"{prefix}later", add_objects={"Linked": Subject}).is_activated()
    assert Recording().heading.primary_key == ["id", "n"]
    schema.activate(f"{prefix}later")
    with pytest.raises(LabwrightError, match="active as"):
        schema.activate(f"{prefix}elsewhere")


def test_inherited_parts(schema: lw.Schema) -> None:
    class Base(lw.Manual):
        definition = "id : int32"

        class Item(lw.Part):
            definition = "-> master\nn : int8"

    First = table(schema, "First", Base.definition, Base)
    Second = table(schema, "Second", Base.definition, Base)
    First.insert1((1,))
    First.Item.insert1((1, 1))
    assert (len(First.Item), len(Second.Item)) == (1, 0)
    assert (First.Item.master, Second.Item.master) == (First, Second)
    assert [p.__name__ for p in schema.part_classes(Second)] == ["Item"]
    assert Second.Item.table_name == "second__item"


def test_singletons(schema: lw.Schema) -> None:
    Setting = table(schema, "Setting", "---\ngain = 1 : int8\nnote = null : varchar(9)")
    Setting.insert1({"gain": 5})
    assert Setting.fetch1() == {"gain": 5, "note": None}
    assert Setting.heading.primary_key == []
    with pytest.raises(LabwrightError):
        Setting.insert1({"gain": 6})
    Setting.insert1({"gain": 7}, skip_duplicates=True)
    Setting.insert1({"gain": 8}, replace=True)
    Setting.update1({"note": "loud"})
    assert Setting.to_dicts() == [{"gain": 8, "note": "loud"}]
    assert len(Setting & "gain = 8") == 1


RICH = {
    "Species": '# kinds of animals\nspecies : varchar(30)  # its "name"\n---\nlegs = 4 : int8',
    "Subject": """
        id : int auto_increment
        ---
        -> Species
        -> [nullable] Species.proj(mother_species='species')
        sex = 'U' : enum('F', 'M', 'U', 'it''s')
        weight = null : decimal(20,4)   # in g: -> not a reference
        at = CURRENT_TIMESTAMP : datetime(3)
        code = "O'Neil" : varchar(20)
        flag = true : bool
        info = null : json
        data = null : <blob>
        raw = null : longblob
        index (code, sex)
        unique index (weight)
        index ((lower(code)))
        """,
    "Session": "-> Subject\nday : date\n---\n-> [unique] Species.proj(kind='species')",
}


def test_describe_declares_the_same_again(prefix: str, project: lw.Project) -> None:
    first, second = lw.Schema(f"{prefix}first"), lw.Schema(f"{prefix}second")
    for name, definition in RICH.items():
        table(first, name, definition)
    table(first, "Block", "-> Session", Trial=part("Trial", "-> master\nt : int8\n---\nrt = null : float32"))
    texts = {cls.__name__: cls.describe() for cls in first.masters()}
    Trial = part("Trial", first["Block"].Trial.describe())
    for name, text in texts.items():
        table(second, name, text, **({"Trial": Trial} if name == "Block" else {}))
    assert {cls.__name__: cls.describe() for cls in second.masters()} == texts
    assert second["Block"].Trial.describe() == first["Block"].Trial.describe()
    for name in texts:
        assert str(second[name].heading) == str(first[name].heading)


def test_headings_read_well(schema: lw.Schema) -> None:
    Subject = table(schema, "Subject", "id : int32  # the number\n---\nx = null : float64")
    assert str(Subject.heading) == "id: int32  # the number\n---\nx = null: float64"


@pytest.fixture
def stored(schema: lw.Schema) -> lw.Schema:
    """A schema with rows, for code that knows nothing of its classes."""
    table(schema, "Species", "species : varchar(9)", lw.Lookup, contents=[["mouse"]])
    Subject = table(schema, "Subject", "id : int8\n---\n-> Species", Eye=part("Eye", "-> master\neye : int8"))
    table(schema, "Weight", "-> Subject\n---\nw : float64", lw.Imported)
    Mean = table(schema, "Mean", "-> Subject\n---\nm : float64", lw.Computed)
    Subject.insert1((1, "mouse"), parts={"Eye": [(1, 1), (1, 2)]})
    Mean.insert1((1, 0.5), allow_direct_insert=True)
    return schema


def test_virtual_schemas(stored: lw.Schema) -> None:
    virtual = lw.virtual_schema(stored.database_name)
    tiers = {cls.__name__: cls.tier for cls in virtual.masters()}
    assert tiers == {"Species": "lookup", "Subject": "manual", "Weight": "imported", "Mean": "computed"}
    assert virtual["Subject"].Eye.to_dicts(order_by="KEY") == [{"id": 1, "eye": 1}, {"id": 1, "eye": 2}]
    assert (virtual["Subject"] * virtual["Mean"]).fetch1("m") == 0.5
    virtual["Subject"].insert1((2, "mouse"))
    assert len(stored["Subject"]) == 2
    assert issubclass(virtual["Mean"], lw.Computed)
    assert virtual["Subject"].describe() == stored["Subject"].describe()


def test_virtual_modules(stored: lw.Schema) -> None:
    for module in (
        lw.VirtualModule("lab", stored.database_name, add_objects={"five": 5}),
        lw.create_virtual_module("lab", stored.database_name, add_objects={"five": 5}),
    ):
        assert (module.__name__, module.five) == ("lab", 5)
        assert len(module.Subject.Eye & {"eye": 2}) == 1
        assert module.schema.database_name == stored.database_name
    with pytest.raises(MissingTableError, match="no schema 'nowhere'"):
        lw.VirtualModule("lab", "nowhere")


@pytest.mark.parametrize("pattern", ["{0}.{1}", "`{0}`.`{1}`", '"{0}"."{1}"'])
def test_free_tables(pattern: str, stored: lw.Schema, project: lw.Project) -> None:
    for connection in (None, project, project.connection):
        subject = lw.FreeTable(connection, pattern.format(stored.database_name, "subject"))
        assert subject.to_dicts() == [{"id": 1, "species": "mouse"}]
        assert len(subject & {"id": 2}) == 0
    subject = lw.FreeTable(None, pattern.format(stored.database_name, "subject"))
    subject.insert1((2, "mouse"))
    assert (subject * lw.FreeTable(None, f"{stored.database_name}.__mean")).keys() == [{"id": 1}]
    with pytest.raises(MissingTableError, match="Did you mean 'subject'"):
        len(lw.FreeTable(None, pattern.format(stored.database_name, "subjekt")))
    with pytest.raises(DefinitionError, match=r"schema\.table"):
        lw.FreeTable(None, "subject")


def test_a_schema_as_a_collection(stored: lw.Schema) -> None:
    order = stored.list_tables()
    assert sorted(order) == ["#species", "__mean", "_weight", "subject", "subject__eye"]
    assert order.index("#species") < order.index("subject") < min(order.index("__mean"), order.index("subject__eye"))
    assert [cls().table_name for cls in stored] == order
    assert all(name in stored for name in ("Subject", "subject", "__mean", "Eye", "subject__eye"))
    assert "Nothing" not in stored
    assert 5 not in stored
    assert stored["Mean"] is stored["__mean"]
    assert repr(stored) == f"Schema('{stored.database_name}')"
    with pytest.raises(MissingTableError, match="Did you mean 'Subject'"):
        stored["Subjekt"]


def test_a_schema_as_a_collection_of_tables_without_classes(stored: lw.Schema, project: lw.Project) -> None:
    order = stored.list_tables()
    bare = lw.Schema(stored.database_name)
    assert [cls.table_name for cls in bare] == order
    assert all(name in bare for name in ("Subject", "species", "#species", "mean", "subject__eye"))
    assert "Nothing" not in bare
    for name in ("Species", "species", "#species"):
        assert bare[name].to_dicts() == [{"species": "mouse"}]
    assert bare["Subject"].Eye.table_name == "subject__eye"
    assert len(bare["Subject"] * stored["Mean"]) == 1
    assert bare.masters() == []  # the blueprint is as it was
    assert project.connection.schemas[bare.database] is bare
    Note = table(bare, "Note", "-> Subject\nn : int8", context={"Subject": stored["Subject"]})
    assert bare["Note"] is Note
    assert Note in list(bare)
    with pytest.raises(MissingTableError, match="Did you mean 'Subject'"):
        bare["Subjekt"]
    with pytest.raises(LabwrightError, match="no table"):
        lw.Schema()["Subject"]


def test_tables_that_must_not_be_made(stored: lw.Schema, prefix: str) -> None:
    reading = lw.Schema(stored.database_name, create_tables=False)
    Subject = table(reading, "Subject", "id : int8\n---\nspecies : varchar(9)")
    Missing = table(reading, "Missing", "id : int8")
    assert len(Subject) == 1
    with pytest.raises(MissingTableError, match="missing"):
        Missing.insert1((1,))
    nowhere = table(lw.Schema(f"{prefix}none", create_tables=False), "Subject", "id : int8")
    with pytest.raises(MissingTableError):
        len(nowhere)
    assert f"{prefix}none" not in lw.list_schemas()


def test_defined_twice_as_in_a_notebook(schema: lw.Schema) -> None:
    First = table(schema, "Subject", "id : int8", Eye=part("Eye", "-> master\neye : int8"))
    First.insert1((1,))
    Again = table(schema, "Subject", "id : int8", Eye=part("Eye", "-> master\neye : int8"))
    Again.insert1((2,))
    assert len(First) == len(Again) == 2
    assert schema["Subject"] is Again
    assert [p.master for p in schema.part_classes(Again)] == [Again]
    assert len(list(schema)) == 2
    Mean = table(schema, "Mean", "-> Subject", lw.Computed, make=lambda self, key: self.insert1(key))
    assert Mean.populate()["success_count"] == 2


def test_references_that_lead_nowhere(schema: lw.Schema) -> None:
    Subject = table(schema, "Subject", "id : int32")
    number = 5

    class Loose(lw.Manual):
        definition = "id : int32"

    context = {"Subject": Subject, "number": number, "Loose": Loose}
    for target, says in (
        ("Subjekt", ["Subjekt", "Did you mean", "Subject"]),
        ("Subject.Eye", ["Eye"]),
        ("number", ["number is 5", "not a table"]),
        ("Loose", ["belongs to no schema", "Decorate Loose"]),
        ("Subject.proj(a='b')", ["'b'"]),
    ):
        with pytest.raises(LabwrightError) as caught:
            len(table(schema, "Session", f"-> {target}\nn : int8", context=context))
        assert [s for s in ["ession", *says] if s not in str(caught.value)] == [], str(caught.value)
    assert "session" not in lw.Schema(schema.database_name).list_tables()


@pytest.mark.parametrize("name", ["subject", "Sub_ject", "Süß", "X" * 70, "Subject; DROP TABLE x"])
def test_names_of_classes(name: str, schema: lw.Schema) -> None:
    with pytest.raises(DefinitionError) as caught:
        table(schema, name, "id : int32")
    assert name[:30] in str(caught.value)


def test_what_is_no_table(schema: lw.Schema) -> None:
    wrong: dict[str, Any] = {
        "not": int,
        "derived from": lw.Table,
        "is a part": part("Part", "-> master"),
        "no definition": type("Empty", (lw.Manual,), {}),
    }
    for says, cls in wrong.items():
        with pytest.raises(DefinitionError, match=says):
            schema(cls)
    with pytest.raises(LabwrightError, match="belongs to no schema"):
        type("Loose", (lw.Manual,), {"definition": "id : int8"})()


@pytest.mark.parametrize("name", ["", "a.b", "a`b", 'a"b', "x" * 70, "a b", "a;b"])
def test_names_of_schemas(name: str) -> None:
    with pytest.raises(DefinitionError):
        lw.Schema(name)


def test_schemas_of_one_connection_go_together(stored: lw.Schema, project: lw.Project, prefix: str) -> None:
    connection = project.connection
    other = lw.Schema(f"{prefix}other", connection=connection)
    Note = table(other, "Note", "-> Subject\nn : int8", context={"Subject": stored["Subject"]})
    Note.insert1((1, 1))
    assert len(Note * stored["Subject"]) == len(Note & lw.FreeTable(connection, str(stored["Mean"]().id))) == 1
    for given in (connection, project):
        assert {stored.database_name, other.database_name} <= set(lw.list_schemas(given))


def test_a_mistake_can_be_corrected(schema: lw.Schema) -> None:
    Parent = table(schema, "Parent", "id : int8")
    with pytest.raises(DefinitionError):
        table(schema, "Child", "-> Nobody")
    table(schema, "Child", "-> Parent.proj(other='nothing')")  # told when it is declared
    with pytest.raises(DefinitionError, match="nothing"):
        len(Parent)
    Child = table(schema, "Child", "-> Parent")
    assert (len(Parent), len(Child)) == (0, 0)


@pytest.fixture
def two_projects(tmp_path: Path) -> Iterator[tuple[lw.Project, lw.Project]]:
    first, second = (lw.Project(f"sqlite:///{tmp_path / name}.db") for name in "ab")
    yield first, second
    first.close()
    second.close()


def test_one_blueprint_in_two_projects(two_projects: tuple[lw.Project, lw.Project]) -> None:
    schema = lw.Schema("lab")
    Subject = table(schema, "Subject", "id : int32")
    for number, project in enumerate(two_projects):
        with project:
            Subject.insert((i,) for i in range(number + 1))
    for number, project in enumerate(two_projects):
        with project:
            assert len(Subject) == number + 1
    first = lw.FreeTable(two_projects[0], "lab.subject")
    assert len(first) == 1
    with two_projects[1], pytest.raises(LabwrightError, match="different databases"):
        first * Subject


def test_projects_in_threads(two_projects: tuple[lw.Project, lw.Project]) -> None:
    schema = lw.Schema("lab")
    Subject = table(schema, "Subject", "id : int32")
    found: dict[int, list[int]] = {}

    def work(number: int, project: lw.Project) -> None:
        with project:
            for i in range(20):
                Subject.insert1((100 * number + i,))
            found[number] = Subject.to_arrays("id", order_by="KEY").tolist()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(two_projects)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [100 * number + i for i in range(20)] for number in (0, 1)}


def test_modules_import_without_settings(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(
        textwrap.dedent(
            """
            import labwright as lw

            schema = lw.Schema("lab")

            @schema
            class Subject(lw.Manual):
                definition = "id : int32"
            """
        )
    )
    code = (
        "import pipeline, os; print(sorted(os.listdir())); pipeline.Subject.insert1((1,)); print(len(pipeline.Subject))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("['pipeline.py']\n1\n", "")
    assert (tmp_path / ".labwright").is_dir()
