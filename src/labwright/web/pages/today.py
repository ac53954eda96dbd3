"""What somebody comes to: what is to be done, what they have begun, what is theirs, and what they did of late."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from labwright.web.accounts.clock import utc_now
from labwright.web.desk.changing.drafts import drafts_of
from labwright.web.desk.grid.saved_views import pinned_views
from labwright.web.desk.importing.draft import unfinished
from labwright.web.desk.mine import COUNTED, failing, own_rows
from labwright.web.desk.past import may_undo, recent
from labwright.web.desk.tasks import tasks
from labwright.web.pages.importing import place
from labwright.web.pages.render import render
from labwright.web.site import desk_of, site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

DRAFTS: Final = 10


def today(request: Request) -> Response:
    """Show it."""
    desk = desk_of(request)
    return render(
        request, "today.html", tasks=tasks(desk), now=utc_now(), drafts=drafts_of(desk)[:DRAFTS], own=own_rows(desk),
        imports=unfinished(desk), place=place,
        failing=failing(desk, is_alone=site_of(request).entrance is None), counted=COUNTED,
        views=pinned_views(desk), sheet_of=desk.find,
        changes=recent(desk, by=desk.person.name), names=desk.workspace.name_of,
        may_undo=partial(may_undo, desk),
    )  # fmt: skip


ROUTES: Final = (Route("/", today),)
