"""How modules of ready-made tables get their names, and refer to tables that a laboratory has already."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, TypeVar

import labwright as lw

T = TypeVar("T")


class Module:
    """A module of ready-made tables: the schema that they are in, and the modules whose tables they refer to.

    Parameters
    ----------
    name : str
        What follows the prefix in the name of its schema.
    *uses : Module
        The modules that its tables refer to.

    Examples
    --------
    >>> people = Module("people")
    >>> people.activate("smith_").database_name
    'smith_people'
    """

    def __init__(self, name: str, *uses: Module) -> None:
        self.name = name
        self.uses = uses
        self.schema = lw.Schema()
        self._linked: dict[str, type] = {}

    def activate(
        self,
        prefix: str = "",
        *,
        linking: ModuleType | Mapping[str, Any] | None = None,
        connection: Any = None,
        create_schema: bool | None = None,
        create_tables: bool | None = None,
    ) -> lw.Schema:
        """Give the schema its name, and those of the modules that it uses; no table is made until one is used.

        Parameters
        ----------
        prefix : str
            What the names of the schemas begin with, e.g. ``"smith_"``.
        linking : module or mapping, optional
            Where tables of your own stand that take the place of tables of the same name in modules that this one uses.
        connection : Connection or Project, optional
            Where the tables are; by default the default project.
        create_schema, create_tables : bool, optional
            Whether what is not there is made.

        Returns
        -------
        Schema

        Raises
        ------
        LabwrightError
            When it has another name already.
        DefinitionError
            When what stands in `linking` in place of a table is none.
        """
        options = {"connection": connection, "create_schema": create_schema, "create_tables": create_tables}
        for module in self.uses:
            module.activate(prefix, linking=linking, **options)
        self._linked.update(self._own_tables(linking))
        return self.schema.activate(f"{prefix}{self.name}", add_objects=self._linked, **options)

    def linked(self, table: type[T]) -> type[T]:
        """The table that stands for another one here: that of the laboratory, where `linking` had one.

        Parameters
        ----------
        table : Table class
            Of a module that this one uses.

        Returns
        -------
        Table class

        Examples
        --------
        >>> people = lw.Schema("people_of_ours")
        >>> class Person(lw.Manual):
        ...     definition = "person : varchar(20)"
        >>> Module("animals").linked(people(Person)) is Person
        True
        """
        return self._linked.get(table.__name__, table)

    def _own_tables(self, linking: ModuleType | Mapping[str, Any] | None) -> dict[str, type]:
        names = {cls.__name__: cls for module in self._all_used() for cls in module.schema.masters()}
        offered = vars(linking) if isinstance(linking, ModuleType) else linking or {}
        found = {name: offered[name] for name in names if offered.get(name, names[name]) is not names[name]}
        for name, table in found.items():
            if not (isinstance(table, type) and issubclass(table, lw.Table)):
                raise lw.errors.DefinitionError(
                    f"{name} is to take the place of a table for {self.name!r}, and is {table!r}: give a table class."
                )
        return found

    def _all_used(self) -> list[Module]:
        return [m for module in self.uses for m in (module, *module._all_used())]
