"""Signing a row, letting an authority stamp that, and looking whether it is what was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.keys import key_of
from labwright.web.desk.row_signing import Signing
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.notebook.entry import ALONE
from labwright.web.pages.panel import Panel
from labwright.web.pages.prove import prove_first
from labwright.web.pages.render import address, render, see
from labwright.web.site import SINGLE_USER, desk_of, fresh_login

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

MEANT: Final = {
    "author": "it is what I did, or measured",
    "review": "I have looked at it, and it is right",
    "approval": "it may be used",
}


def panel(_: Desk, sheet: Sheet, row: Mapping[str, Any]) -> Panel | None:
    """Who has signed a row, for its page."""
    signing = Signing(sheet, {name: row[name] for name in sheet.key})
    signatures, may_sign = signing.all(), signing.may_sign()
    if not signatures and not may_sign:
        return None
    values = {"signatures": signatures, "may_sign": may_sign, "now": signing.hash() if signatures else ""}
    values |= {"has_authority": signing.has_authority, "sees_all": signing.sees_all}
    return Panel("Signatures", "signatures_panel.html", values, styles=("notebook.css",))


def _asked(request: Request) -> Signing:
    sheet = desk_of(request).sheet(request.path_params["table"])
    return Signing(sheet, key_of(sheet, request.path_params["key"]))


def _at(signing: Signing, verb: str = "t") -> str:
    return address(signing.sheet, signing.key, verb)


def ask(request: Request) -> Response:
    """Ask whether somebody means to sign, after they have shown who they are."""
    signing = _asked(request)
    signing.check()
    return _ask(request, signing)


def _ask(request: Request, signing: Signing, problem: str = "", meaning: str = "author") -> Response:
    how = fresh_login(request)
    if how is None:
        return prove_first(_at(signing, "sign"))
    return render(
        request, "row_sign.html", 422 if problem else 200, signing=signing, row=signing.row(), meant=MEANT,
        meaning=meaning, problem=problem, is_alone=how == SINGLE_USER, now=signing.hash(),
    )  # fmt: skip


@takes_form
def sign(request: Request, given: Given) -> Response:
    """Sign a row as it was shown."""
    signing, how = _asked(request), fresh_login(request)
    signing.check()
    if how is None:
        return prove_first(_at(signing, "sign"))
    meaning = given.get("meaning", "")
    try:
        signing.sign(ALONE if how == SINGLE_USER else f"by {how}", meaning, given.get("seen", ""))
        if signing.has_authority:
            signing.stamp()
    except lw.LabwrightError as error:
        return _ask(request, signing, str(error).partition("\n")[0], meaning)
    return see(_at(signing))


@takes_form
def stamp(request: Request, _: Given) -> Response:
    """Ask the authority again."""
    signing = _asked(request)
    try:
        signing.stamp()
    except lw.LabwrightError as error:
        return _verified(request, signing, str(error).partition("\n")[0])
    return see(_at(signing))


def verify(request: Request) -> Response:
    """Look whether a row is what was signed."""
    return _verified(request, _asked(request))


def _verified(request: Request, signing: Signing, problem: str = "") -> Response:
    return render(
        request, "row_verify.html", 422 if problem else 200, signing=signing, found=signing.verify(), problem=problem
    )


_ROW: Final = "{table}/{key}"
ROUTES: Final = (
    Route(f"/sign/{_ROW}", ask),
    Route(f"/sign/{_ROW}", sign, methods=["POST"]),
    Route(f"/stamp/{_ROW}", stamp, methods=["POST"]),
    Route(f"/verify/{_ROW}", verify),
)
