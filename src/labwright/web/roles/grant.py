"""A grant: verbs on tables, for everybody of a role or for one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labwright.web.roles.pattern import matches
from labwright.web.roles.role import Role, Scope, Verb

if TYPE_CHECKING:
    from labwright.web.accounts.person import Person


@dataclass(frozen=True)
class Grant:
    """Permission to do something to some tables.

    Parameters
    ----------
    role : Role or None
        Whoever has the role is meant; None for any.
    person : str or None
        The person of this name is meant; None for any. A grant to neither role nor person is nobody's.
    schema, table : str
        Names in which ``*`` stands for anything; ``{person}`` and ``{lab}`` are those of the person.
    verbs : frozenset of Verb
    scope : Scope
        Whose rows.
    hidden : frozenset of str
        Attributes that this grant does not let see.

    Examples
    --------
    >>> from labwright.web.accounts.person import Person
    >>> grant = Grant(Role.READER, None, "lab", "*", frozenset({Verb.READ}))
    >>> grant.is_for(Person("ana", role=Role.READER)), grant.is_for(Person("ben", role=Role.TECHNICIAN))
    (True, False)
    """

    role: Role | None
    person: str | None
    schema: str
    table: str
    verbs: frozenset[Verb]
    scope: Scope = Scope.ALL
    hidden: frozenset[str] = frozenset()

    def is_for(self, person: Person) -> bool:
        """Whether the person has it."""
        if (self.role, self.person) == (None, None):
            return False
        return self.role in {None, person.role} and self.person in {None, person.name}

    def covers(self, person: Person, schema: str, table: str) -> bool:
        """Whether it speaks of a table, when it is this person's."""
        named = ((self.schema, schema), (self.table, table))
        return all(matches(pattern, name, person=person.name, lab=person.lab) for pattern, name in named)
