"""Which rows of a table an address asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import Depends, Query, Request

from labwright.web.api.here import OfTable
from labwright.web.desk.grid.listing import Listing, exact_listing
from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import RESERVED

OWN: Final = frozenset({"after", "blobs", "columns", "format", "limit", "q", "sort"})
"""Parameters that are no filters."""
Sort = Annotated[
    str, Query(max_length=2000, description="Attributes with commas between them; those behind a minus fall.")
]
Words = Annotated[str, Query(max_length=500, description="Words that have to be in the row, each in some column.")]
Columns = Annotated[
    str,
    Query(
        max_length=4000,
        description="With commas between them; `Mouse:sex` is one of what rows refer to. Without, all that is light.",
    ),
]


def filters(request: Request) -> Iterator[tuple[str, str]]:
    """The filters of an address: any parameter that means nothing else."""
    for name, text in request.query_params.multi_items():
        if name in RESERVED and name not in OWN:
            raise BadRequestError(f"{name}: a filter of such an attribute is written {name}.eq.")
        if name not in OWN:
            yield name, text


def listing(request: Request, sheet: OfTable, sort: Sort = "", columns: Columns = "", q: Words = "") -> Listing:
    """What somebody wants to see of a table."""
    return exact_listing(sheet, [("sort", sort), ("columns", columns), ("q", q), *filters(request)])


def whole_listing(request: Request, sheet: OfTable, sort: Sort = "", q: Words = "") -> Listing:
    """The same where it is said apart which columns."""
    return exact_listing(sheet, [("sort", sort), ("q", q), *filters(request)])


Listed = Annotated[Listing, Depends(listing)]
WholeListed = Annotated[Listing, Depends(whole_listing)]
