"""Who stands for rows, and whether these are still what was signed. To sign is for people: they show who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import Field

from labwright.web.api.here import OfRow, OfTable
from labwright.web.api.models import Model
from labwright.web.api.problems import problems, told
from labwright.web.api.values import moment
from labwright.web.desk.row_signing import Signing, signatures_of

if TYPE_CHECKING:
    from labwright.lab.notebook import Signature, Verification

router = APIRouter(tags=["signatures"])


class SignatureModel(Model):
    """Who stands for something."""

    person: str
    full_name: str
    meaning: str = Field(description="`author`, `witness`, `review` or `approval`.")
    signed: str
    how: str = Field(description="How the person had shown who they are.")
    hash: str = Field(description="SHA-256 of what was signed.")
    stamped: str | None = Field(description="When an authority has seen that; null when none has.")
    authority: str


class Verified(Model):
    """Whether something is what was signed."""

    good: bool = Field(description="It is signed, and all is as it was signed.")
    hash: str = Field(description="SHA-256 of what is there now.")
    stamped: bool = Field(description="Whether time stamps hold for all signatures.")
    problems: list[str]


def signed(one: Signature) -> SignatureModel:
    """A signature, without its time stamp's bytes."""
    return SignatureModel(
        person=one.person, full_name=one.full_name, meaning=one.meaning, signed=one.signed.isoformat(), how=one.how,
        hash=one.hash, stamped=moment(one.stamped), authority=one.authority,
    )  # fmt: skip


def verified(found: Verification) -> Verified:
    """What came of a look."""
    return Verified(good=found.is_good, hash=found.hash, stamped=found.is_stamped, problems=list(found.problems))


@router.get("/tables/{table}/rows/{key}/signatures", responses=problems())
def list_signatures(sheet: OfTable, key: OfRow) -> list[SignatureModel]:
    """List who has signed a row."""
    sheet.row(key)
    return list(map(signed, signatures_of(sheet, key)))


@router.get("/tables/{table}/rows/{key}/verify", responses=problems())
def verify_row(sheet: OfTable, key: OfRow) -> Verified:
    """Look whether a row, with its parts and what it has in stores, is what was signed."""
    with told(sheet):
        return verified(Signing(sheet, key).verify())
