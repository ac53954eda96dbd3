"""One box for everything: tables, rows, and what was scanned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.routing import Route

from labwright.web.desk.lab_book.book import find_lab_book
from labwright.web.desk.search import LOOKED_AT, scanned, search
from labwright.web.pages.notebook.entry import at
from labwright.web.pages.render import address, render, see
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.lab_book.book import LabBook
    from labwright.web.desk.sheet import Sheet

PLACES: Final = MappingProxyType(
    {
        "Entry.Attachment": "file-{attachment}",
        "Entry.Link": "rows",
        "Comment": "comment-{comment}",
        "Comment.Mention": "comment-{comment}",
        "Signature": "signatures",
        "TimeStamp": "signatures",
    }
)
"""Where on the page of an entry stands what belongs to it, by the table."""


def look(request: Request) -> Response:
    """Show what was found; the address of a row leads to it at once."""
    desk, text = desk_of(request), request.query_params.get("q", "")
    row = scanned(desk, text)
    if row is not None:
        return see(address(*row))
    where, found = partial(_where, find_lab_book(desk), text.split()), search(desk, text)
    return render(request, "search.html", text=text, found=found, looked_at=LOOKED_AT, where=where)


def _where(book: LabBook | None, words: Sequence[str], sheet: Sheet, row: Mapping[str, Any]) -> str:
    """The page of a row; what belongs to an entry of the lab book is a place on the entry's."""
    title = sheet.name.removeprefix(f"{book.entries.schema}.") if book is not None else ""
    if title == "Entry":
        return at(row["entry"]) + _first_of(words, row.get("text") or "")
    return f"{at(row['entry'])}#{PLACES[title].format_map(row)}" if title in PLACES else address(sheet, row)


def _first_of(words: Sequence[str], text: str) -> str:
    """Where one of the words stands in a text, as browsers take it in addresses; they know whole words alone."""
    for word in words:
        whole = re.search(rf"\w*{re.escape(word)}\w*", text, re.IGNORECASE)
        if whole:
            return f"#:~:text={quote(whole[0], safe='').replace('-', '%2D')}"
    return ""


ROUTES: Final = (Route("/search", look),)
