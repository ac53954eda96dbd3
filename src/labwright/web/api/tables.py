"""Which tables there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from labwright.web.api.here import AtDesk, OfTable
from labwright.web.api.models import AttributeModel, ReferenceModel, TableDetails, TableModel
from labwright.web.api.problems import problems
from labwright.web.fields import field_of
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

router = APIRouter(tags=["tables"])


@router.get("/tables", responses=problems())
def list_tables(desk: AtDesk) -> list[TableModel]:
    """List the tables that you may read, parents first."""
    return [TableModel(**_short(sheet)) for sheet in desk.sheets()]


@router.get("/tables/{table}", responses=problems())
def describe_table(sheet: OfTable) -> TableDetails:
    """Describe a table."""
    return details(sheet)


def details(sheet: Sheet) -> TableDetails:
    """All that is told of a table."""
    return TableDetails(
        **_short(sheet),
        attributes=[_attribute(sheet, name) for name in sheet.heading],
        references=[ReferenceModel(table=r.sheet.name, attributes=dict(r.attributes)) for r in sheet.references],
        parts=[part.name for part in sheet.parts],
        may=[str(verb) for verb in Verb if sheet.may(verb)],
        definition=sheet.definition,
    )


def _short(sheet: Sheet) -> dict[str, Any]:
    return {"name": sheet.name, "tier": sheet.tier, "comment": sheet.comment, "master": sheet.master_name}


def _attribute(sheet: Sheet, name: str) -> AttributeModel:
    attribute = sheet.heading[name]
    field = field_of(attribute)
    return AttributeModel(
        name=name,
        type=str(attribute.type),
        kind=field.kind,
        key=attribute.in_key,
        nullable=attribute.nullable,
        default=field.default or None,
        comment=attribute.comment,
        unit=field.unit,
        choices=[text for text, _ in field.input.choices],
    )
