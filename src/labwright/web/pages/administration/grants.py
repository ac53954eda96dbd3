"""What roles and people may do, to which tables and whose rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.granting import give, take_away
from labwright.web.pages.administration.guard import administrator, shown
from labwright.web.pages.forms import Given
from labwright.web.pages.prove import proven
from labwright.web.pages.render import see
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Role, Scope, Verb

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

GRANTS: Final = "/admin/grants"
WHO: Final = "who"
Where = tuple[str, str, Scope]


def grants(request: Request) -> Response:
    """Show all that are in force, as a matrix; one of them in the form, where one is named."""
    return _page(request, dict(request.query_params))


@proven(GRANTS)
def put(request: Request, given: Given) -> Response:
    """Let a grant be in force."""
    admin = administrator(request)
    try:
        grant = read_grant(given)
        if grant.person is not None:
            admin.find(grant.person)
        give(admin.accounts.grants, grant, admin.caller, by=admin.name)
    except AccountError as error:
        return _page(request, given, str(error))
    admin.entrance.look_again()
    return see(GRANTS)


@proven(GRANTS)
def take(request: Request, given: Given) -> Response:
    """Let a grant be in force no more."""
    admin = administrator(request)
    try:
        grant = read_grant(given)
    except AccountError as error:
        return _page(request, given, str(error))
    take_away(admin.accounts.grants, grant, admin.caller, by=admin.name)
    admin.entrance.look_again()
    return see(GRANTS)


def read_grant(given: Given) -> Grant:
    """The grant that a form tells.

    Raises
    ------
    AccountError
        When it tells none.
    """
    kind, _, name = given.get(WHO, "").partition(":")
    role = next((role for role in Role if kind == "role" and role.value == name), None)
    person = name if kind == "person" and name else None
    if role is None and person is None:
        raise AccountError("Say for which role, or for whom.")
    schema, table = given.get("schema", "").strip(), given.get("table", "").strip()
    if not 0 < len(schema) <= 64 or not 0 < len(table) <= 128:
        raise AccountError("Say in which schema, and to which tables; * stands for anything.")
    scope = next((scope for scope in Scope if scope.value == given.get("scope")), Scope.OWN)
    verbs = frozenset(verb for verb in Verb if given.get(f"verb.{verb.value}"))
    hidden = frozenset(name for part in given.get("hidden", "").split(",") if (name := part.strip()))
    return Grant(role, person, schema, table, verbs, scope, hidden)


def who_of(grant: Grant) -> str:
    """Whom a grant is for, as the form has it."""
    return f"role:{grant.role.value}" if grant.role is not None else f"person:{grant.person}"


def _matrix(found: Iterable[Grant]) -> Mapping[Where, Mapping[str, Grant]]:
    matrix: dict[Where, dict[str, Grant]] = {}
    for grant in found:
        matrix.setdefault((grant.schema, grant.table, grant.scope), {})[who_of(grant)] = grant
    return dict(sorted(matrix.items()))


def _page(request: Request, given: Given, problem: str = "") -> Response:
    admin = administrator(request)
    found = admin.accounts.grants.all()
    people = sorted({grant.person for grant in found if grant.person})
    columns = [*(f"role:{role.value}" for role in Role), *(f"person:{name}" for name in people)]
    values: dict[str, Any] = {
        "who": given.get(WHO, ""),
        "schema": given.get("schema", ""),
        "table": given.get("table", "*"),
        "scope": given.get("scope", Scope.ALL.value),
        "hidden": given.get("hidden", ""),
        "verbs": {verb for verb in Verb if given.get(f"verb.{verb.value}")},
    }
    return shown(
        request, "grants.html", 422 if problem else 200, problem=problem, matrix=_matrix(found), columns=columns,
        everybody=admin.accounts.people.all(), roles=list(Role), scopes=list(Scope), verbs=list(Verb), values=values,
    )  # fmt: skip


ROUTES: Final = (
    Route(GRANTS, grants),
    Route(GRANTS, put, methods=["POST"]),
    Route(f"{GRANTS}/take", take, methods=["POST"]),
)
