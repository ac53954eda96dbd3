"""What each role may do where nobody has said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labwright.web.roles.grant import Grant
from labwright.web.roles.pattern import PERSON
from labwright.web.roles.role import Role, Scope, Verb

NOTEBOOK: Final = "notebook"
"""The schema of the lab book, in which everybody writes entries, and changes their own."""


def default_grants(common: Sequence[str] = ("*",)) -> tuple[Grant, ...]:
    """The grants that a lab begins with.

    A schema is a person's own when its name begins with that of the person and an underscore.

    Parameters
    ----------
    common : sequence of str
        The schemas in which technicians enter rows.

    Examples
    --------
    >>> [grant.schema for grant in default_grants(common=["colony"]) if grant.role is Role.TECHNICIAN]
    ['colony', 'notebook', 'notebook']
    """
    every = frozenset(Verb)
    read = frozenset({Verb.READ})
    writing = read | {Verb.INSERT, Verb.SIGN}
    own = frozenset({Verb.UPDATE, Verb.DELETE})
    return (
        Grant(Role.READER, None, "*", "*", read),
        *(Grant(Role.TECHNICIAN, None, schema, "*", read | {Verb.INSERT}) for schema in common),
        Grant(Role.RESEARCHER, None, f"{PERSON}_*", "*", every - {Verb.ADMINISTER}),
        Grant(Role.RESEARCHER, None, "*", "*", read),
        *(Grant(role, None, NOTEBOOK, "*", writing) for role in (Role.TECHNICIAN, Role.RESEARCHER)),
        *(Grant(role, None, NOTEBOOK, "*", own, Scope.OWN) for role in (Role.TECHNICIAN, Role.RESEARCHER)),
        Grant(Role.DATA_MANAGER, None, "*", "*", every - {Verb.ADMINISTER}),
        Grant(Role.ADMIN, None, "*", "*", every),
    )
