"""Files that hold migrations: made from the code, reviewed by people, and carried out wherever the pipeline is."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import MigrationError
from labwright.define.comparable import comparable
from labwright.define.evolution import Evolution
from labwright.define.serial import table_from_dict, table_to_dict
from labwright.define.table import TableDef, TableId
from labwright.sql.declare import table_names
from labwright.sql.migrate import Plan, interrupted, plan_migration, read_world, resume, undo
from labwright.sql.migrate_log import DONE, MIGRATIONS, Entry, read_log
from labwright.tables.alter import carry_out, forget_all
from labwright.tables.project import stored_type
from labwright.tables.textfile import write_text

if TYPE_CHECKING:
    from labwright.tables.project import Project

FORMAT: Final = 1
_NUMBERED: Final = re.compile(r"(\d{4,})_\w+\.toml")
_HEAD: Final = """\
# A migration, made by `labwright migrate plan` and carried out by `labwright migrate apply`. What it does:
#
{preview}
#
# Renames and fills may be edited: in [renames."schema.table"], new_name = "old_name" keeps the values of an attribute
# under another name; in [fill."schema.table"], name = "expression" gives values to rows that are there.
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """What one file holds.

    Parameters
    ----------
    name : str
        That of the file, without its ending.
    before, after : str
        Fingerprints of the tables that it changes.
    tables : mapping
        The tables as they are to be, by the names that they have before.
    renames, fills : mapping
        By ``schema.table``: attribute -> what is said of it.
    new : tuple of TableDef
        Tables to be made before, since others refer to them afterwards.
    lossy : bool
        Whether values may be lost.
    """

    name: str
    before: str
    after: str
    tables: Mapping[TableId, TableDef]
    renames: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fills: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    new: tuple[TableDef, ...] = ()
    lossy: bool = False

    @property
    def schemas(self) -> list[str]:
        """The schemas that it changes."""
        return sorted({i.schema for i in self.tables} | {t.id.schema for t in self.tables.values()})


def fingerprint(tables: Iterable[TableDef]) -> str:
    """Return a text that is the same for the same tables, in code and on every database.

    Examples
    --------
    >>> len(fingerprint([]))
    64
    """
    dicts = [_without_spelling(table_to_dict(comparable(t))) for t in sorted(tables, key=lambda t: str(t.id))]
    return hashlib.sha256(json.dumps(dicts, sort_keys=True).encode()).hexdigest()


def _without_spelling(data: Any) -> Any:
    """`data` without what makes no difference between tables."""
    if isinstance(data, dict):
        return {k: _without_spelling(v) for k, v in data.items() if k not in ("spelling", "native", "quoted")}
    return [_without_spelling(v) for v in data] if isinstance(data, list) else data


def write_migration(folder: Path, name: str, plan: Plan, *, new: Iterable[TableDef] = (), lossy: bool = False) -> Path:
    """Write the next file of a folder, and return its path.

    Parameters
    ----------
    folder : Path
    name : str
        What it does, as in ``add_weight``.
    plan : Plan
    new : iterable of TableDef
        Tables to be made before.
    lossy : bool
        Whether values may be lost.
    """
    number = max((int(m[1]) for p in folder.glob("*.toml") if (m := _NUMBERED.fullmatch(p.name))), default=0) + 1
    path = folder / f"{number:04d}_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_') or 'change'}.toml"
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, "".join(_text(plan, tuple(new), lossy)))
    return path


def _text(plan: Plan, new: tuple[TableDef, ...], lossy: bool) -> Iterator[str]:
    made = [f"make {t.id}" for t in new]
    lines = "\n".join(f"# {line}".rstrip() for text in (*made, *plan.lines) for line in text.splitlines())
    yield _HEAD.format(preview=lines)
    yield f"format = {FORMAT}\nlossy = {str(lossy).lower()}\n"
    yield f"before = {_quoted(fingerprint(e.old for e in plan.evolutions))}\n"
    yield f"after = {_quoted(fingerprint(e.new for e in plan.evolutions))}\n"
    for e in plan.evolutions:
        for section, told in (("renames", e.renames), ("fill", e.fills)):
            if told:
                yield f"\n[{section}.{_quoted(str(e.old.id))}]\n"
                yield "".join(f"{name} = {_quoted(text)}\n" for name, text in told.items())
    for section, tables in (
        ("new", [(t.id, t) for t in new]),
        ("tables", [(e.old.id, e.new) for e in plan.evolutions]),
    ):
        yield f"\n[{section}]\n" if tables else ""
        for id_, table in tables:
            yield f"{_quoted(str(id_))} = {_quoted(json.dumps(table_to_dict(table), ensure_ascii=False))}\n"


def _quoted(text: str) -> str:
    """A text as TOML has it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_migrations(folder: Path) -> list[Migration]:
    """Read the files of a folder, in their order."""
    paths = (p for p in folder.glob("*.toml") if _NUMBERED.fullmatch(p.name))
    return [read_migration(path) for path in sorted(paths, key=lambda p: (int(p.name.partition("_")[0]), p.name))]


def read_migration(path: Path) -> Migration:
    """Read one file.

    Raises
    ------
    MigrationError
        When it is damaged, or was written by a newer Labwright.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if data["format"] > FORMAT:
            raise MigrationError(
                f"{path} was written by a newer Labwright. Upgrade with: pip install --upgrade labwright"
            )
        return Migration(
            path.stem,
            data["before"],
            data["after"],
            {_id(name): table_from_dict(json.loads(text)) for name, text in data["tables"].items()},
            data.get("renames", {}),
            data.get("fill", {}),
            tuple(table_from_dict(json.loads(text)) for text in data.get("new", {}).values()),
            data["lossy"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MigrationError(f"{path} cannot be read as a migration: {error!r}. Plan it again.") from error


def _id(name: str) -> TableId:
    schema, _, table = name.partition(".")
    return TableId(schema, table)


def log_of(project: Project, schemas: Iterable[str]) -> list[tuple[str, Entry]]:
    """The migrations that the schemas remember, oldest first, each with its schema."""
    connection, dialect = project.connection, project.database.dialect
    with_log = [s for s in schemas if MIGRATIONS in table_names(connection, dialect, s)]
    found = [(s, e) for s in with_log for e in read_log(connection, dialect, s)]
    return sorted(found, key=lambda pair: (pair[1].started, pair[1].id, pair[0]))


def pending(project: Project, migrations: Iterable[Migration]) -> list[Migration]:
    """Those that have not been carried out on the project's database."""
    given = list(migrations)
    schemas = sorted({s for m in given for s in m.schemas})
    done = {(s, e.name) for s, e in log_of(project, schemas) if e.state == DONE}
    return [m for m in given if not any((s, m.name) in done for s in m.schemas)]


def plan_of(project: Project, migration: Migration) -> Plan:
    """How a migration changes the project's database; empty when that is so already.

    Raises
    ------
    MigrationError
        When the tables are neither as they were before nor as they are to be.
    """
    database = project.database
    schemas = [s for s in migration.schemas if s in database.schemas()]
    world = read_world(database.connection, database.dialect, schemas, stored_type)
    new_ids = {t.id for t in migration.tables.values()}
    if fingerprint(t for i, t in world.items() if i in new_ids) == migration.after:
        return Plan(())
    present = [t for i, t in world.items() if i in migration.tables]
    if fingerprint(present) != migration.before:
        raise MigrationError(
            f"The migration {migration.name} was planned for other tables than {database.connection.url} has: "
            f"{', '.join(map(str, migration.tables))} are neither as they were before it nor as they are to be. Look "
            "at them with `labwright diff`, and plan it again."
        )
    wanted = (_evolution(world[i], new, migration) for i, new in migration.tables.items())
    return plan_migration(world, wanted)


def _evolution(old: TableDef, new: TableDef, migration: Migration) -> Evolution:
    name = str(old.id)
    hidden = tuple(dict.fromkeys((*new.hidden, *(n for n in old.hidden if n.startswith("_") and n != "_singleton"))))
    new = replace(new, hidden=hidden)
    return Evolution(old, new, migration.renames.get(name, {}), migration.fills.get(name, {}))


def apply_migration(project: Project, migration: Migration) -> Plan:
    """Carry out a migration on the project's database, and return what was done."""
    if migration.new:
        project.database.declare(migration.new)
    plan = plan_of(project, migration)
    carry_out(project, plan, lossy=migration.lossy, name=migration.name)
    return plan


def go_on(project: Project, *, back: bool = False) -> list[str]:
    """Finish migrations that were interrupted, or take them back; return their changes as text."""
    connection, dialect = project.connection, project.database.dialect
    found = [s for s in project.database.schemas() if interrupted(connection, dialect, s) is not None]
    try:
        return [text for s in found if (text := (undo if back else resume)(connection, dialect, s))]
    finally:
        forget_all(project)
