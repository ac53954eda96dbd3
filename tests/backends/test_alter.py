"""Classes whose definition has changed: `alter` brings the table after."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

import labwright as lw
from labwright.core.errors import MigrationError
from labwright.tables.project import Project
from labwright.tables.schema import Schema


@pytest.fixture(autouse=True)
def default(project: Project) -> Iterator[None]:
    with lw.config.override(safemode=False):
        yield


@pytest.fixture
def lab(project: Project, prefix: str) -> Schema:
    return lw.Schema(f"{prefix}lab", connection=project)


def declare(lab: Schema) -> tuple[type[lw.Manual], type[lw.Manual]]:
    class Mouse(lw.Manual):
        definition = """
        mouse_id : int32
        ---
        name : varchar(20)
        mass = null : float64
        """

    lab(Mouse)

    class Visit(lw.Manual):
        definition = """
        -> Mouse
        visit : int16
        """

        class Scan(lw.Part):
            definition = """
            -> master
            scan : int16
            """

    lab(Visit)
    Mouse.insert([(1, "one", 20.5), (2, "two", None)])
    Visit.insert([(1, 1), (2, 1)])
    Visit.Scan.insert([(1, 1, 1), (2, 1, 3)])
    return Mouse, Visit


def test_a_definition_that_has_changed_is_carried_out(lab: Schema) -> None:
    mouse, visit = declare(lab)
    mouse.definition = """
    mouse_id : int32
    ---
    nickname = "" : varchar(40)  # {name} as on the cage
    mass = null : float64
    sex = "U" : enum("F", "M", "U")
    """
    assert mouse.alter()
    assert mouse.to_dicts() == [
        {"mouse_id": 1, "nickname": "one", "mass": 20.5, "sex": "U"},
        {"mouse_id": 2, "nickname": "two", "mass": None, "sex": "U"},
    ]
    assert mouse().heading["nickname"].comment == "as on the cage"
    assert not mouse.alter(), "the same definition once more"
    mouse.insert1((3, "three", 1.0, "F"))
    visit.insert1((3, 1))
    mouse.update1({"mouse_id": 3, "mass": 2.0})
    assert [c.old["mass"] for c in mouse.history({"mouse_id": 3}) if c.old] == [1.0]


def test_parts_follow_a_key_with_another_name(lab: Schema) -> None:
    mouse, visit = declare(lab)
    mouse.definition = "animal : int32  # {mouse_id}\n---\nname : varchar(20)\nmass = null : float64"
    assert mouse.alter(prompt=False)
    assert visit.Scan.to_dicts() == [{"animal": 1, "visit": 1, "scan": 1}, {"animal": 2, "visit": 1, "scan": 3}]
    assert not visit.alter()
    assert not visit.Scan.alter()


def test_a_class_with_another_name_takes_its_table_and_its_parts_along(lab: Schema, project: Project) -> None:
    declare(lab)
    later = lw.Schema(lab.database_name, connection=project)

    @later
    class Mouse(lw.Manual):
        definition = "mouse_id : int32\n---\nname : varchar(20)\nmass = null : float64"

    @later
    class Session(lw.Manual):
        definition = """
        # {Visit} when it was in the lab
        -> Mouse
        visit : int16
        """

        class Scan(lw.Part):
            definition = """
            -> master
            scan : int16
            """

    assert Session.alter()
    assert Session.to_dicts() == [{"mouse_id": 1, "visit": 1}, {"mouse_id": 2, "visit": 1}]
    assert Session.Scan.to_dicts() == [{"mouse_id": 1, "visit": 1, "scan": 1}, {"mouse_id": 2, "visit": 1, "scan": 3}]
    assert set(later.list_tables()) == {"mouse", "session", "session__scan"}


def test_a_reference_to_a_table_that_is_new(lab: Schema) -> None:
    mouse, _ = declare(lab)

    class Person(lw.Lookup):
        definition = "person : varchar(20)"
        contents = (("Ada",),)

    lab(Person)
    mouse.definition = "mouse_id : int32\n---\n-> [nullable] Person\nname : varchar(20)\nmass = null : float64"
    assert mouse.alter(context={"Person": Person})
    assert mouse.to_dicts()[0] == {"mouse_id": 1, "person": None, "name": "one", "mass": 20.5}
    mouse.insert1((3, "Ada", "three", 1.0))


def test_a_difference_is_told_once_and_nothing_breaks(
    lab: Schema, project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    declare(lab)
    later = lw.Schema(lab.database_name, connection=project)

    @later
    class Mouse(lw.Manual):
        definition = "mouse_id : int32\n---\nname : varchar(20)\nmass = null : float32"

    with caplog.at_level(logging.WARNING, "labwright"):
        assert len(Mouse()) == len(Mouse()) == 2
    (said,) = [r.getMessage() for r in caplog.records if r.__dict__.get("action") == "compare"]
    assert "mouse: change the type of mass from float64 to float32" in said
    assert "labwright migrate plan" in said


def test_values_that_go_are_an_error(lab: Schema) -> None:
    mouse, _ = declare(lab)
    mouse.definition = "mouse_id : int32\n---\nname : varchar(20)"
    with pytest.raises(MigrationError, match="'mass' would be lost"):
        mouse.alter()
    assert mouse.to_dicts()[0]["mass"] == 20.5
    assert mouse.alter(lossy=True)


def test_rows_that_break_a_new_rule_are_named(lab: Schema) -> None:
    mouse, _ = declare(lab)
    mouse.rules = [lw.Check("mass < 20", "a mouse is light", name="light")]
    with pytest.raises(MigrationError, match=r"light: a mouse is light.*mouse_id=1"):
        mouse.alter()
    assert len(mouse()) == 2
    mouse.update1({"mouse_id": 1, "mass": 19.0})
    assert mouse.alter()
    with pytest.raises(lw.errors.RuleError):
        mouse.insert1((4, "four", 30.0))
    assert not mouse.alter()


def test_an_error_halfway_leaves_everything_as_it_was(lab: Schema, project: Project) -> None:
    """Rows are carried over before the rule is looked at; MySQL and MariaDB have to go back step by step."""
    mouse, visit = declare(lab)
    before = dict(project.database.tables(lab.database_name))
    mouse.definition = "mouse_id : int64\n---\nname : varchar(20)\nmass = null : float64"
    mouse.rules = [lw.Check("mass < 20", "a mouse is light", name="light")]
    with pytest.raises(MigrationError, match=r"light: a mouse is light.*mouse_id=1"):
        mouse.alter()
    project.database.forget()
    assert project.database.tables(lab.database_name) == before
    assert visit.Scan.to_dicts() == [
        {"mouse_id": 1, "visit": 1, "scan": 1},
        {"mouse_id": 2, "visit": 1, "scan": 3},
    ]
    visit.insert1((2, 2))
    with pytest.raises(lw.errors.IntegrityError):
        visit.insert1((5, 1))
    mouse.update1({"mouse_id": 1, "mass": 2.0})
    assert [c.old["mass"] for c in mouse.history({"mouse_id": 1}) if c.old] == [20.5]
    assert mouse.alter()


def test_history_is_switched_off_and_on(lab: Schema) -> None:
    mouse, _ = declare(lab)
    mouse._keeps_history = False
    assert mouse.alter()
    mouse.update1({"mouse_id": 1, "mass": 2.0})
    mouse._keeps_history = True
    assert mouse.alter()
    mouse.update1({"mouse_id": 1, "mass": 3.0})
    assert [c.old["mass"] for c in mouse.history({"mouse_id": 1}) if c.old] == [2.0]


@pytest.mark.parametrize(
    "definition",
    [
        "mouse_id : int32\n---\nname : varchar(20)\nmass = null : float64\nnote = '' : varchar(9)",  # as it stands
        "mouse_id : int32\n---\nname = null : varchar(50)\nmass = null : float64",
        "mouse_id : int64\n---\nmass = null : float64\nname : varchar(20)",
    ],
)
def test_a_limit_at_an_altered_table_stays(lab: Schema, definition: str) -> None:
    mouse, _ = declare(lab)

    class Meal(lw.Manual):
        definition = "-> Mouse\nmeal : int16\n---\ngrams : float64"
        rules = (lw.SumAtMost("grams", "mass", of="mouse_id", says="no more than it weighs"),)

    lab(Meal, context={"Mouse": mouse})
    Meal.insert1((1, 1, 12))
    mouse.definition = definition
    assert mouse.alter()
    with pytest.raises(lw.errors.RuleError, match="no more than it weighs"):
        mouse.update1({"mouse_id": 1, "mass": 10})
    with pytest.raises(lw.errors.RuleError, match="no more than it weighs"):
        Meal.insert1((1, 2, 12))
    mouse.update1({"mouse_id": 1, "mass": 12})
