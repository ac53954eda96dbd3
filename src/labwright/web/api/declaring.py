"""Making tables."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

import labwright as lw
from labwright.web.api.here import AtDesk
from labwright.web.api.models import NAME, NewTable, TableDetails
from labwright.web.api.problems import ToldError, problems, status_of
from labwright.web.api.tables import details
from labwright.web.desk.declaring import declare

router = APIRouter(tags=["tables"])


@router.post("/schemas/{schema}/tables", status_code=201, responses=problems(409))
def declare_table(
    desk: AtDesk, schema: Annotated[str, Path(pattern=NAME, max_length=63)], given: NewTable
) -> TableDetails:
    """Make a table of a definition; it may refer to `Mouse` in its own schema, and to `colony.Mouse` in another."""
    try:
        return details(declare(desk, schema, given.name, given.tier, given.definition, given.parts))
    except lw.LabwrightError as error:
        raise ToldError(status_of(error), str(error)) from error
