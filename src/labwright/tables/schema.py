"""Schemas: blueprints of tables, bound to a project when they are first used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from labwright.catalogue.claims import claims_by_store, take_back
from labwright.core.errors import (
    AccessError,
    CodecError,
    DefinitionError,
    LabwrightError,
    MissingTableError,
    did_you_mean,
)
from labwright.core.generation import CLASSIC, Generation, as_generation
from labwright.core.graph import Graph
from labwright.define.ast import ReferenceSpec, TableSpec
from labwright.define.classic import in_generation
from labwright.define.names import check_schema_name, is_service_table, table_name
from labwright.define.parser import parse
from labwright.define.references import Scope, capture_scope
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.query import expr
from labwright.sql.connection import Connection
from labwright.sql.database import Database
from labwright.tables import cascade
from labwright.tables.adapters import use_adapters, use_given
from labwright.tables.blueprint import Bound, parts_in, target_of
from labwright.tables.blueprint_diagram import diagram_edges, diagram_nodes
from labwright.tables.declared import as_declared, definition_of
from labwright.tables.declaring import ensure_declared
from labwright.tables.project import Project, default_project, project_of, stored_type
from labwright.tables.rules import with_rules
from labwright.tables.schema_code import SchemaCode
from labwright.tables.spawn import spawn
from labwright.tables.table import Part, Table

if TYPE_CHECKING:
    from labwright.tables.diagram_model import DiagramEdge, DiagramNode

T = TypeVar("T", bound=type)
FindTable = Callable[[type[Table]], TableDef]
_blueprints: Final[WeakSet[Schema]] = WeakSet()
"""The schemas that have classes of their own."""


class Schema(SchemaCode):
    """A namespace of tables.

    ``@schema`` above a class adds it, and the parts within it. Nothing is connected and nothing created until a
    table is first used; then all tables of the blueprint are declared, parents first.

    Parameters
    ----------
    name : str, optional
        The schema's name in the database; without it `activate` gives it later.
    context : mapping, optional
        Names for references, searched before those around the class.
    connection : Connection or Project, optional
        Where the tables are; by default the default project.
    create_schema, create_tables : bool
        Whether what is not there is created.
    add_objects : mapping, optional
        More names for references.
    generation : {'classic', '2'}, optional
        Which generation of the language is meant; by default as the project's settings say.

    Examples
    --------
    >>> import labwright as lw
    >>> schema = lw.Schema("lab")
    >>> @schema
    ... class Subject(lw.Manual):
    ...     definition = '''
    ...     subject_id : int32
    ...     '''
    >>> schema["Subject"] is Subject
    True
    """

    def __init__(
        self,
        name: str | None = None,
        context: Mapping[str, object] | None = None,
        *,
        connection: Connection | Project | None = None,
        create_schema: bool = True,
        create_tables: bool | None = None,
        add_objects: Mapping[str, object] | None = None,
        generation: Generation | None = None,
    ) -> None:
        self._name = None if name is None else check_schema_name(name)
        self._project = project_of(connection)
        self._context = _names("context", context)
        self._objects = _names("add_objects", add_objects)
        use_given({**self._context, **self._objects})
        self._generation = None if generation is None else as_generation(generation)
        self.create_schema = create_schema
        self.create_tables = create_tables
        self._classes: dict[str, type[Table]] = {}
        self._specs: dict[type[Table], tuple[TableSpec, Scope]] = {}
        self._bound: WeakKeyDictionary[Database, Bound] = WeakKeyDictionary()
        self._lock = threading.RLock()

    def activate(
        self,
        name: str | None = None,
        *,
        connection: Connection | Project | None = None,
        create_schema: bool | None = None,
        create_tables: bool | None = None,
        add_objects: Mapping[str, object] | None = None,
        generation: Generation | None = None,
    ) -> Schema:
        """Give a blueprint its name, and what its references need.

        Raises
        ------
        LabwrightError
            When it has another name already.
        """
        if self._name is not None and name not in (None, self._name):
            raise LabwrightError(f"The schema is active as {self._name!r} already and cannot become {name!r}.")
        self._name = self._name if name is None else check_schema_name(name)
        if connection is not None:
            self._project = project_of(connection)
        self.create_schema = self.create_schema if create_schema is None else create_schema
        self.create_tables = self.create_tables if create_tables is None else create_tables
        self._objects.update(_names("add_objects", add_objects))
        use_given(self._objects)
        self._generation = self._generation if generation is None else as_generation(generation)
        for cls in self._specs:
            self._resolved(cls)
        return self

    @property
    def generation(self) -> Generation:
        """Which generation of the language its definitions and queries speak."""
        return self._generation or self.project.config.settings.generation

    def is_activated(self) -> bool:
        """Whether it has a name."""
        return self._name is not None

    @property
    def database_name(self) -> str:
        """The schema's name in the database."""
        if self._name is None:
            raise LabwrightError("The schema has no name yet: call its activate('name') before its tables are used.")
        return self._name

    database = database_name

    @property
    def project(self) -> Project:
        """The project that the tables are in."""
        return self._project or default_project()

    @property
    def connection(self) -> Connection:
        """The connection to it."""
        return self.project.connection

    @property
    def _here(self) -> Bound:
        _ = self.database_name  # which must be there
        return self._bound_to(self.project.database)

    def _bound_to(self, database: Database) -> Bound:
        found = self._bound.get(database)
        if found is None:
            database.connection.schemas[self.database_name] = self
            if self.generation == CLASSIC and self.database_name not in database.classic:
                database.classic.add(self.database_name)
                database.forget(self.database_name)
            found = self._bound.setdefault(database, Bound())
        return found

    def __call__(self, cls: T, *, context: Mapping[str, object] | None = None) -> T:
        """Add a table class, and the parts within it; the definition is checked at once."""
        if not _is_class(cls) or not issubclass(cls, Table) or cls.tier is None:
            raise DefinitionError(
                f"A schema takes classes derived from Manual, Lookup, Imported, Computed or Part, not {cls!r}."
            )
        if issubclass(cls, Part):
            raise DefinitionError(f"{cls.__name__} is a part: put it inside its master, and decorate the master.")
        scope = capture_scope(1).over("context", {**self._objects, **self._context, **(context or {})})
        self._add(cls, table_name(cls.__name__, cls.tier), scope.declaring(cls))
        parts = parts_in(cls)
        for name, part in parts:
            part._schema, part.master = self, cls
            part.__name__ = name
            self._add(part, table_name(name, "part", cls._table_name), scope.declaring(part, cls))
        if self._name is not None:
            self._check_references([cls, *(part for _, part in parts)])
        return cls

    def _add(self, cls: type[Table], name: str, scope: Scope) -> None:
        spec = parse(definition_of(cls, self, name), table=cls.__qualname__.rpartition("<locals>.")[2])
        use_adapters(spec, scope)
        with self._lock:
            cls._schema, cls._table_name = self, name
            self._retract(self._classes.get(name))
            self._classes[name] = cls
            self._specs[cls] = (spec, scope)
            _blueprints.add(self)
            for bound in self._bound.values():
                bound.defined.clear()

    def _retract(self, cls: type[Table] | None) -> None:
        """Take a class out of the blueprint: it is defined anew, or cannot be."""
        if cls is not None and cls in self._specs:
            del self._specs[cls], self._classes[cls._table_name]
            for bound in self._bound.values():
                bound.declared.discard(cls)

    def _check_references(self, classes: Sequence[type[Table]]) -> None:
        """Report a reference that leads nowhere as early as it can be told."""
        try:
            for cls in classes:
                spec, scope = self._specs[cls]
                for reference in spec.references:
                    self._target(cls, reference, scope)
        except LabwrightError:
            for cls in classes:
                self._retract(cls)
            raise

    def _target(self, cls: type[Table], reference: ReferenceSpec, scope: Scope) -> type[Table]:
        return target_of(cls, reference, scope.over("added objects", self._objects))

    def _resolved(self, cls: type[Table]) -> TableDef:
        """The table as the code defines it."""
        here = self._here
        if cls not in here.defined:
            try:
                parents: dict[TableId, TableDef] = {}
                here.defined[cls] = self._with_parents(cls, _present_table, parents)
                here.defined[cls] = with_rules(cls, here.defined[cls], parents)  # which may look at the table itself
            except LabwrightError:
                here.defined.pop(cls, None)
                raise
        return here.defined[cls]

    def _with_parents(self, cls: type[Table], find: FindTable, parents: dict[TableId, TableDef]) -> TableDef:
        """The table as the code defines it, but for rules, with parents as `find` gives them; they are put down."""
        spec, scope = self._specs[cls]
        spec = in_generation(spec, self.generation)
        id_ = TableId(self.database_name, cls._table_name)

        def parent(reference: ReferenceSpec) -> TableDef:
            target = self._target(cls, reference, scope)
            if target is cls:
                return resolve_table(id_, TableSpec(spec.key), parent, stored_type)
            found = find(target)
            return parents.setdefault(found.id, found)

        try:
            return as_declared(cls, resolve_table(id_, spec, parent, stored_type))
        except CodecError as error:
            raise DefinitionError(f"Table {cls.__name__}: {error}") from error

    def table_def(self, cls: type[Table]) -> TableDef:
        """The table as the database has it; as the code defines it while it is not there."""
        found = self.project.database.tables(self.database_name).get(cls._table_name)
        if found is not None:
            return found
        if cls not in self._specs:
            return self.project.database.find(TableId(self.database_name, cls._table_name))
        return self._resolved(cls)

    def source(self, cls: type[Table]) -> expr.Source:
        """The algebra node for a table: always the same one while the table stays as it is."""
        database = self.project.database
        here = self._bound_to(database)
        tables = database.tables(self.database_name)
        if here.tables is not tables:
            here.tables, here.sources = tables, {}
        known = here.sources.get(cls)
        if known is None:
            known = expr.Source(self.database_name, cls._table_name, self.table_def(cls).heading)
            here.sources[cls] = known
        return known

    def ensure_declared(self, wanted: type[Table] | None = None) -> None:
        """Declare what is not there yet, and fill lookup tables.

        Contents that cannot be inserted are an error for the table `wanted` alone; the others remain usable, and are
        filled when they are next asked for.
        """
        ensure_declared(self, wanted)

    def forget(self, dropped: Iterable[TableId] = ()) -> None:
        """Look at the catalogue again; what is gone, as tables that were dropped, will be declared again."""
        self.project.database.forget(self.database_name)
        self._here.forget()
        self._here.dropped.update(id_.name for id_ in dropped if id_.schema == self.database_name)

    def was_dropped(self, name: str) -> bool:
        """Whether a table was dropped here, and is not there again."""
        return name in self._here.dropped and name not in self.project.database.tables(self.database_name)

    def adopt(self, name: str, cls: type[Table]) -> type[Table]:
        """Make a class without definition stand for the table `name` that the database has."""
        cls._schema, cls._table_name = self, name
        self._classes[name] = cls
        return cls

    def masters(self) -> list[type[Table]]:
        """The classes that are not parts."""
        return [c for c in self._classes.values() if not issubclass(c, Part)]

    def part_classes(self, cls: type) -> list[type[Part]]:
        """The parts of a master."""
        return [c for c in self._classes.values() if issubclass(c, Part) and c.master is cls]

    def target_names(self, cls: type[Table]) -> Callable[[TableId], tuple[str, ...]]:
        """How a definition in `cls` names its parents: ``master``, a class, or schema and class."""

        def names(id_: TableId) -> tuple[str, ...]:
            own = TableId(self.database_name, cls._table_name)
            if own.master == id_:
                return ("master",)
            return id_.class_path if id_.schema == own.schema else (id_.schema, *id_.class_path)

        return names

    @property
    def exists(self) -> bool:
        """Whether the schema is in the database."""
        return self.database_name in self.project.database.schemas()

    def list_tables(self) -> list[str]:
        """Names of the tables in the database, parents first."""
        self.ensure_declared()
        tables = _reachable(self.project, self.database_name)
        names = sorted(tables, key=str)
        edges = [(p, i) for i in names for p in tables[i].parents if p in tables and p != i]
        order = Graph(names, edges).loose_order()
        return [i.name for i in order if i.schema == self.database_name and not is_service_table(i.name)]

    def __getitem__(self, name: str) -> type[Table]:
        """The class of a table, by class or table name; one made of the catalogue where the code has none."""
        found = self._called(name)
        return self._stored_class(name) if found is None else found

    def _stored_class(self, name: str) -> type[Table]:
        stored = self._as_stored()
        found = stored._called(name)
        if found is None:
            near = did_you_mean(str(name), [c.__name__ for c in (*self.masters(), *stored.masters())])
            raise MissingTableError(f"Schema {self._name!r} has no table {name!r}.{near}")
        return found

    def _called(self, name: object) -> type[Table] | None:
        """The class of a table by its name, with or without the prefix of the tier, or that of the class."""
        plain = {n.lstrip("#_"): c for n, c in self._classes.items()}
        return (plain | {c.__name__: c for c in self.masters()} | self._classes).get(str(name))

    def _as_stored(self) -> Schema:
        """The same schema with classes made of the catalogue alone."""
        stored = Schema(self._name, connection=self._project, create_tables=False, generation=self._generation)
        if self._name is not None:
            self.ensure_declared()
            spawn(stored)
            self.connection.schemas[self._name] = self  # which the other has just taken
        return stored

    def has_class_for(self, table: str) -> bool:
        """Whether there is a class for the table of this name."""
        return table in self._classes

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        known = self._called(name) is not None or any(c.__name__ == name for c in self._classes.values())
        return known or self._as_stored()._called(name) is not None

    def __iter__(self) -> Iterator[type[Table]]:
        """The classes, parents first; those of tables without class are made of the catalogue."""
        stored = self._as_stored()._classes
        return (self._classes.get(n) or stored[n] for n in self.list_tables() if n in self._classes or n in stored)

    def __repr__(self) -> str:
        return f"Schema({self._name!r})"

    def drop_tables(self, ids: Sequence[TableId], prompt: bool | None = None, *, parts_alone: bool = False) -> None:
        """Drop tables and all that depend on them, after asking; `parts_alone` lets parts go without their masters."""
        self.ensure_declared()
        plan = cascade.plan_drop(self.project.database, ids, parts_alone=parts_alone)
        if cascade.confirm(plan, prompt, bool(self.project.config["safemode"])):
            plan.execute()
            self.forget(plan.tables)

    def drop(self, prompt: bool | None = None, *, force: bool = False) -> None:
        """Drop the schema and everything in it, after asking; `force` is the classic way not to ask."""
        if not self.exists:
            return
        prompt = False if force else prompt
        database = self.project.database
        plan = cascade.plan_drop_schema(database, self.database_name)
        if cascade.confirm(plan, prompt, bool(self.project.config["safemode"])):
            claims = claims_by_store(database, self.database_name)
            plan.execute()
            take_back(self.project.stores, claims)
            self.forget(plan.tables)

    def diagram_model(self) -> tuple[list[DiagramNode], list[DiagramEdge]]:
        """Nodes and edges of all tables that are known here, for `Diagram`."""
        self.ensure_declared()
        tables = _reachable(self.project, self.database_name)
        return diagram_nodes(tables), diagram_edges(tables)

    def diagram_nodes(self) -> Iterable[str]:
        """The nodes of this schema's tables."""
        self.ensure_declared()
        return [str(t.id) for t in self.project.database.tables(self.database_name).values()]


def declare_blueprints(project: Project, name: str) -> None:
    """Declare what this process defines under the name of a schema, before that is looked at as the database has it."""
    for schema in list(_blueprints):
        if schema._name == name and schema.project is project:
            with suppress(AccessError):  # who may not declare sees what is there
                schema.ensure_declared()


def blueprints(project: Project) -> list[Schema]:
    """The schemas of a project that have a name and classes of their own in this process."""
    return [s for s in list(_blueprints) if s._name is not None and s.project is project and s._specs]


def list_schemas(connection: Connection | Project | None = None) -> list[str]:
    """Names of all schemas that the user may see.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert1((1,))
    ...     lw.list_schemas(project)
    ['lab']
    """
    return (project_of(connection) or default_project()).database.schemas()


def _reachable(project: Project, schema: str) -> dict[TableId, TableDef]:
    """The tables of a schema, and of all schemas that they refer to."""
    found: dict[TableId, TableDef] = {}
    seen: set[str] = set()
    todo = [schema]
    while todo:
        name = todo.pop()
        seen.add(name)
        for table in project.database.tables(name).values():
            found[table.id] = table
            todo += {p.schema for p in table.parents} - seen
    return found


def _names(what: str, given: Mapping[str, object] | None) -> dict[str, object]:
    if given is not None and not isinstance(given, Mapping):
        raise DefinitionError(
            f"{what} takes a dict from names to tables or modules, such as locals(), not {type(given).__name__}."
        )
    return dict(given or {})


def _present_table(cls: type[Table]) -> TableDef:
    assert cls._schema is not None
    return cls._schema.table_def(cls)


def _is_class(thing: object) -> bool:
    return isinstance(thing, type)
