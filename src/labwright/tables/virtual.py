"""Tables that only the database knows: classes made from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from labwright.core.errors import DefinitionError, MissingTableError
from labwright.core.generation import Generation
from labwright.core.verb import told
from labwright.define.names import parse_full_name
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.query.expr import Node
from labwright.sql.connection import Connection
from labwright.tables.adapters import use_given
from labwright.tables.project import Project
from labwright.tables.query import QueryExpression
from labwright.tables.schema import Schema, declare_blueprints
from labwright.tables.spawn import spawn
from labwright.tables.table import Table


class FreeTable(Table):
    """A table by its name alone.

    Parameters
    ----------
    connection : Connection, Project or None
        None is the default project; it may also be left out.
    full_table_name : str
        ``schema.table``, quoted in any way or not at all.
    generation : {'classic', '2'}, optional
        Which generation of the language it speaks; by default as the project's settings say.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert1((1,))
    ...     lw.FreeTable(project, "lab.mouse").keys()
    [{'mouse': 1}]
    """

    def __init__(
        self,
        connection: Connection | Project | str | None,
        full_table_name: str | None = None,
        node: Node | None = None,
        operands: Iterable[QueryExpression] = (),
        *,
        generation: Generation | None = None,
    ) -> None:
        if isinstance(connection, str):
            connection, full_table_name = None, connection
        schema, table = parse_full_name(full_table_name or "")
        self._free_schema = Schema(
            schema, connection=connection, create_schema=False, create_tables=False, generation=generation
        )
        self._free_name = table
        self._restricted = node
        self._operands = tuple(operands)
        self._free_source: expr.Source | None = None

    @property
    def schema(self) -> Schema:
        """The schema that the table belongs to."""
        return self._free_schema

    @property
    def identity(self) -> object:
        """What is the same for all expressions that read the same table."""
        return self.id

    @told
    def table_name(self) -> str:
        """The table's name in the database, prefix included."""
        return self._free_name

    @property
    def table_def(self) -> TableDef:
        """What the table is in the database."""
        return self.db.find(self.id)

    def source(self) -> expr.Source:
        """The algebra node for all rows."""
        heading = self.table_def.heading
        if self._free_source is None or self._free_source.heading is not heading:
            self._free_source = expr.Source(self.id.schema, self.id.name, heading)
        return self._free_source

    def restricted(self, node: Node | None, operands: Iterable[QueryExpression]) -> FreeTable:
        """The same table with its rows narrowed."""
        schema = self._free_schema
        return type(self)(schema.project, str(self.id), node, operands, generation=schema.generation)


class VirtualSchema(Schema):
    """A schema whose classes come from the database, and are its attributes: ``lab.Subject``."""

    @property
    def schema(self) -> Schema:
        """Itself, as a module of tables has it."""
        return self

    def __getattr__(self, name: str) -> type[Table]:
        if name[:1].isupper():
            try:
                return self[name]
            except MissingTableError as error:
                raise AttributeError(str(error)) from None
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}.")


def virtual_schema(
    name: str,
    *,
    connection: Connection | Project | None = None,
    create_schema: bool = False,
    create_tables: bool = False,
    generation: Generation | None = None,
) -> VirtualSchema:
    """A schema whose classes are made from the tables that the database has.

    Parameters
    ----------
    name : str
    connection : Connection or Project, optional
    create_schema : bool
        Whether to create the schema where there is none, rather than refuse.
    create_tables : bool
        Whether classes that are added to it are declared.
    generation : {'classic', '2'}, optional
        Which generation of the language it speaks; by default as the project's settings say.

    Raises
    ------
    MissingTableError
        When there is no such schema.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert1((1,))
    ...     lw.virtual_schema("lab", connection=project).Mouse.keys()
    [{'mouse': 1}]
    """
    schema = VirtualSchema(
        name,
        connection=connection,
        create_schema=create_schema,
        create_tables=create_tables,
        generation=generation,
    )
    declare_blueprints(schema.project, name)
    if not schema.exists and not create_schema:
        raise MissingTableError(
            f"There is no schema {name!r}. There are: {', '.join(schema.project.database.schemas())}."
        )
    spawn(schema)
    return schema


class VirtualModule(ModuleType):
    """A module whose tables come from the database.

    Parameters
    ----------
    module_name : str
    schema_name : str
    create_schema : bool
        Whether to create the schema where there is none, rather than refuse.
    create_tables : bool
        Whether classes that are added to the module's schema are declared.
    connection : Connection or Project, optional
    add_objects : mapping, optional
        More names for the module; among them the adapters of its attributes.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert1((1,))
    ...     lw.VirtualModule("lab", "lab", connection=project).Mouse.keys()
    [{'mouse': 1}]
    """

    def __init__(
        self,
        module_name: str,
        schema_name: str,
        *,
        create_schema: bool = False,
        create_tables: bool = False,
        connection: Connection | Project | None = None,
        add_objects: Mapping[str, object] | None = None,
    ) -> None:
        if not isinstance(module_name, str):
            raise DefinitionError(
                f"A module is named by a text, not by {module_name!r}: write VirtualModule('lab', 'lab_schema')."
            )
        super().__init__(module_name)
        use_given(add_objects or {})
        self.schema = virtual_schema(
            schema_name, connection=connection, create_schema=create_schema, create_tables=create_tables
        )
        for cls in self.schema.masters():
            setattr(self, cls.__name__, cls)
        for name, value in (add_objects or {}).items():
            setattr(self, name, value)


def create_virtual_module(module_name: str, schema_name: str, **options: Any) -> VirtualModule:
    """The classic spelling of `VirtualModule`.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert1((1,))
    ...     lw.create_virtual_module("lab", "lab", connection=project).Mouse.keys()
    [{'mouse': 1}]
    """
    return VirtualModule(module_name, schema_name, **options)
