"""Who asks, and about which table."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from labwright.web.desk.desk import Desk
from labwright.web.desk.keys import key_of
from labwright.web.desk.sheet import Sheet
from labwright.web.site import desk_of


def _desk(request: Request) -> Desk:
    return desk_of(request)


AtDesk = Annotated[Desk, Depends(_desk)]


def _sheet(desk: AtDesk, table: Annotated[str, Path(description="Such as `lab.Session`.")]) -> Sheet:
    return desk.sheet(table)


OfTable = Annotated[Sheet, Depends(_sheet)]
KEY = "The values of the key in its order, with commas between them; `~c` stands for a comma, `~s` for a stroke."


def _key(sheet: OfTable, key: Annotated[str, Path(description=KEY)]) -> dict[str, Any]:
    return key_of(sheet, key)


OfRow = Annotated[dict[str, Any], Depends(_key)]
