"""Tables: classes that stand for their rows."""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

from labwright.core.errors import DataError, LabwrightError, QueryError
from labwright.core.generation import CLASSIC, Generation
from labwright.core.verb import told, verb
from labwright.define.ast import Tier
from labwright.define.format import format_spec
from labwright.define.table import TableDef, TableId, to_spec
from labwright.query import expr
from labwright.query.conditions import Not
from labwright.query.expr import Node
from labwright.sql.database import Database
from labwright.sql.dml import OnDuplicate
from labwright.tables import cascade
from labwright.tables.alter import Alterable
from labwright.tables.classic_names import ClassicNames
from labwright.tables.heading import UserHeading
from labwright.tables.history import Historic
from labwright.tables.insert import insert_query, insert_rows, update_one
from labwright.tables.making import is_making
from labwright.tables.project import Project
from labwright.tables.query import QueryExpression
from labwright.tables.relatives import Relatives
from labwright.tables.validate import ValidationResult, validate_rows
from labwright.tables.with_parts import insert_with_parts

if TYPE_CHECKING:
    from labwright.tables.schema import Schema


Kind = TypeVar("Kind", bound=type)
Rows = TypeVar("Rows")
Item = TypeVar("Item")
_ON_INSTANCES: Final[set[str]] = set()
"""What a class hands on to an instance."""
_ON_CLASSES: Final = frozenset("definition tier owner rules diagram_model diagram_nodes derive make query_node".split())


def answers_for_classes(kind: Kind) -> Kind:
    """Let table classes answer to the public names of `kind` as their instances do: ``Subject.fetch1()``."""
    _ON_INSTANCES.update(n for n in vars(kind) if not n.startswith("_") and n not in _ON_CLASSES)
    return kind


class TableMeta(ABCMeta):
    """Makes a table's class stand for all its rows: ``Subject & "sex = 'F'"``, ``Subject.insert(...)``."""

    def __getattribute__(cls, name: str) -> Any:
        if name not in _ON_INSTANCES:
            return super().__getattribute__(name)
        if type.__getattribute__(cls, "_schema") is not None:
            return getattr(cls(), name)
        return _of_no_schema(cls, super().__getattribute__(name))

    def __and__(cls: type[Rows], condition: Any) -> Rows:
        found: Rows = _all_rows(cls) & condition
        return found

    def __sub__(cls: type[Rows], condition: Any) -> Rows:
        found: Rows = _all_rows(cls) - condition
        return found

    def __neg__(cls) -> Not:
        found: Not = -_all_rows(cls)
        return found

    __invert__ = __neg__

    def __mul__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) * other
        return found

    def __matmul__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) @ other
        return found

    def __xor__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) ^ other
        return found

    def __add__(cls, other: Any) -> QueryExpression:
        found: QueryExpression = _all_rows(cls) + other
        return found

    def __len__(cls) -> int:
        return len(cls())

    def __bool__(cls) -> bool:
        """A class is there, whatever its rows: ``if Subject`` asks nobody."""
        return True

    def __iter__(cls: type[Iterable[Item]]) -> Iterator[Item]:
        return iter(cls())

    def __contains__(cls, condition: Any) -> bool:
        return condition in cls()


def _all_rows(cls: Any) -> Any:
    """An instance of a table's class, which stands for all rows."""
    return cls()


def _of_no_schema(cls: type, found: Any) -> Any:
    """What a class without schema has of its rows' verbs: they may be called for an instance, as by an override."""
    if isinstance(found, property) and any("definition" in vars(base) for base in cls.__mro__):
        raise _homeless(cls)
    if not isinstance(found, FunctionType):
        return found

    @wraps(found)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not args or not isinstance(args[0], cls):
            raise _homeless(cls)
        return found(*args, **kwargs)

    return called


def _homeless(cls: type) -> LabwrightError:
    return LabwrightError(
        f"{cls.__name__} belongs to no schema: decorate the class, or a part's master, with a Schema. A base class has "
        "no rows of its own."
    )


for _base in (ClassicNames, Relatives, Historic, Alterable, *QueryExpression.__mro__[:-1]):
    answers_for_classes(_base)


@answers_for_classes
class Table(ClassicNames, Relatives, Historic, Alterable, QueryExpression, metaclass=TableMeta):
    """The base of all tables. Derive from `Manual`, `Lookup`, `Imported`, `Computed` or `Part`."""

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
            raise _homeless(type(self))
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
    def insert(
        self,
        rows: Any,
        replace: bool = False,
        skip_duplicates: bool = False,
        ignore_extra_fields: bool = False,
        allow_direct_insert: bool | None = None,
        chunk_size: int | None = None,
        parts: Mapping[str, Any] | None = None,
    ) -> None:
        """Insert rows, all or nothing.

        Parameters
        ----------
        rows : iterable, frame, Arrow table, structured array, query, or path of a CSV file
            Dicts by attribute; tuples in the order of the heading; a query is copied within the database.
        replace : bool
            Overwrite rows with the same primary key; attributes that are not given take their defaults.
        skip_duplicates : bool
            Pass over rows whose primary key is there already; all other errors still stop the insert.
        ignore_extra_fields : bool
            Pass over fields that are not attributes.
        allow_direct_insert : bool, optional
            True permits inserting into a table that fills itself, outside of its make.
        chunk_size : int, optional
            Insert so many rows at a time, each chunk all or nothing.
        parts : mapping, optional
            Rows of parts by the part's class name: master and parts are inserted as a unit.

        Raises
        ------
        DataError, UnknownAttributeError, MissingAttributeError, DuplicateError, IntegrityError
            Each names the row and the attribute; a missing parent is named by its key.
        """
        self._check_direct(allow_direct_insert)
        on_duplicate = _on_duplicate(replace, skip_duplicates)
        self.ready()
        if parts is not None:
            self._insert_with_parts(rows, parts, on_duplicate, ignore_extra_fields)
        elif isinstance(rows, (TableMeta, QueryExpression)):
            query = rows() if isinstance(rows, TableMeta) else rows
            insert_query(
                self.db, self.table_def, query, on_duplicate=on_duplicate, ignore_extra_fields=ignore_extra_fields
            )
        else:
            insert_rows(
                self.db,
                self.table_def,
                rows,
                on_duplicate=on_duplicate,
                ignore_extra_fields=ignore_extra_fields,
                chunk_size=chunk_size,
            )

    @verb
    def insert1(self, /, row: Any, **kwargs: Any) -> None:
        """Insert one row: a dict, a tuple or a record. Options as for `insert`."""
        self.insert((row,), **kwargs)

    @verb
    def insert_dataframe(self, /, frame: Any, index_as_pk: bool | None = None, **kwargs: Any) -> None:
        """Insert a pandas frame.

        Parameters
        ----------
        frame : pandas.DataFrame
        index_as_pk : bool, optional
            Whether the index holds key attributes; by default when its names are attributes.
        """
        if not hasattr(frame, "columns") or not hasattr(frame, "reset_index"):
            raise DataError(f"insert_dataframe takes a pandas frame, not {type(frame).__name__}; use insert.")
        named = [n for n in frame.index.names if n is not None]
        if index_as_pk or (index_as_pk is None and named):
            frame = frame.reset_index()
        else:
            frame = frame.reset_index(drop=True)
        self.insert(frame, **kwargs)

    def _insert_with_parts(
        self, rows: Any, parts: Mapping[str, Any], on_duplicate: OnDuplicate, ignore_extra: bool
    ) -> None:
        classes = {p.__name__: p for p in self.schema.part_classes(type(self))}
        if not isinstance(parts, Mapping):
            raise DataError(f"parts takes a dict from the part's class name to its rows, not {type(parts).__name__}.")
        for name in parts:
            if name not in classes:
                raise DataError(
                    f"{type(self).__name__} has no part {name!r}. Its parts are: {', '.join(classes) or 'none'}."
                )
        insert_with_parts(
            self.db,
            self.table_def,
            rows,
            {name: (classes[name]().table_def, given) for name, given in parts.items()},
            on_duplicate=on_duplicate,
            ignore_extra_fields=ignore_extra,
        )

    def _check_direct(self, allowed: bool | None) -> None:
        """Tables that fill themselves take rows from their make alone."""
        owner = self.filling_table()
        if owner is None or allowed or is_making(str(owner)):
            return
        raise LabwrightError(
            f"{type(self).__name__} is filled by populate(), which calls its make; inserting by hand would break the "
            "link between its rows and what they were made from. Pass allow_direct_insert=True if that is meant."
        )

    def filling_table(self) -> TableId | None:
        """The table whose make fills this one; None for a table that people fill."""
        tier = self.id.parsed.tier
        if tier in ("imported", "computed"):
            return self.id
        master = self.id.parsed.master if tier == "part" else None
        if master is not None and TableId(self.id.schema, master).parsed.tier in ("imported", "computed"):
            return TableId(self.id.schema, master)
        return None

    @verb
    def update1(self, row: Mapping[str, Any]) -> None:
        """Change one row.

        Parameters
        ----------
        row : mapping
            The whole primary key, and the attributes to change; None sets the default.

        Raises
        ------
        LabwrightError
            When there is no such row, or the expression is restricted.
        """
        if self._restricted is not None:
            raise QueryError(
                "update1 changes the row whose key it is given; call it on the table, not on a restriction."
            )
        if not isinstance(row, Mapping):
            raise DataError(f"update1 takes a dict with the primary key and the changes, not {type(row).__name__}.")
        self.ready()
        update_one(self.db, self.table_def, row)

    @verb
    def validate(self, rows: Any, *, ignore_extra_fields: bool = False) -> ValidationResult:
        """Check rows without inserting them, and report every bad cell.

        Parameters
        ----------
        rows : as for `insert`
        ignore_extra_fields : bool

        Returns
        -------
        ValidationResult
            False in a condition when anything is wrong.
        """
        self.ready()
        return validate_rows(self.db, self.table_def, rows, ignore_extra_fields=ignore_extra_fields)

    @verb
    def delete(
        self,
        transaction: bool = True,
        prompt: bool | None = None,
        part_integrity: cascade.PartIntegrity = "enforce",
        *,
        safemode: bool | None = None,
        force_parts: bool = False,
        force_masters: bool = False,
    ) -> int:
        """Delete these rows and everything that depends on them.

        Parameters
        ----------
        transaction : bool
            Whether to delete as a unit of its own; False takes part in the transaction that is open.
        prompt : bool, optional
            Whether to show what goes and ask; by default as the setting ``safemode`` says.
        part_integrity : {'enforce', 'cascade', 'ignore'}
            What happens where parts would go without their master: an error, the master goes too, or nothing.
        safemode, force_parts, force_masters : bool
            Classic spellings of the two.

        Returns
        -------
        int
            How many rows of this table are gone.
        """
        self.ready()
        if force_parts or force_masters:
            part_integrity = "cascade" if force_masters else "ignore"
        plan = cascade.plan_delete(self.db, self.id, self.query_node(), part_integrity=part_integrity)
        with plan:
            asks = prompt if prompt is not None else safemode
            if not cascade.confirm(plan, asks, bool(self.schema.project.config["safemode"])):
                return 0
            return plan.execute()

    @verb
    def delete_quick(self, get_count: bool = True) -> int:
        """Delete these rows alone, and return how many; rows that depend on them are an error."""
        self.ready()
        return cascade.delete_quick(self.db, self.id, self.query_node())

    @verb
    def drop(self, prompt: bool | None = None) -> None:
        """Drop the table and all that depend on it, after asking."""
        self._check_whole("drop")
        self.schema.drop_tables([self.id], prompt)

    @verb
    def drop_quick(self) -> None:
        """Drop the table alone."""
        self._check_whole("drop_quick")
        cascade.drop_quick(self.db, self.id)
        self.schema.forget()

    def _check_whole(self, what: str) -> None:
        """A restriction has rows and is no table that could be dropped."""
        if self._restricted is not None:
            raise QueryError(
                f"{what} removes the table with all its rows, not those of a restriction. Call it on the table itself, "
                "or delete() on the restriction."
            )

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
            raise _homeless(cls)
        return cls._schema.diagram_model()

    @classmethod
    def diagram_nodes(cls) -> Iterable[str]:
        """The node of this table."""
        return (str(cls().id),)


def _on_duplicate(replace: bool, skip: bool) -> OnDuplicate:
    if replace and skip:
        raise QueryError("replace and skip_duplicates exclude each other: choose one.")
    return "replace" if replace else "skip" if skip else "error"


class UserTable(Table):
    """A table that a class defines."""

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
