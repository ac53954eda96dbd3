"""The rights of people, as the database itself can hold them: a role for each person."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import labwright as lw
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.accounts.person import Person
    from labwright.web.roles.grant import Grant

LONGEST: Final = 32
_VERBS: Final[Mapping[Verb, Literal["read", "insert", "update", "delete"]]] = {
    Verb.READ: "read",
    Verb.INSERT: "insert",
    Verb.UPDATE: "update",
    Verb.DELETE: "delete",
}
_FILLED: Final = frozenset({"imported", "computed"})


def role_of(name: str, prefix: str) -> str:
    """The role of the person of a name; of one that is too long, the end is replaced.

    Examples
    --------
    >>> role_of("ana", "lw_"), len(role_of("a" * 60, "lw_"))
    ('lw_ana', 32)
    """
    whole = prefix + name
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def roles_for(
    people: Iterable[Person], grants: Collection[Grant], tables: Mapping[str, Any], prefix: str
) -> dict[str, list[lw.Privilege]]:
    """What the role of each person may do, by its name; of those who may not come in any more, nothing.

    Parameters
    ----------
    people : iterable of Person
    grants : collection of Grant
    tables : mapping of str to Table class
        Those of the pipeline.
    prefix : str
        With what the names of roles begin.
    """
    active = [person for person in people if person.is_active]
    labs: dict[str, set[str]] = {}
    for person in active:
        labs.setdefault(person.lab, set()).add(person.name)
    return {
        role_of(person.name, prefix): list(_privileges(_Rights(Rights.of(person, grants), labs, prefix), tables))
        for person in active
    }


@dataclass(frozen=True)
class _Rights:
    """The rights of one person among others."""

    rights: Rights
    labs: Mapping[str, Collection[str]]
    prefix: str

    def owners(self, scope: Scope) -> frozenset[str] | None:
        """The names under which rows are that are meant: in the app, and in the database for who logs in there."""
        if scope is Scope.ALL:
            return None
        person = self.rights.person
        names = {person.name, *(self.labs[person.lab] if scope is Scope.LAB and person.lab else ())}
        return frozenset({*names, *(role_of(name, self.prefix) for name in names)})


def _privileges(of: _Rights, tables: Mapping[str, Any]) -> Iterator[lw.Privilege]:
    rights = of.rights
    declared = set[str]()
    for table in tables.values():
        schema, title = str(table.id.schema), ".".join(table.id.class_path)
        hidden = rights.hidden(schema, title)
        if rights.scope(Verb.READ, schema, title) is None or hidden & set(table.heading.primary_key):
            continue
        for verb, name in _VERBS.items():
            scope = rights.scope(verb, schema, title)
            if scope is not None:
                yield lw.Privilege(name, table, hidden, of.owners(scope))
        if _fills(table) and rights.scope(Verb.POPULATE, schema, title) is not None:
            yield lw.Privilege("populate", table)
        if schema not in declared and rights.scope(Verb.DECLARE, schema, title) is not None:
            declared.add(schema)
            yield lw.Privilege("declare", table)


def _fills(table: Any) -> bool:
    """Whether its rows, or those of its master, are computed."""
    return bool(table.tier in _FILLED or (table.tier == "part" and table.filling_table() is not None))
