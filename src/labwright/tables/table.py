"""Tables: classes that stand for their rows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from labwright.core.generation import CLASSIC, Generation
from labwright.core.verb import told, verb
from labwright.define.ast import Tier
from labwright.define.format import format_spec
from labwright.define.table import TableDef, TableId, to_spec
from labwright.query import expr
from labwright.query.expr import Node
from labwright.sql.database import Database
from labwright.tables.alter import Alterable
from labwright.tables.classic_names import ClassicNames
from labwright.tables.heading import UserHeading
from labwright.tables.history import Historic
from labwright.tables.meta import TableMeta, answers_for_classes, homeless
from labwright.tables.project import Project
from labwright.tables.query import QueryExpression
from labwright.tables.relatives import Relatives
from labwright.tables.removing import Removable
from labwright.tables.writing import Writable

if TYPE_CHECKING:
    from labwright.tables.schema import Schema


class Table(Writable, Removable, ClassicNames, Relatives, Historic, Alterable, QueryExpression, metaclass=TableMeta):
    """The base of all tables. Derive from `Manual`, `Lookup`, `Imported`, `Computed` or `Part`.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = '''
    ...         mouse : int32
    ...         ---
    ...         sex : enum('F', 'M')
    ...         '''
    ...     issubclass(Mouse, lw.Table)
    ...     Mouse.insert([(1, "F"), (2, "M")])
    ...     (Mouse & "sex = 'F'").to_dicts()
    True
    [{'mouse': 1, 'sex': 'F'}]
    """

    definition: ClassVar[str]
    """The table, in the definition language."""
    tier: ClassVar[Tier | None] = None
    rules: ClassVar[Sequence[Any]] = ()
    """What the database holds every row to, beyond types and references."""
    owner: ClassVar[str] = ""
    """The reference that owns the rows, by the name of its class; without it whoever entered them does."""
    _schema: ClassVar[Schema | None] = None
    _table_name: ClassVar[str] = ""

    def __init__(self, node: Node | None = None, operands: Iterable[QueryExpression] = ()) -> None:
        if self._schema is None:
            raise homeless(type(self))
        self._restricted = node
        self._operands = tuple(operands)

    @property
    def schema(self) -> Schema:
        """The schema that the table belongs to."""
        assert self._schema is not None
        return self._schema

    @property
    def generation(self) -> Generation:
        """Which generation of the language the table and its operators speak."""
        return self.schema.generation

    @property
    def id(self) -> TableId:
        """Schema and table name."""
        return TableId(self.schema.database_name, self.table_name)

    @told
    def table_name(self) -> str:
        """The table's name in the database, prefix included."""
        return self._table_name

    @told
    def database(self) -> str:
        """The name of its schema."""
        return self.schema.database_name

    @property
    def table_def(self) -> TableDef:
        """What the table is: as the database has it, or as the code defines it while it is not there."""
        return self.schema.table_def(type(self))

    def query_node(self) -> Node:
        """The algebra node behind this expression."""
        if self._restricted is not None:
            return self._restricted
        return self.source()

    def source(self) -> expr.Source:
        """The algebra node for all rows."""
        return self.schema.source(type(self))

    def restricted(self, node: Node | None, operands: Iterable[QueryExpression]) -> Table:
        """The same table with its rows narrowed; all of them when `node` is None."""
        return type(self)(node, operands)

    @property
    def sources(self) -> tuple[QueryExpression, ...]:
        """The tables whose rows this reads."""
        return (self,) if self._restricted is None else (self.restricted(None, ()), *self._operands)

    @property
    def project(self) -> Project:
        """The project that the table belongs to."""
        return self.schema.project

    @property
    def db(self) -> Database:
        """The database that holds the rows."""
        return self.project.database

    def ready(self) -> None:
        """Declare the schema's tables where they are not there yet."""
        self.schema.ensure_declared(type(self))
        for operand in self._operands:
            operand.ready()

    def derive(self, node: Node, *operands: Any) -> Any:
        """A restricted table stays a table, so that its rows can be deleted or populated."""
        if isinstance(node, expr.Restrict) and isinstance(node.node, expr.Source):
            return self.restricted(node, [s for s in self.sources_with(operands) if s.identity != self.identity])
        return super().derive(node, *operands)

    if TYPE_CHECKING:

        def __and__(self, condition: Any) -> Self: ...
        def __sub__(self, condition: Any) -> Self: ...

    @property
    def identity(self) -> object:
        """What is the same for all expressions that read the same table."""
        return type(self)

    @told
    def heading(self) -> UserHeading:
        """The attributes of the table."""
        if self._restricted is None:
            self.ready()
        return UserHeading(self.query_node().heading, self.table_def.comment)

    @told
    def is_declared(self) -> bool:
        """Whether the table is in the database."""
        return self.id.name in self.db.tables(self.id.schema)

    @verb
    def describe(self, context: Mapping[str, Any] | None = None, printout: bool = False) -> str:
        """A definition that declares the same table again; `printout` asks to print it, too.

        Classic code gives a `context` to name parents by; here their names follow from those of the tables.
        """
        self.ready()
        spec = to_spec(self.table_def, self.schema.target_names(type(self)))
        text = format_spec(spec, classic=self.generation == CLASSIC)
        text += "".join(f"\n# rule {rule}" for rule in self.table_def.rules)
        if printout:
            sys.stdout.write(f"{text}\n")
        return text

    @classmethod
    def diagram_model(cls) -> Any:
        """Nodes and edges of the schema, for `Diagram`."""
        if cls._schema is None:
            raise homeless(cls)
        return cls._schema.diagram_model()

    @classmethod
    def diagram_nodes(cls) -> Iterable[str]:
        """The node of this table."""
        return (str(cls().id),)


for _base in Table.__mro__[:-1]:
    answers_for_classes(_base)


class UserTable(Table):
    """A table that a class defines; a `FreeTable`, which a name stands for, is none.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     isinstance(Mouse(), lw.UserTable), isinstance(lw.FreeTable(project, "lab.mouse"), lw.UserTable)
    (True, False)
    """

    def __repr__(self) -> str:
        return self.preview()


class Manual(UserTable):
    """Rows that people enter.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert([(1,), (2,)])
    ...     len(Mouse)
    2
    """

    tier: ClassVar[Tier | None] = "manual"


class Lookup(UserTable):
    """Rows that belong to the pipeline's definition; `contents` are inserted when the table is declared.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Species(lw.Lookup):
    ...         definition = "species : varchar(20)"
    ...         contents = [("mouse",), ("rat",)]
    ...     Species.keys()
    [{'species': 'mouse'}, {'species': 'rat'}]
    """

    tier: ClassVar[Tier | None] = "lookup"
    contents: ClassVar[Any] = ()


class Part(UserTable):
    r"""Rows that belong to a row of the master, the class around this one.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...         class Ear(lw.Part):
    ...             definition = "-> master\n side : enum('left', 'right')"
    ...     Mouse.insert([(1,)], parts={"Ear": [(1, "left"), (1, "right")]})
    ...     len(Mouse.Ear)
    2
    """

    tier: ClassVar[Tier | None] = "part"
    master: ClassVar[type[Table] | None] = None


__all__ = ["Lookup", "Manual", "Part", "Table", "TableMeta", "UserTable", "answers_for_classes"]
