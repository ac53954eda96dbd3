"""Modules get the names of their schemas, and refer to tables that a laboratory has already."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from tests.lab.modules.conftest import fresh

import labwright as lw
from labwright.lab.activation import Module


def animals(people: Module) -> Module:
    """A module whose table refers to one of another module."""
    module = Module("animals", people)

    class Person(lw.Manual):
        definition = "person : varchar(20)"

    people.schema(Person)

    class Animal(lw.Manual):
        definition = """
        animal : varchar(20)
        ---
        -> Person
        """

    module.schema(Animal)
    return module


def test_a_module_names_those_that_it_uses() -> None:
    people = Module("people")
    with lw.Project("sqlite:///:memory:") as project:
        schema = animals(people).activate("smith_", connection=project)
        people.schema["Person"].insert1(("ana",))
        schema["Animal"].insert1(("m1", "ana"))
        assert lw.list_schemas(project) == ["smith_animals", "smith_people"]


def test_another_name_is_refused() -> None:
    module = Module("people")
    module.activate("smith_")
    module.activate("smith_")
    with pytest.raises(lw.errors.LabwrightError, match="active as 'smith_people' already"):
        module.activate("jones_")


@pytest.mark.parametrize("kind", ["mapping", "module"])
def test_own_tables_take_the_place_of_others(kind: str) -> None:
    own = lw.Schema("own")

    class Person(lw.Manual):
        definition = "number : int32"

    own(Person)
    linking: Any = {"Person": Person, "other": 3}
    if kind == "module":
        linking = ModuleType("workflow")
        linking.Person = Person
    people = Module("people")
    module = animals(people)
    with lw.Project("sqlite:///:memory:") as project:
        own.activate(connection=project)
        schema = module.activate("smith_", linking=linking, connection=project)
        assert schema["Animal"].heading.names == ["animal", "number"]
        assert module.linked(people.schema["Person"]) is Person
        assert lw.list_schemas(project) == ["own", "smith_animals"]


def test_what_is_no_table_takes_no_place() -> None:
    with pytest.raises(lw.errors.DefinitionError, match="Person is to take the place of a table for 'animals'"):
        animals(Module("people")).activate(linking={"Person": "ana"})


def test_importing_modules_connects_to_nothing() -> None:
    with fresh("lab") as [lab]:
        assert not lab.schema.is_activated()
        with pytest.raises(lw.errors.LabwrightError, match="no name yet"):
            len(lab.User())
