"""The grants that are in force: those of the lab, and for roles of which it says nothing those it began with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import labwright as lw
from labwright.web.accounts.audit import Audit
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.tables import Tables
from labwright.web.roles.defaults import default_grants
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Role, Scope, Verb


class Grants:
    """Who may do what on this server."""

    def __init__(self, tables: Tables, audit: Audit) -> None:
        self._tables, self._audit = tables, audit

    def all(self) -> tuple[Grant, ...]:
        """All grants that are in force.

        A role that has any grant of its own here has none of those that a lab begins with; one without verbs is
        enough to take everything from it. Grants to persons leave those of their roles alone.
        """
        stored = [_grant(row) for row in self._tables["GrantRow"]().to_dicts(order_by="KEY")]
        said = {grant.role for grant in stored if grant.person is None}
        return (*stored, *(grant for grant in default_grants() if grant.role not in said))

    def says(self, role: Role | None) -> bool:
        """Whether the lab has said anything of what a role may do."""
        return bool(self._tables["GrantRow"] & {"role": "" if role is None else role.value, "person": ""})

    def put(self, grants: Iterable[Grant], caller: Caller, *, by: str) -> None:
        """Let grants be in force, in place of those of the same scope to the same people on the same tables."""
        self._write([_row(grant) for grant in grants], [], caller, by)

    def take(self, grants: Iterable[Grant], caller: Caller, *, by: str) -> None:
        """Let grants be in force no more."""
        self._write([], [_row(grant) for grant in grants], caller, by)

    def _write(self, put: list[dict[str, Any]], take: list[dict[str, Any]], caller: Caller, by: str) -> None:
        table = self._tables["GrantRow"]
        table().ready()
        with lw.acting_as(by), self._tables.project.connection.atomic():
            for row in take:
                (table & {name: row[name] for name in table.primary_key}).delete_quick()
            table.insert(put, replace=True)
            for event, rows in (("grant", put), ("take grant", take)):
                for row in rows:
                    self._audit.note(event, row["person"], caller, actor=by, grant=row)


def _row(grant: Grant) -> dict[str, Any]:
    return {
        "role": "" if grant.role is None else grant.role.value,
        "person": grant.person or "",
        "schema_pattern": grant.schema,
        "table_pattern": grant.table,
        "scope": grant.scope.value,
        "verbs": sorted(grant.verbs),
        "hidden": sorted(grant.hidden),
    }


def _grant(row: dict[str, Any]) -> Grant:
    return Grant(
        Role(row["role"]) if row["role"] else None,
        row["person"] or None,
        row["schema_pattern"],
        row["table_pattern"],
        frozenset(map(Verb, row["verbs"])),
        Scope(row["scope"]),
        frozenset(row["hidden"]),
    )
