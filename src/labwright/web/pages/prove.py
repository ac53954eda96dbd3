"""Showing anew who one is, before one signs or changes how one comes in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.routing import Route

from labwright.web.accounts.errors import LoginError
from labwright.web.desk.refusals import NotAllowedError
from labwright.web.http.visitor import caller_of, login_of, next_page
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import render, see
from labwright.web.site import fresh_login, site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.accounts.login import Login
    from labwright.web.http.entrance import Entrance

PROVE: Final = "/prove"


def prove_first(back: str) -> Response:
    """Send somebody to show who they are, and from there to a page of this server."""
    return see(f"{PROVE}?next={quote(back, safe='')}")


def proven(back: str) -> Callable[[Callable[[Request, Given], Response]], Callable[[Request], Awaitable[Response]]]:
    """Let a form be taken only from somebody who has shown lately who they are.

    Parameters
    ----------
    back : str
        The page with the form, to which others are led by way of showing it.
    """

    def guarded(page: Callable[[Request, Given], Response]) -> Callable[[Request], Awaitable[Response]]:
        @wraps(page)
        def taken(request: Request, given: Given) -> Response:
            if fresh_login(request) is None:
                return prove_first(back.format_map(request.path_params))
            return page(request, given)

        return takes_form(taken)

    return guarded


def ask(request: Request) -> Response:
    """Ask for the password, where it was not given lately."""
    back = next_page(request.query_params.get("next", ""))
    return _form(request, back) if fresh_login(request) is None else see(back)


@takes_form
def answer(request: Request, given: Given) -> Response:
    """Go on, with a session of another secret."""
    entrance, _ = _asked(request)
    back = next_page(given.get("next", ""))
    secret = entrance.session.read(request.headers)
    try:
        renewed = entrance.accounts.reauthenticate(
            secret, given.get("password", ""), given.get("code", ""), caller=caller_of(request.scope)
        )
    except LoginError as error:
        return _form(request, back, str(error))
    answer = see(back)
    entrance.session.write(answer, renewed)
    return answer


def _form(request: Request, back: str, problem: str = "") -> Response:
    entrance, login = _asked(request)
    accounts, name = entrance.accounts, login.person.name
    return render(
        request, "prove.html", 422 if problem else 200, back=back, problem=problem, oidc=entrance.oidc,
        has_password=accounts.passwords.has(name), has_code=accounts.totp.is_on(name),
    )  # fmt: skip


def _asked(request: Request) -> tuple[Entrance, Login]:
    entrance, login = site_of(request).entrance, login_of(request)
    if entrance is None or login is None or login.session is None or login.viewer is not None:
        raise NotAllowedError("This is for those who have logged in themselves.")
    return entrance, login


ROUTES: Final = (Route(PROVE, ask), Route(PROVE, answer, methods=["POST"]))
