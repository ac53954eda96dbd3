"""Changing tables with their rows: planned, looked at, and carried out as a whole."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from labwright.core.errors import LabwrightError, LostConnectionError, MigrationError
from labwright.define.comparable import comparable
from labwright.define.evolution import Evolution, evolve
from labwright.define.serial import table_from_dict, table_to_dict
from labwright.define.table import StorageOf, TableDef, TableId
from labwright.sql.acting import current, os_user
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import drop_schema
from labwright.sql.ddl_writer import LINEAGE, SERVICE
from labwright.sql.declare import in_order, refuse_within_transaction, run_all, table_names
from labwright.sql.dialect import Dialect
from labwright.sql.kept import KEPT
from labwright.sql.migrate_check import Checks
from labwright.sql.migrate_log import (
    DONE,
    MIGRATIONS,
    RUNNING,
    UNDOING,
    UNDONE,
    Entry,
    create_log,
    half_done,
    note,
    note_step,
    now,
    read_log,
)
from labwright.sql.migrate_places import aside, bring_back, broken_references, refer_anew, teach, undisturbed
from labwright.sql.migrate_steps import Step, Steps
from labwright.sql.reflect import read_schema, references_of
from labwright.sql.rule_triggers import LOCKS
from labwright.sql.rules import other_table
from labwright.sql.statement import Statement

_OURS: Final = frozenset({KEPT, LINEAGE, LOCKS, MIGRATIONS, SERVICE})
"""What a schema may have and yet be empty."""


@dataclass(frozen=True)
class Plan:
    """What is to be done to the tables of a database.

    Parameters
    ----------
    evolutions : tuple of Evolution
        The tables that change, parents first.
    relatives : tuple of TableDef
        Those that stay, and refer to some that do not.
    """

    evolutions: tuple[Evolution, ...]
    relatives: tuple[TableDef, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.evolutions)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @cached_property
    def lines(self) -> list[str]:
        """The changes as text, table by table."""
        found = []
        for e in self.evolutions:
            found += [str(e.old.id), *(f"  {change}" for change in e.changes)]
            found += [f"  let {name} be {text} in the rows that are there" for name, text in e.fills.items()]
        return found

    @property
    def schemas(self) -> list[str]:
        """The schemas of the tables that change, as they are and as they are to be."""
        return sorted({id_.schema for e in self.evolutions for id_ in (e.old.id, e.new.id)})

    def to_data(self) -> dict[str, Any]:
        """The plan as JSON can hold it."""
        return {
            "evolutions": [
                {
                    "old": table_to_dict(e.old),
                    "new": table_to_dict(e.new),
                    "renames": dict(e.renames),
                    "fills": dict(e.fills),
                }
                for e in self.evolutions
            ],
            "relatives": [table_to_dict(t) for t in self.relatives],
        }


def plan_from_data(data: Mapping[str, Any]) -> Plan:
    """The plan of which `Plan.to_data` gave `data`."""
    evolutions = (
        Evolution(table_from_dict(e["old"]), table_from_dict(e["new"]), e["renames"], e["fills"])
        for e in data["evolutions"]
    )
    return Plan(tuple(evolutions), tuple(table_from_dict(t) for t in data["relatives"]))


def read_world(
    connection: Connection, dialect: Dialect, schemas: Iterable[str], storage_of: StorageOf
) -> dict[TableId, TableDef]:
    """Read the tables of `schemas`, and of all that refer to them, directly or not; parents first."""
    todo = list(dict.fromkeys(schemas))
    children = references_of(connection, dialect)
    found: dict[TableId, TableDef] = {}
    seen: set[str] = set()
    while todo:
        schema = todo.pop()
        if schema in seen:
            continue
        seen.add(schema)
        tables = read_schema(connection, dialect, schema, storage_of)
        found |= {t.id: t for t in tables.values()}
        todo += [child.schema for t in tables.values() for child, _ in children.get(t.id, ())]
    return {t.id: t for t in in_order(found[i] for i in sorted(found, key=str))}


def _looks_at(table: TableDef, changed: Collection[TableId]) -> bool:
    """Whether a table refers to some that change, or has a rule that is asked there."""
    return any(i in changed for i in (*(fk.parent for fk in table.foreign_keys), *map(other_table, table.rules)))


def plan_migration(world: Mapping[TableId, TableDef], wanted: Iterable[Evolution]) -> Plan:
    """Plan how the tables of `world` become what is wanted of some of them.

    Parameters
    ----------
    world : mapping
        As `read_world` gives it.
    wanted : iterable of Evolution

    Raises
    ------
    MigrationError
        When it cannot be.
    """
    evolutions = evolve(world, wanted, world)
    changed = {e.old.id for e in evolutions}
    _check_names(world, evolutions)
    relatives = [t for t in world.values() if t.id not in changed and _looks_at(t, changed)]
    return Plan(tuple(_new_order(evolutions)), tuple(relatives))


def _new_order(evolutions: Sequence[Evolution]) -> list[Evolution]:
    """Parents first, as the tables are to be."""
    by_id = {e.new.id: e for e in evolutions}
    return [by_id[t.id] for t in in_order(e.new for e in evolutions)]


def _check_names(world: Mapping[TableId, TableDef], evolutions: Sequence[Evolution]) -> None:
    moved = {e.old.id for e in evolutions}
    taken = [i for i in world if i not in moved]
    for e in evolutions:
        if e.new.id in taken:
            raise MigrationError(f"Table {e.old.id} cannot become {e.new.id}: there is a table of that name already.")
        taken.append(e.new.id)
        if e.new.id != e.old.id and e.new.id in moved and (e.old.history or world[e.new.id].history):
            raise MigrationError(
                f"Table {e.old.id} cannot become {e.new.id} while that gets another name, since their histories are "
                "kept under their names. Rename them one after the other."
            )


def migrate(
    connection: Connection,
    dialect: Dialect,
    plan: Plan,
    storage_of: StorageOf,
    *,
    lossy: bool = False,
    name: str = "",
) -> None:
    """Carry out a plan, all of it or nothing.

    On SQLite and PostgreSQL that is one transaction. MySQL and MariaDB cannot undo definitions: there each step is
    noted, an error leads back, and what was interrupted goes on with `resume` or back with `undo`.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    plan : Plan
    storage_of : callable
        Gives the core type in which a codec type is stored.
    lossy : bool
        Whether values may be lost that the new tables have no place for.
    name : str
        What the log calls it.

    Raises
    ------
    MigrationError
        When rows do not fit; nothing has changed then.
    TransactionError
        Within a transaction.
    """
    refuse_within_transaction(connection)
    if not plan:
        return
    with undisturbed(connection, dialect):
        if not _is_due(connection, dialect, plan, storage_of):
            return
        steps = Steps(connection, dialect, list(plan.evolutions), plan.relatives)
        if dialect.name == "sqlite":
            teach(connection, steps.functions())
        Checks(connection, dialect, list(plan.evolutions), lossy=lossy).run()
        entry = _begin(connection, dialect, plan, name)
        _run(connection, dialect, plan, entry, steps)


def _is_due(connection: Connection, dialect: Dialect, plan: Plan, storage_of: StorageOf) -> bool:
    """Whether the tables are still as they were when the plan was made; False when somebody else has carried it out."""
    tables: dict[TableId, TableDef] = {}
    for schema in plan.schemas:
        tables |= {t.id: comparable(t) for t in read_schema(connection, dialect, schema, storage_of).values()}
    if all(tables.get(e.new.id) == comparable(e.new) for e in plan.evolutions):
        return False
    for e in plan.evolutions:
        if tables.get(e.old.id) != comparable(e.old):
            raise MigrationError(f"Table {e.old.id} has changed since the migration was planned. Plan it again.")
        if e.new.id in tables and e.new.id not in {other.old.id for other in plan.evolutions}:
            raise MigrationError(f"Table {e.old.id} cannot become {e.new.id}: there is a table of that name already.")
    return True


def _begin(connection: Connection, dialect: Dialect, plan: Plan, name: str) -> Entry:
    """Note that it begins, in all schemas that it is about."""
    who = current.get().user or os_user() or "somebody"
    document = json.dumps(plan.to_data(), ensure_ascii=False)
    entry = Entry(str(uuid.uuid4()), name, plan.schemas[0], document, 0, RUNNING, who, now(), "")
    _note(connection, dialect, plan, entry)
    return entry


def _note(connection: Connection, dialect: Dialect, plan: Plan, entry: Entry) -> None:
    for schema in plan.schemas:
        if dialect.native_schemas:
            run_all(connection, [Statement(f"CREATE SCHEMA IF NOT EXISTS {dialect.quote(schema)}")])
        run_all(connection, [create_log(dialect, schema), note(dialect, schema, entry)])


def _end(connection: Connection, dialect: Dialect, plan: Plan, entry: Entry, state: str) -> None:
    done = replace(entry, plan=str(plan), step=0, state=state, finished=now())
    # The one that says how far it is comes last: until then others are to be refused.
    for schema in sorted(plan.schemas, key=lambda s: s == entry.home):
        run_all(connection, [note(dialect, schema, done)])


def _run(connection: Connection, dialect: Dialect, plan: Plan, entry: Entry, steps: Steps) -> None:
    if dialect.name == "mysql":
        _run_or_go_back(connection, dialect, plan, entry, steps.all())
    else:
        for step in steps.all():
            run_all(connection, step.statements())
        if steps.remade:
            _check_references(connection, dialect)
    _end(connection, dialect, plan, entry, DONE)
    _drop_empty(connection, dialect, plan)


def _run_or_go_back(connection: Connection, dialect: Dialect, plan: Plan, entry: Entry, steps: Sequence[Step]) -> None:
    """Run the steps; after an error, undo them while that can be."""
    try:
        _run_noted(connection, dialect, entry, steps)
    except LostConnectionError:
        raise
    except LabwrightError:
        at = _at_home(connection, dialect, entry).step
        first = next((n for n, s in enumerate(steps) if s.final), len(steps))
        if at < first or (at == first and steps[at].atomic):
            _go_back(connection, dialect, plan, entry)
        raise


def _drop_empty(connection: Connection, dialect: Dialect, plan: Plan) -> None:
    """Drop a schema whose tables have all moved to another one."""
    for schema in sorted({e.old.id.schema for e in plan.evolutions} - {e.new.id.schema for e in plan.evolutions}):
        there = table_names(connection, dialect, schema)
        if there <= _OURS:
            run_all(connection, drop_schema(dialect, schema, tuple(sorted(there))))


def _check_references(connection: Connection, dialect: Dialect) -> None:
    for child, parent in broken_references(connection, dialect):
        raise MigrationError(f"The reference of {child} to {parent} would be broken.")


def _run_noted(connection: Connection, dialect: Dialect, entry: Entry, steps: Sequence[Step]) -> None:
    """Run the steps that are left; the first that has statements may have been interrupted, and so be done in part."""
    again, returns = entry.step > 0, True
    for number, step in list(enumerate(steps))[entry.step :]:
        statements = list(step.statements())
        if not statements:
            continue
        if step.carries:
            statements.insert(0, Statement("START TRANSACTION"))
        if step.final and returns:  # from here on there is no way back
            statements.insert(0, note_step(dialect, entry, number))
            returns = False
        for statement in statements:
            _run_one(connection, statement, again=again and not step.carries)
        run_all(connection, [note_step(dialect, entry, number + 1)])
        if step.carries:
            run_all(connection, [Statement("COMMIT")])
        again = False


def _run_one(connection: Connection, statement: Statement, *, again: bool) -> None:
    try:
        run_all(connection, [statement])
    except LostConnectionError:
        raise
    except LabwrightError:
        if not again:
            raise


def _at_home(connection: Connection, dialect: Dialect, entry: Entry) -> Entry:
    """What the schema says of it that knows how far it is, and in which direction."""
    return next(e for e in read_log(connection, dialect, entry.home) if e.id == entry.id)


def interrupted(connection: Connection, dialect: Dialect, schema: str) -> Entry | None:
    """The migration of a schema that is half done."""
    return half_done(connection, dialect, schema, table_names(connection, dialect, schema))


def resume(connection: Connection, dialect: Dialect, schema: str) -> str:
    """Go on with the migration of a schema that was interrupted; return its changes as text, empty without one.

    Raises
    ------
    TransactionError
        Within a transaction.
    """
    refuse_within_transaction(connection)
    with undisturbed(connection, dialect):
        entry = interrupted(connection, dialect, schema)
        if entry is None:
            return ""
        entry = _at_home(connection, dialect, entry)
        plan = plan_from_data(entry.data)
        if entry.state == UNDOING:
            _go_back(connection, dialect, plan, entry)
            return f"taken back:\n{plan}"
        _note(connection, dialect, plan, entry)  # it may have been interrupted before all schemas knew
        _run(connection, dialect, plan, entry, Steps(connection, dialect, list(plan.evolutions), plan.relatives))
        return str(plan)


def undo(connection: Connection, dialect: Dialect, schema: str) -> str:
    """Take back the migration of a schema that was interrupted; return its changes as text, empty without one.

    Raises
    ------
    MigrationError
        When the old tables may be gone already.
    """
    refuse_within_transaction(connection)
    with undisturbed(connection, dialect):
        entry = interrupted(connection, dialect, schema)
        if entry is None:
            return ""
        entry = _at_home(connection, dialect, entry)
        plan = plan_from_data(entry.data)
        steps = Steps(connection, dialect, list(plan.evolutions), plan.relatives).all()
        if entry.step >= len(steps) or steps[entry.step].final:
            raise MigrationError("The old tables are being dropped already. Go on with: labwright migrate apply")
        _go_back(connection, dialect, plan, entry)
        return str(plan)


def _go_back(connection: Connection, dialect: Dialect, plan: Plan, entry: Entry) -> None:
    """Drop the new forms and bring the old ones back, on MySQL and MariaDB; may be interrupted and repeated."""
    run_all(connection, [Statement("ROLLBACK")])
    _note(connection, dialect, plan, replace(entry, state=UNDOING))
    news = {e.new.id for e in plan.evolutions}
    waiting = [e for e in plan.evolutions if aside(e.old.id).name in table_names(connection, dialect, e.old.id.schema)]
    for id_ in sorted(news - {e.old.id for e in plan.evolutions if e not in waiting}, key=str):
        run_all(connection, [Statement(f"DROP TABLE IF EXISTS {dialect.table(id_.schema, id_.name)}")])
    for e in waiting:
        run_all(connection, [bring_back(dialect, e.old.id)])
    back = Steps(connection, dialect, [Evolution(e.old, e.old) for e in plan.evolutions], plan.relatives)
    for e in plan.evolutions:
        if e.new.id != e.old.id:
            run_all(connection, back.forgetting(e.new.id))
    for e in back.evolutions:
        run_all(connection, refer_anew(connection, dialect, e.old))
        run_all(connection, back.noting(e))
        for statement in back.companions(e):
            _run_one(connection, statement, again=True)
    for table in plan.relatives:
        run_all(connection, refer_anew(connection, dialect, table))
    _end(connection, dialect, plan, entry, UNDONE)
