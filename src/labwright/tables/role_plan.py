"""Rights in the database itself, for people who connect to it and for services that act for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from labwright.core.errors import DataError, LabwrightError
from labwright.define.job_table import job_id
from labwright.define.table import TableDef, TableId
from labwright.sql.declare import table_names
from labwright.sql.grants import Grant, changes, create_role, join_role, read_grants, read_members, read_roles
from labwright.sql.hidden import HIDDEN
from labwright.sql.history import shadow_name
from labwright.sql.objects import COPY, HOLD, OBJECT, STORE
from labwright.sql.row_policies import Ownership, Policy, Step, policy_changes, read_policies
from labwright.sql.runs import CODE, ENVIRONMENT, QUERY, run_id
from labwright.tables.owner import owner_columns, owning_parents

if TYPE_CHECKING:
    from labwright.sql.database import Database
    from labwright.tables.project import Project

Verb = Literal["read", "insert", "update", "delete", "populate", "declare"]
MAX_NAME: Final = 32
"""How many characters the name of a role may have: MySQL takes no more."""
_OBJECTS: Final = (OBJECT, COPY, HOLD)
_OF_RUNS: Final = (CODE, ENVIRONMENT, QUERY)
_OF_SCHEMA: Final = ("~lineage", "~labwright", "~table", "~locks", STORE, *_OBJECTS, *_OF_RUNS)
"""What is asked of any schema that somebody works with."""
_ACTIONS: Final = {"read": "SELECT", "insert": "INSERT", "update": "UPDATE", "delete": "DELETE"}
_TO_DECLARE: Final = {
    "postgres": ("CREATE",),
    "mysql": ("ALTER", "CREATE", "DROP", "INDEX", "REFERENCES", "TRIGGER"),
}


@dataclass(frozen=True)
class Privilege:
    """What a role may do with a table.

    Parameters
    ----------
    verb : {'read', 'insert', 'update', 'delete', 'populate', 'declare'}
        To declare is to make and change tables in the schema of this one.
    table : Table class
    hidden : frozenset of str
        Attributes that it may not see, nor set. Those of the key cannot be hidden.
    owners : frozenset of str or None
        Whose rows it is about; None for all. PostgreSQL keeps rows apart, MySQL and MariaDB do not.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     lw.Privilege("read", Mouse).verb
    'read'
    """

    verb: Verb
    table: Any
    hidden: frozenset[str] = frozenset()
    owners: frozenset[str] | None = None


@dataclass(frozen=True)
class RolePlan:
    """What is to be said to the database so that its roles may do what they should, and nothing else.

    `plan_roles` makes it.

    Parameters
    ----------
    statements : tuple of str
        In SQL, in order.
    notes : tuple of str
        What cannot be said to it, and what there is to know.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     print(lw.RolePlan((), (), project))
    -- The roles may do what they should.
    """

    statements: tuple[str, ...]
    notes: tuple[str, ...]
    _project: Project = field(repr=False, compare=False)

    def __str__(self) -> str:
        notes = [f"-- {note}" for note in self.notes]
        said = [f"{statement.replace('%%', '%')};" for statement in self.statements]
        return "\n".join([*notes, *said]) if said or notes else "-- The roles may do what they should."

    def apply(self) -> None:
        """Say all of it: on PostgreSQL as a whole or not at all, on MySQL and MariaDB one after the other.

        Applied once more, a plan that was interrupted goes on: make it anew.
        """
        connection = self._project.database.connection
        with connection.transaction if connection.backend == "postgres" else nullcontext():
            connection.script(self.statements)


def plan_roles(
    project: Project, roles: Mapping[str, Iterable[Privilege]], *, prefix: str, service: str = ""
) -> RolePlan:
    """Compare what roles of a server may do with what they should.

    Parameters
    ----------
    project : Project
        Connected as somebody who may make roles and give rights to all of the tables.
    roles : mapping of str to iterable of Privilege
        What each role may do, by its name.
    prefix : str
        With what all these names begin. Other roles whose names begin so lose their rights.
    service : str
        A user of the database, such as that of the web app, who is let take these roles, and look at what tables there
        are.

    Raises
    ------
    LabwrightError
        On SQLite, where whoever can read the file can read all of it.
    DataError
        When a name does not begin with the prefix, or is too long.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     try:
    ...         lw.plan_roles(project, {}, prefix="lw_")
    ...     except lw.LabwrightError as error:
    ...         print(str(error)[:35])
    A file of SQLite has no users and r
    """
    database = project.database
    if database.connection.backend == "sqlite":
        raise LabwrightError(
            "A file of SQLite has no users and roles: whoever can read it can read all of it. Keep the project on "
            "PostgreSQL, MySQL or MariaDB, or the file where the right people can read it."
        )
    _check_names(roles, prefix)
    return _Planning(database, {name: list(given) for name, given in roles.items()}, prefix, service).plan(project)


def _check_names(roles: Iterable[str], prefix: str) -> None:
    for name in roles:
        if not prefix or not name.startswith(prefix) or len(name) > MAX_NAME:
            raise DataError(
                f"The role {name!r} has to begin with {prefix!r}, and to have at most {MAX_NAME} characters."
            )


class _Planning:
    """The comparison at one moment."""

    def __init__(self, database: Database, roles: Mapping[str, Sequence[Privilege]], prefix: str, service: str) -> None:
        self.database, self.connection, self.dialect = database, database.connection, database.dialect
        self.roles, self.prefix, self.service = roles, prefix, service
        self.there: dict[str, set[str]] = {}

    def plan(self, project: Project) -> RolePlan:
        known = [role for role in read_roles(self.connection, self.prefix) if role != self.service]
        held = {grant for grant in read_grants(self.connection, self.prefix) if grant.role != self.service}
        new = sorted(set(self.roles) - set(known))
        wanted = {grant for role, given in self.roles.items() for grant in self.grants(role, given)}
        statements = [create_role(self.dialect, role) for role in new]
        statements += self.memberships()
        statements += self.policies()
        statements += changes(self.dialect, held, wanted)
        statements += self.of_service(wanted)
        return RolePlan(tuple(statements), tuple(self.notes(known)), project)

    def memberships(self) -> Iterator[str]:
        if not self.service:
            return
        members = read_members(self.connection, self.prefix)
        yield from (
            join_role(self.dialect, role, self.service)
            for role in sorted(self.roles)
            if (role, self.service) not in members
        )

    def of_service(self, wanted: Iterable[Grant]) -> Iterator[str]:
        """The service looks at what tables there are in its own name; it loses nothing that it has."""
        if self.service:
            names = {"", *_OF_SCHEMA}
            looks = (g for g in wanted if g.table in names and g.action in ("USAGE", "SELECT"))
            own = {replace(grant, role=self.service) for grant in looks}
            if self.dialect.name == "mysql":  # by which it sees what tables there are, and reads none
                own |= {Grant(self.service, schema, "", "REFERENCES") for schema in {g.schema for g in wanted}}
            held = {grant for grant in read_grants(self.connection, self.service) if grant.role == self.service}
            yield from changes(self.dialect, held & own, own)

    def notes(self, known: Sequence[str]) -> Iterator[str]:
        for role in sorted(set(known) - set(self.roles)):
            yield f"The role {role} is left without rights. Drop it when nobody needs it."
        kept_apart = sorted({str(p.table) for given in self.roles.values() for p in given if p.owners is not None})
        if kept_apart and self.dialect.name != "postgres":
            yield f"Rows of {', '.join(kept_apart)} are kept apart by the app alone: {self.dialect.title} cannot."
        for name in kept_apart if self.dialect.name == "postgres" else ():
            yield f"Users of the database that are in none of these roles see no rows of {name}, unless they own it."

    # ---- grants --------------------------------------------------------------------------------

    def grants(self, role: str, privileges: Sequence[Privilege]) -> Iterator[Grant]:
        refers = any(p.verb == "declare" for p in privileges)
        for privilege in privileges:
            table: TableDef = privilege.table.table_def
            yield from self.of_schema(role, table.id.schema)
            if privilege.verb == "declare":
                for action in _TO_DECLARE[self.dialect.name]:
                    yield Grant(role, table.id.schema, "", action)
            elif privilege.verb == "populate":
                yield from self.to_populate(role, table)
            else:
                yield from self.of_table(role, privilege, table)
            if privilege.verb == "read" and refers:
                yield Grant(role, table.id.schema, table.id.name, "REFERENCES")

    def of_schema(self, role: str, schema: str) -> Iterator[Grant]:
        if self.dialect.name == "postgres":
            yield Grant(role, schema, "", "USAGE")
        for name in self.present(schema, _OF_SCHEMA):
            yield Grant(role, schema, name, "SELECT")

    def of_table(self, role: str, privilege: Privilege, table: TableDef) -> Iterator[Grant]:
        action = _ACTIONS[privilege.verb]
        schema, name = table.id.schema, table.id.name
        hidden = privilege.hidden - set(table.heading.primary_key)
        if not hidden or action == "DELETE":
            yield Grant(role, schema, name, action)
        else:
            for column in (*table.heading, *(n for n in table.hidden if n in HIDDEN)):
                if column not in hidden:
                    yield Grant(role, schema, name, action, column)
        if action == "SELECT" and not hidden and privilege.owners is None:
            for companion in self.present(schema, (shadow_name(table.id.name), run_id(table.id).name)):
                yield Grant(role, schema, companion, "SELECT")
        if action in ("INSERT", "UPDATE"):
            for companion in self.present(schema, _OBJECTS):
                yield from (Grant(role, schema, companion, a) for a in ("INSERT", "UPDATE", "DELETE"))

    def to_populate(self, role: str, table: TableDef) -> Iterator[Grant]:
        schema = table.id.schema
        for action in ("INSERT", "DELETE"):
            yield Grant(role, schema, table.id.name, action)
        for name in self.present(schema, (job_id(table.id).name,)):
            yield from (Grant(role, schema, name, a) for a in ("SELECT", "INSERT", "UPDATE", "DELETE"))
        for name in self.present(schema, (run_id(table.id).name, *_OF_RUNS)):
            yield from (Grant(role, schema, name, a) for a in ("SELECT", "INSERT", "DELETE"))

    def present(self, schema: str, names: Iterable[str]) -> list[str]:
        """Those tables that there are."""
        if schema not in self.there:
            self.there[schema] = table_names(self.connection, self.dialect, schema)
        return [name for name in names if name in self.there[schema]]

    # ---- rows ----------------------------------------------------------------------------------

    def policies(self) -> Iterator[str]:
        if self.dialect.name != "postgres":
            return
        narrow = {
            p.table.table_def.id: p.table.table_def for g in self.roles.values() for p in g if p.owners is not None
        }
        wanted = [policy for table in narrow.values() for policy in self.of_rows(table)]
        yield from policy_changes(self.dialect, read_policies(self.connection), wanted)

    def of_rows(self, table: TableDef) -> Iterator[Policy]:
        """Policies for a table of which some role may not have all rows: then each role needs one."""
        ownership = self.ownership(table)
        for role, given in self.roles.items():
            for privilege in given:
                if privilege.table.table_def.id == table.id:
                    condition = self.condition(table, ownership, role, privilege)
                    for action in ("INSERT", "DELETE") if privilege.verb == "populate" else ():
                        yield Policy(table.id.schema, table.id.name, action, role, condition)
                    if privilege.verb in _ACTIONS:
                        yield Policy(table.id.schema, table.id.name, _ACTIONS[privilege.verb], role, condition)

    def condition(self, table: TableDef, ownership: Ownership | None, role: str, privilege: Privilege) -> str:
        if privilege.owners is None:
            return "true"
        if ownership is None:
            return "false"
        return ownership.condition(self.dialect, self.dialect.table(table.id.schema, table.id.name), privilege.owners)

    def ownership(self, table: TableDef, seen: Sequence[TableId] = ()) -> Ownership | None:
        """Where the owner of its rows stands; None where nobody knows, or one attribute does not tell."""
        columns = owner_columns(table)
        if columns:
            return Ownership(columns[0]) if len(columns) == 1 else None
        for fk, parent in owning_parents(self.database, table, seen):
            above = self.ownership(parent, (*seen, table.id))
            if above is not None:
                step = Step(parent.id.schema, parent.id.name, tuple(zip(fk.columns, fk.parent_columns, strict=True)))
                return Ownership(above.column, (step, *above.steps))
        return None
