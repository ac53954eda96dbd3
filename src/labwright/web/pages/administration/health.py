"""How the server and a project are: what the doctor finds, the stores, and whether code and database agree."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

import labwright as lw
from labwright.web.http.projects import project_of
from labwright.web.pages.administration.guard import check, shown
from labwright.web.pages.forms import Given, takes_form
from labwright.web.site import site_of, workspace_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def health(request: Request) -> Response:
    """Show how the server is."""
    check(request)
    return _page(request)


@takes_form
def look(request: Request, given: Given) -> Response:
    """Look at something that takes a while: what the doctor finds, stores, or differences."""
    check(request)
    care, project = site_of(request).care, project_of(request)
    looks = {} if care is None else {"doctor": care.findings, "stores": care.stores, "code": care.differences}
    what = given.get("what", "")
    return _page(request, **({what: looks[what](project)} if what in looks else {}))


def _page(request: Request, **found: Any) -> Response:
    project = workspace_of(request).project
    told: dict[str, Any] = {"doctor": None, "stores": None, "code": None, **found}
    facts = {
        "Labwright": lw.__version__,
        "Python": platform.python_version(),
        "Machine": f"{platform.node()}, {platform.system()}",
        "Project": project_of(request),
        "Database": f"{project.database.dialect.title}, {project.address()}",
        "Stores": ", ".join([*project.config.stores]) or "local",
    }
    return shown(
        request, "health.html", facts=facts, has_care=site_of(request).care is not None,
        is_file=project.database.dialect.title == "SQLite", enforced=bool(workspace_of(request).roles),
        is_shared=site_of(request).entrance is not None, **told,
    )  # fmt: skip


ROUTES: Final = (Route("/admin", health), Route("/admin", look, methods=["POST"]))
