"""Signing entries, and letting authorities stamp signatures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import labwright as lw
from labwright.lab.canonical import digest
from labwright.lab.notebook.canonical import entry_bytes, signature_bytes
from labwright.lab.notebook.page import Page, Signature
from labwright.lab.notebook.reading import read_page, read_signatures

if TYPE_CHECKING:
    from labwright.lab.notebook.authority import Authority
    from labwright.lab.notebook.tables import Tables


def check_signer(page: Page, person: str) -> None:
    """Refuse who may not sign an entry, as it stands, in the name of the lab book's own rules.

    Raises
    ------
    LabwrightError
        Says who may.
    """
    if any(s.person == person for s in page.signatures):
        raise lw.LabwrightError(f"{person} has signed entry {page.entry} already.")
    if not page.signatures and person != page.author:
        raise lw.LabwrightError(f"The first to sign entry {page.entry} is its author, {page.author}.")
    if page.locked_by not in ("", person):
        raise lw.LabwrightError(f"Entry {page.entry} is locked by {page.locked_by}: it has to be unlocked first.")


def sign(tables: Tables, entry: int, person: str, full_name: str, how: str, *, seal: bool) -> Signature:
    """Seal an entry and add a signature.

    To seal it is the first that is done in the transaction: it waits for those who are about to add something, and
    what is read from then on is what they have left.
    """
    if seal:
        tables.Entry.update1({"entry": entry, "sealed": True, "locked_by": ""}, expected={"sealed": False})
    page = read_page(tables, entry)
    check_signer(page, person)
    made = _signature(page, person, full_name, how)
    row = {"entry": entry, "signature": made.number, "person": person, "full_name": full_name, "how": how}
    row |= {"meaning": made.meaning, "signed": made.signed, "hash": made.hash, "record": made.record}
    tables.Signature.insert1(row)
    return made


def _signature(page: Page, person: str, full_name: str, how: str) -> Signature:
    number = len(page.signatures) + 1
    meaning = "witness" if page.signatures else "author"
    made = Signature(
        number, person, full_name, meaning, datetime.now(UTC), how, digest(entry_bytes(page)), record=""
    )  # fmt: skip
    previous = page.signatures[-1].record if page.signatures else None
    return replace(made, record=digest(signature_bytes(page.entry, made, previous)))


def unstamped(tables: Tables) -> list[tuple[int, int]]:
    """The signatures that no authority has seen."""
    rows = (tables.Signature - tables.TimeStamp).keys(order_by="KEY")
    return [(row["entry"], row["signature"]) for row in rows]


def stamp(tables: Tables, authority: Authority, entry: int | None = None) -> int:
    """Let an authority stamp what it has not seen; return how many."""
    found = [(e, number) for e, number in unstamped(tables) if entry in (None, e)]
    for e, number in found:
        signatures = read_signatures(tables, e)
        previous = signatures[number - 2].record if number > 1 else None
        token, moment = authority.stamp(signature_bytes(e, signatures[number - 1], previous))
        row = {"entry": e, "signature": number, "authority": authority.url, "moment": moment, "token": token}
        tables.TimeStamp.insert1(row)
    return len(found)
