"""The lab book: its entries by day, one of them, and writing it."""

from __future__ import annotations

from typing import Final

from labwright.web.pages.notebook import entry, listing, writing
from labwright.web.pages.notebook.entry import notes as notes
from labwright.web.pages.notebook.writing import LARGER as LARGER

ROUTES: Final = (*listing.ROUTES, *writing.ROUTES, *entry.ROUTES)
