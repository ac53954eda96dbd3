"""The rights of one person: the union of grants, within limits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from labwright.web.roles.defaults import default_grants
from labwright.web.roles.grant import Grant
from labwright.web.roles.pattern import matches
from labwright.web.roles.role import Scope, Verb, widest

if TYPE_CHECKING:
    from labwright.web.accounts.person import Person

READING: Final = frozenset({Verb.READ})
CHANGING: Final = frozenset({Verb.UPDATE, Verb.DELETE})
WRITING: Final = frozenset({Verb.READ, Verb.INSERT, Verb.UPDATE, Verb.DELETE, Verb.POPULATE, Verb.DECLARE})
"""What can be lent to a program. To sign and to administer takes a person."""


@dataclass(frozen=True)
class Limit:
    """What is not within it is not permitted, whatever grants say.

    Parameters
    ----------
    verbs : frozenset of Verb
    schemas : tuple of str
        Names in which ``*`` stands for anything.
    """

    verbs: frozenset[Verb]
    schemas: tuple[str, ...] = ("*",)

    def permits(self, verb: Verb, schema: str) -> bool:
        """Whether the verb is within it, in a schema."""
        return verb in self.verbs and any(matches(pattern, schema) for pattern in self.schemas)


@dataclass(frozen=True)
class Decision:
    """What a person may do to a table, and why.

    Parameters
    ----------
    verb : Verb
    schema, table : str
    scope : Scope or None
        To whose rows; None when it may not be done at all.
    because : tuple of Grant
        The grants that give it, the widest first.
    against : Limit or None
        The limit that takes it away.
    """

    verb: Verb
    schema: str
    table: str
    scope: Scope | None
    because: tuple[Grant, ...] = ()
    against: Limit | None = None


@dataclass(frozen=True)
class Rights:
    """What one person may do.

    Parameters
    ----------
    person : Person
    grants : tuple of Grant
        Those of others are passed over.
    limits : tuple of Limit
        All have to permit what is done.

    Examples
    --------
    >>> from labwright.web.accounts.person import Person
    >>> from labwright.web.roles.role import Role
    >>> rights = Rights.of(Person("ana", role=Role.RESEARCHER))
    >>> rights.scope(Verb.UPDATE, "ana_ephys", "Spikes"), rights.scope(Verb.UPDATE, "colony", "Mouse")
    (<Scope.ALL: 'all'>, None)
    >>> rights.within(Limit(READING)).scope(Verb.UPDATE, "ana_ephys", "Spikes")
    """

    person: Person
    grants: tuple[Grant, ...]
    limits: tuple[Limit, ...] = ()

    @classmethod
    def of(cls, person: Person, grants: Iterable[Grant] | None = None) -> Rights:
        """The rights that a person has by grants; by those that a lab begins with when none are given."""
        given = default_grants() if grants is None else grants
        return cls(person, tuple(g for g in given if person.is_active and g.is_for(person)))

    def within(self, limit: Limit) -> Rights:
        """The same rights, as far as a limit permits."""
        return replace(self, limits=(*self.limits, limit))

    def are_lent(self, verb: Verb, schema: str | None = None) -> bool:
        """Whether no limit forbids a verb in a schema, or without one in any; what grants say is another matter."""
        return all(
            limit.permits(verb, schema) if schema else verb in limit.verbs and "*" in limit.schemas
            for limit in self.limits
        )

    def scope(self, verb: Verb, schema: str, table: str) -> Scope | None:
        """To whose rows of a table the person may do something; None when to no one's.

        Rows that somebody does not see are not changed by them either, nor deleted.
        """
        found = self.explain(verb, schema, table).scope
        if found is None or verb not in CHANGING:
            return found
        seen = self.explain(Verb.READ, schema, table).scope
        return seen if seen is None or found.includes(seen) else found

    def hidden(self, schema: str, table: str) -> frozenset[str]:
        """The attributes that the person must not see: those that each grant hides which lets read the most rows.

        A grant that shows an attribute of fewer rows does not count: it would show it of all of them.
        """
        decision = self.explain(Verb.READ, schema, table)
        reading = [grant.hidden for grant in decision.because if grant.scope is decision.scope]
        return frozenset.intersection(*reading) if reading else frozenset()

    def explain(self, verb: Verb, schema: str, table: str) -> Decision:
        """Why something may be done to a table, or may not."""
        against = next((limit for limit in self.limits if not limit.permits(verb, schema)), None)
        because = () if against else tuple(self._giving(verb, schema, table))
        scope = widest(grant.scope for grant in because)
        first = sorted(because, key=lambda grant: grant.scope is not scope)
        return Decision(verb, schema, table, scope, tuple(first), against)

    def _giving(self, verb: Verb, schema: str, table: str) -> Iterator[Grant]:
        for grant in self.grants:
            if verb in grant.verbs and grant.is_for(self.person) and grant.covers(self.person, schema, table):
                yield grant


def lending(verbs: Collection[Verb], schemas: Iterable[str] = ("*",)) -> Limit:
    """The limit of what a program may do with lent rights: never to sign or to administer."""
    return Limit(frozenset(verbs) & WRITING, tuple(schemas))
