"""Changing tables that are there to what the code defines now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labwright.core.errors import LabwrightError, MigrationError
from labwright.core.verb import verb
from labwright.define.diff import renamed_from, renames_in, without_rename
from labwright.define.evolution import NOTHING, Evolution
from labwright.define.names import is_table_name, table_name
from labwright.define.parser import parse
from labwright.define.table import SINGLETON, TableDef, TableId
from labwright.sql.hidden import BY, SINCE
from labwright.sql.migrate import Plan, migrate, plan_migration, read_world
from labwright.tables.project import stored_type
from labwright.tables.rules import with_rules
from labwright.tables.stored import Stored

if TYPE_CHECKING:
    from labwright.tables.project import Project
    from labwright.tables.schema import Schema
    from labwright.tables.table import Table

logger = logging.getLogger(__name__)
Named = Mapping[str, Mapping[str, str]]
"""By ``schema.table``: attribute -> what is said of it."""


class Alterable(Stored):
    """The verb that changes a table that is there."""

    @verb
    def alter(
        self,
        prompt: bool = True,
        context: Mapping[str, object] | None = None,
        *,
        renames: Mapping[str, str] | None = None,
        fill: Mapping[str, str] | None = None,
        lossy: bool = False,
    ) -> bool:
        """Let the table, which is there, become what the definition says now; its rows come along.

        What refers to the table follows: a new attribute of its key, or another name or type of one, is carried down to
        all that inherit it. A comment that opens with ``{old_name}`` says that an attribute, or in the comment of the
        table a class, had another name before.

        Parameters
        ----------
        prompt : bool
            Whether to show the changes and ask, unless the setting ``safemode`` is off.
        context : mapping, optional
            More names for references.
        renames : mapping, optional
            New name -> old name of attributes.
        fill : mapping, optional
            Attribute -> the expression over the attributes of the old table that gives its values.
        lossy : bool
            Whether values may be lost that the new table has no place for.

        Returns
        -------
        bool
            Whether anything has changed.

        Raises
        ------
        MigrationError
            When rows do not fit, or something would be lost; nothing has changed then.

        Examples
        --------
        >>> import labwright as lw
        >>> schema = lw.Schema("lab")
        >>> @schema
        ... class Subject(lw.Manual):
        ...     definition = "subject_id : int32"
        >>> Subject.insert1([1])
        >>> Subject.definition += '''
        ... ---
        ... weight = null : float32
        ... '''
        >>> Subject.alter(prompt=False)
        True
        >>> Subject.to_dicts()
        [{'subject_id': 1, 'weight': None}]
        """
        cls: type[Table] = type(self)  # type: ignore[assignment]  # every table has this verb
        schema = self.schema
        redefine(schema, cls, context or {})
        id_ = f"{schema.database_name}.{cls._table_name}"
        wanted = Wanted(schema.project, renames={id_: renames or {}}, fills={id_: fill or {}})
        plan = wanted.plan([cls])
        if not plan or (prompt and not _agreed(schema.project, plan)):
            return False
        needed = wanted.needed(plan)
        if needed:  # what the table refers to from now on
            schema.project.database.declare(needed)
            plan = wanted.plan([cls])
        carry_out(schema.project, plan, lossy=lossy)
        return True


def redefine(schema: Schema, cls: type[Table], context: Mapping[str, object]) -> None:
    """Read the definition of a class again, which may have changed since it was decorated."""
    if cls not in schema._specs:
        raise MigrationError(
            f"{cls.__name__} was made from the database and has no definition of its own. Write the class into your "
            "code, as its describe() shows it, and alter that."
        )
    _, scope = schema._specs[cls]
    schema._specs[cls] = parse(cls.definition, table=cls.__name__), scope.over("context", context)
    for bound in schema._bound.values():
        bound.defined.clear()


def _agreed(project: Project, plan: Plan, ask: Callable[[str], str] = input) -> bool:
    """Show the changes and ask, where the settings want that."""
    if not project.config["safemode"]:
        return True
    try:
        return ask(f"{plan}\nDo this? [yes, no]: ").strip().lower() in ("yes", "y")
    except EOFError as error:
        raise LabwrightError(
            "There is nobody to ask, so nothing was done. Pass prompt=False, or set config['safemode'] = False."
        ) from error


def carry_out(project: Project, plan: Plan, *, lossy: bool = False, name: str = "") -> None:
    """Carry out a plan, and look at the catalogue anew."""
    database = project.database
    try:
        migrate(database.connection, database.dialect, plan, stored_type, lossy=lossy, name=name)
    finally:
        forget_all(project)


def forget_all(project: Project) -> None:
    """Look at the catalogue anew, in all schemas of a project."""
    project.database.forget()
    for schema in list(project.connection.schemas.values()):
        schema.forget()


class Wanted:
    """What the code of a project wants of the tables that are there.

    Parameters
    ----------
    project : Project
    renames, fills : mapping
        By ``schema.table``: what is to be known of attributes.
    moved : mapping
        New schema -> the schema in which its tables are now.
    """

    def __init__(
        self,
        project: Project,
        renames: Named | None = None,
        fills: Named | None = None,
        moved: Mapping[str, str] = NOTHING,
    ) -> None:
        self.project = project
        self.renames = renames or {}
        self.fills = fills or {}
        self.moved = moved
        self.coded: dict[type[Table], TableDef] = {}
        self.missing: list[TableDef] = []
        """The tables that were planned for and are not there at all."""

    def plan(self, classes: Iterable[type[Table]]) -> Plan:
        """How the tables of `classes`, and what hangs together with them, become what the code says."""
        database = self.project.database
        wanted: dict[type[Table], None] = {}
        for cls in classes:
            self.with_ancestors(cls, wanted)
        schemas = {c._schema.database_name for c in wanted if c._schema is not None}
        schemas |= {self.moved[s] for s in schemas & self.moved.keys()}
        world = read_world(database.connection, database.dialect, sorted(schemas), stored_type)
        found = {c: self.evolution(c, world) for c in wanted}
        self.missing = [self.table(c) for c, e in found.items() if e is None]
        return plan_migration(world, [e for e in found.values() if e is not None])

    def needed(self, plan: Plan) -> list[TableDef]:
        """Those of the tables that are missing to which the planned ones refer, directly or not."""
        missing = {t.id: t for t in self.missing}
        found: dict[TableId, TableDef] = {}
        todo = [p for e in plan.evolutions for p in e.new.parents]
        while todo:
            id_ = todo.pop()
            if id_ in missing and id_ not in found:
                found[id_] = missing[id_]
                todo += missing[id_].parents
        return list(found.values())

    def with_ancestors(self, cls: type[Table], found: dict[type[Table], None]) -> None:
        """Add a class to `found`, behind all that it refers to and that have a definition in this project."""
        schema = cls._schema
        assert schema is not None
        spec, scope = schema._specs[cls]
        for reference in spec.references:
            target = schema._target(cls, reference, scope)
            owner = target._schema
            if target is cls or target in found or owner is None or owner.project is not self.project:
                continue
            if target in owner._specs:
                self.with_ancestors(target, found)
        found[cls] = None

    def table(self, cls: type[Table]) -> TableDef:
        """The table as the code defines it, with parents as the code defines them."""
        schema = cls._schema
        assert schema is not None
        if cls not in schema._specs or schema.project is not self.project:
            return schema.table_def(cls)
        if cls not in self.coded:
            parents: dict[TableId, TableDef] = {}
            table = schema._with_parents(cls, self.table, parents)
            self.coded[cls] = with_rules(cls, table, parents)
        return self.coded[cls]

    def evolution(self, cls: type[Table], world: Mapping[TableId, TableDef]) -> Evolution | None:
        """What becomes of the table of a class; None where there is none yet."""
        new = self.table(cls)
        old = world.get(self.old_id(cls, new, world))
        if old is None:
            return None
        new = replace(new, comment=new.comment if new.comment == old.comment else without_rename(new.comment))
        renames = {**renames_in(old, new), **self.renames.get(str(new.id), {})}
        new = _as_it_was(cls, old, replace(new, heading=new.heading.map(lambda a: self.said(old, a))))
        return Evolution(old, new, renames, dict(self.fills.get(str(new.id), {})))

    def said(self, old: TableDef, attribute: Any) -> Any:
        """An attribute without the name in braces that its comment may open with."""
        before = old.heading.get(attribute.name)
        if before is not None and before.comment == attribute.comment:
            return attribute
        known = renamed_from(attribute.comment) in old.heading or before is not None
        return replace(attribute, comment=without_rename(attribute.comment)) if known else attribute

    def old_id(self, cls: type[Table], new: TableDef, world: Mapping[TableId, TableDef]) -> TableId:
        """The name that the table has now."""
        if new.id in world:
            return new.id
        schema = self.moved.get(new.id.schema, new.id.schema)
        name = _old_name(cls, new, self.master_name(cls, world))
        return TableId(schema, name)

    def master_name(self, cls: type[Table], world: Mapping[TableId, TableDef]) -> str | None:
        """The name that the master of a part has now."""
        master: type[Table] | None = getattr(cls, "master", None) if cls.tier == "part" else None
        return None if master is None else self.old_id(master, self.table(master), world).name


def _old_name(cls: type[Table], new: TableDef, master: str | None) -> str:
    told = renamed_from(new.comment)
    if is_table_name(told):
        return told
    assert cls.tier is not None
    return table_name(told or cls.__name__, cls.tier, master)


def _as_it_was(cls: type[Table], old: TableDef, new: TableDef) -> TableDef:
    """`new` with what the code leaves open as `old` has it."""
    hidden = [n for n in old.hidden if n != SINGLETON]
    if SINGLETON in new.hidden:
        hidden.insert(0, SINGLETON)
    if cls._keeps_history is None or not (new.history or old.history):
        return replace(new, history=old.history, hidden=tuple(hidden))
    if new.history:
        hidden += [n for n in (SINCE, BY) if n not in hidden]
    return replace(new, hidden=tuple(hidden))


def differing(schema: Schema, classes: Iterable[type[Table]]) -> list[Evolution]:
    """The tables of `classes` that the database has in another form, by what has been read of it."""
    world = {t.id: t for t in schema.project.database.tables(schema.database_name).values()}
    wanted = Wanted(schema.project)
    found = (wanted.evolution(c, world) for c in classes)
    return [e for e in found if e is not None and e.changes]


def tell_differences(schema: Schema, classes: Iterable[type[Table]]) -> None:
    """Warn of tables that the database has in another form than the code, and say what to do."""
    try:
        found = differing(schema, classes)
    except LabwrightError:  # what cannot be compared is told where it is used
        return
    if found:
        said = "\n".join(f"  {e.new.id}: {change}" for e in found for change in e.changes)
        logger.warning(
            "The code defines tables of the schema %r otherwise than the database has them. They are used as the "
            "database has them. To change these, call alter() on the class, or run: labwright migrate plan\n%s",
            schema.database_name,
            said,
            extra={"action": "compare"},
        )
