"""What was done with accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from labwright.web.pages.administration.guard import administrator, shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SIZE: Final = 100
"""Events of a page."""


def audit(request: Request) -> Response:
    """Show the record, newest first, page by page."""
    record, given = administrator(request).accounts.audit, request.query_params
    person, event, before = (given.get(name, "").strip() or None for name in ("person", "event", "before"))
    found = record.events(person, event, limit=SIZE + 1, before=before)
    return shown(
        request, "audit.html", events=found[:SIZE], person_wanted=person or "", event_wanted=event or "",
        kinds=record.kinds(), following=found[SIZE - 1].place if len(found) > SIZE else None,
    )  # fmt: skip


ROUTES: Final = (Route("/admin/audit", audit),)
