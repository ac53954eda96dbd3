"""Changing one grant and leaving the others of its role as they are, also those that the lab began with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labwright.web.roles.grant import Grant

if TYPE_CHECKING:
    from labwright.web.accounts.caller import Caller
    from labwright.web.accounts.grants import Grants

ANY: Final = "*"


def give(grants: Grants, grant: Grant, caller: Caller, *, by: str) -> None:
    """Let a grant be in force, in place of one of the same scope on the same tables.

    Parameters
    ----------
    grants : Grants
    grant : Grant
    caller : Caller
    by : str
        Who does it.
    """
    grants.put([*_others(grants, grant), grant], caller, by=by)


def take_away(grants: Grants, grant: Grant, caller: Caller, *, by: str) -> None:
    """Let a grant be in force no more. A role that had no other may do nothing then, as one without verbs says."""
    if grant.person is None:
        left = [g for g in _of(grants, grant) if _key(g) != _key(grant)]
        kept = left or [Grant(grant.role, None, ANY, ANY, frozenset())]
        if not left or not grants.says(grant.role):
            grants.put(kept, caller, by=by)
        if _key(grant) in map(_key, kept):
            return
    grants.take([grant], caller, by=by)


def _of(grants: Grants, grant: Grant) -> list[Grant]:
    return [g for g in grants.all() if (g.role, g.person) == (grant.role, grant.person)]


def _others(grants: Grants, grant: Grant) -> list[Grant]:
    """What a role has from the beginning, but this grant, where the lab has said nothing of the role yet."""
    if grant.person is not None or grants.says(grant.role):
        return []
    return [g for g in _of(grants, grant) if _key(g) != _key(grant)]


def _key(grant: Grant) -> tuple[object, ...]:
    return (grant.role, grant.person, grant.schema, grant.table, grant.scope)
