"""Parents, children, ancestors, descendants and parts, as the classic generation tells them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import labwright as lw
from labwright.define.names import parse_full_name


@pytest.fixture
def lab(project: lw.Project, prefix: str) -> Any:
    schema = lw.Schema(f"{prefix}lab", connection=project)

    @schema
    class Rig(lw.Lookup):
        definition = "rig : varchar(8)"
        contents = (("a",),)

    @schema
    class Subject(lw.Manual):
        definition = """
        subject : int
        ---
        -> Rig
        -> [nullable] Rig.proj(other="rig")
        """

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

    @schema
    class Mating(lw.Manual):
        definition = """
        -> Subject.proj(mother="subject")
        -> Subject.proj(father="subject")
        """

    lab = SimpleNamespace(schema=schema, Rig=Rig, Subject=Subject, Session=Session, Mating=Mating, project=project)
    schema.ensure_declared()
    return lab


def short(names: list[str]) -> list[str]:
    return [parse_full_name(n)[1] for n in names]


def test_full_names_are_quoted_and_any_quotes_are_taken(lab: Any) -> None:
    name = lab.Session.full_table_name
    mark = '"' if lab.project.connection.backend == "postgres" else "`"
    assert name == f"{mark}{lab.schema.database}{mark}.{mark}session{mark}"
    for quoted in (name, name.replace(mark, "`"), name.replace(mark, '"'), name.replace(mark, "")):
        assert lw.FreeTable(lab.project, quoted).full_table_name == name
    for bad in ("session", ".session", "lab.", None):
        with pytest.raises(lw.errors.DefinitionError, match=r"'schema\.table', not"):
            lw.FreeTable(lab.project, bad)


def test_parents_and_children_are_told_once_per_reference(lab: Any) -> None:
    assert short(lab.Subject.parents()) == ["#rig", "#rig"]
    assert short(lab.Mating.parents()) == ["subject", "subject"]
    assert sorted(short(lab.Subject.children())) == ["mating", "mating", "session"]
    assert (lab.Rig.parents(), lab.Mating.children()) == ([], [])


def test_references_within_the_key_and_below_it(lab: Any) -> None:
    assert lab.Subject.parents(primary=True) == []
    assert short(lab.Subject.parents(primary=False)) == ["#rig", "#rig"]
    assert short(lab.Session.parents(primary=True)) == ["subject"]
    assert short(lab.Rig.children(primary=False)) == ["subject", "subject"]
    assert lab.Rig.children(primary=True) == []


def test_what_is_told_of_a_reference(lab: Any) -> None:
    assert [info for _, info in lab.Subject.parents(foreign_key_info=True)] == [
        {"primary": False, "attr_map": {"rig": "rig"}, "aliased": False, "multi": True},
        {"primary": False, "attr_map": {"other": "rig"}, "aliased": True, "multi": True},
    ]
    ((_, info),) = lab.Session.children(foreign_key_info=True)
    assert info == {
        "primary": True,
        "attr_map": {"subject": "subject", "session": "session"},
        "aliased": False,
        "multi": True,
    }


def test_all_above_and_all_below(lab: Any) -> None:
    assert short(lab.Session.Frame.ancestors()) == ["session__frame", "session", "subject", "#rig"]
    below = short(lab.Rig.descendants())
    assert below[:2] == ["#rig", "subject"]
    assert sorted(below[2:]) == ["mating", "session", "session__frame"]
    assert below.index("session__frame") == below.index("session") + 1
    assert short(lab.Mating.descendants()) == ["mating"]


def test_parts(lab: Any) -> None:
    assert short(lab.Session.parts()) == ["session__frame"]
    assert lab.Subject.parts() == []


def test_relatives_as_objects_have_rows(lab: Any) -> None:
    rig, *_ = lab.Subject.parents(as_objects=True)
    assert isinstance(rig, lw.FreeTable)
    assert rig.to_dicts() == [{"rig": "a"}]
    (frame,) = lab.Session.parts(as_objects=True)
    assert len(frame) == 0
    assert [t.table_name for t in lab.Session.descendants(as_objects=True)] == ["session", "session__frame"]
    assert [t.table_name for t in lab.Session.ancestors(as_objects=True)] == ["session", "subject", "#rig"]
    ((free, info),) = lab.Session.parents(as_objects=True, foreign_key_info=True)
    assert (free.table_name, info["primary"]) == ("subject", True)


def test_dependencies_of_a_connection(lab: Any) -> None:
    tree = lab.project.connection.dependencies
    tree.load()
    subject, session = lab.Subject.full_table_name, lab.Session.full_table_name
    assert tree.nodes[session] == {"primary_key": {"subject", "session"}}
    assert sorted(short(list(tree))) == ["#rig", "mating", "session", "session__frame", "subject"]
    assert len(tree) == 5
    assert session in tree
    assert list(tree.parents(session)) == [subject]
    assert sorted(short(list(tree.children(subject)))) == ["mating", "session"]
    assert list(tree.children(subject, primary=False)) == []
    assert tree.descendants(session) == lab.Session.descendants()
    assert tree.ancestors(session) == lab.Session.ancestors()
    order = short(tree.topo_sort())
    assert order[:2] == ["#rig", "subject"]
    assert order.index("session__frame") == order.index("session") + 1
    assert (subject, session, tree.parents(session)[subject]) in tree.edges


def test_dependencies_reach_into_other_schemas(lab: Any, prefix: str) -> None:
    other = lw.Schema(f"{prefix}other", connection=lab.project)
    Session = lab.Session

    @other
    class Note(lw.Manual):
        definition = """
        -> Session
        note : int
        """

    Note.insert([])
    assert Note.full_table_name in Session.descendants()
    assert lab.Rig.full_table_name in Note.ancestors()
    assert set(lab.project.connection.schemas) >= {f"{prefix}lab", f"{prefix}other"}


def test_a_connection_that_has_met_no_table_has_no_dependencies(database_url: str) -> None:
    with lw.Connection(database_url) as connection, pytest.raises(lw.errors.LabwrightError, match="No table was used"):
        connection.dependencies.load()


def test_statements_of_ones_own(project: lw.Project) -> None:
    connection = project.connection
    cursor = connection.query("SELECT %s AS a, 'x%%' AS b", (3,))
    assert (cursor.fetchone(), cursor.fetchone()) == ((3, "x%"), None)
    rows = connection.query("SELECT 1 AS a UNION SELECT 2 AS a ORDER BY a", as_dict=True)
    assert (rows.rowcount, rows.fetchall()) == (2, [{"a": 1}, {"a": 2}])


def test_a_connection_knows_its_user(project: lw.Project) -> None:
    user = project.connection.get_user()
    assert (project.connection.url.user or user) == user.partition("@")[0]
