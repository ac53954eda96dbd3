"""Entries as values."""

from __future__ import annotations

from typing import Any

import labwright as lw
from labwright.lab.notebook.page import Attachment, Comment, Link, Page, Signature
from labwright.lab.notebook.tables import Tables

FILE = ("attachment", "name", "media_type", "size", "sha256")


def read_page(tables: Tables, entry: int) -> Page:
    """An entry with all that belongs to it.

    Raises
    ------
    LabwrightError
        When there is none of this number.
    """
    key = {"entry": entry}
    found = (tables.Entry & key).to_dicts()
    if not found:
        raise lw.LabwrightError(f"There is no entry {entry} in the lab book.")
    amended = (tables.Entry.Amended & key).to_arrays("amended")
    return Page(
        **found[0],
        amended=int(amended[0]) if len(amended) else None,
        attachments=read_attachments(tables.Entry.Attachment & key),
        links=[_link(row) for row in (tables.Entry.Link & key).to_dicts(order_by="KEY")],
        comments=[_comment(row) for row in (tables.Comment & key).to_dicts(order_by="KEY")],
        signatures=read_signatures(tables, entry),
    )


def read_attachments(found: Any) -> list[Attachment]:
    """The files of an entry, without their content."""
    rows = found.proj(*FILE[1:]).to_dicts(order_by="KEY")
    return [Attachment(*(row[name] for name in FILE)) for row in rows]


def read_signatures(tables: Tables, entry: int) -> list[Signature]:
    """The signatures of an entry, the author's first."""
    key = {"entry": entry}
    return signatures_of(tables.Signature & key, tables.TimeStamp & key)


def signatures_of(signed: Any, stamped: Any) -> list[Signature]:
    """The signatures of one thing, the first one first, with their time stamps."""
    stamps = {row["signature"]: row for row in stamped.to_dicts()}
    return [_signature(row, stamps) for row in signed.to_dicts(order_by="signature")]


def _signature(row: Any, stamps: Any) -> Signature:
    names = ("signature", "person", "full_name", "meaning", "signed", "how", "hash", "record")
    stamp = stamps.get(row["signature"])
    more = () if stamp is None else (stamp["moment"], stamp["authority"], bytes(stamp["token"]))
    return Signature(*(row[name] for name in names), *more)


def _link(row: Any) -> Link:
    return Link(row["target"], row["row"], bool(row["in_text"]))


def _comment(row: Any) -> Comment:
    return Comment(row["comment"], row["author"], row["written"], row["text"])
