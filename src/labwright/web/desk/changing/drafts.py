"""What a person has begun and not finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labwright.web.keeping.drafts import Draft, Drafts
from labwright.web.keeping.patterns import Patterns
from labwright.web.keeping.submissions import Submissions
from labwright.web.keeping.uploads import Uploads

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet


def drafts(desk: Desk) -> Drafts:
    """All drafts of a person."""
    return Drafts(desk.workspace.keeping, desk.person.name)


def drafts_of(desk: Desk) -> list[Draft]:
    """The drafts of a person in tables that they may read, the newest first."""
    return [draft for draft in drafts(desk) if desk.find(draft.table) is not None]


def are_with_rows(desk: Desk) -> bool:
    """Whether a transaction in which rows are changed changes drafts as well."""
    return desk.workspace.keeping.is_with(desk.workspace.project)


def submissions(desk: Desk) -> Submissions:
    """The forms that a person has sent."""
    return Submissions(desk.workspace.keeping, desk.person.name)


def patterns(sheet: Sheet) -> Patterns:
    """What a person fills the form of a table with."""
    return Patterns(sheet.desk.workspace.keeping, sheet.desk.person.name, sheet.name)


def uploads(desk: Desk) -> Uploads:
    """The files that a person has sent with forms that are not finished."""
    return Uploads(desk.person.name)
