"""What is signed, as bytes: the same bytes on every machine, which others can make without this program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import labwright as lw
from labwright.lab.canonical import moment, to_json
from labwright.lab.notebook.page import Page, Signature

ENTRY_FORMAT = "labwright notebook entry 1"
SIGNATURE_FORMAT = "labwright notebook signature 1"
ROW_SIGNATURE_FORMAT = "labwright row signature 1"


def key_text(key: Mapping[str, Any]) -> str:
    """The key of a row as links have it.

    Raises
    ------
    LabwrightError
        When it cannot be written so, or is too long.

    Examples
    --------
    >>> from datetime import date
    >>> key_text({"session": date(2026, 3, 1), "mouse": 3})
    '{"mouse":3,"session":"2026-03-01"}'
    """
    text = to_json({name: _plain(value) for name, value in key.items()})
    if len(text) > MAX_KEY:
        raise lw.LabwrightError(f"The key {text[:80]}... is too long to be linked to: {MAX_KEY} characters at most.")
    return text


MAX_KEY = 255


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        raise lw.LabwrightError("A row whose key is a floating-point number cannot be linked to.")
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return moment(value)
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise lw.LabwrightError(f"A row whose key has a {type(value).__name__} cannot be linked to.")


def entry_bytes(page: Page) -> bytes:
    """What is signed of an entry: all but comments, the lock and the signatures themselves."""
    files = [
        {"attachment": a.number, "media_type": a.media_type, "name": a.name, "sha256": a.sha256, "size": a.size}
        for a in sorted(page.attachments, key=lambda a: a.number)
    ]
    links = [{"row": row, "target": target} for target, row in sorted((k.target, k.row) for k in page.links)]
    signed = {
        "amended": page.amended,
        "attachments": files,
        "author": page.author,
        "day": page.day.isoformat(),
        "entry": page.entry,
        "format": ENTRY_FORMAT,
        "links": links,
        "made": moment(page.made),
        "text": page.text,
        "title": page.title,
    }
    return to_json(signed).encode()


def signature_bytes(entry: int, signature: Signature, previous: str | None) -> bytes:
    """What is time-stamped of a signature, and what the next one follows."""
    return _signature_bytes({"entry": entry, "format": SIGNATURE_FORMAT}, signature, previous)


def row_signature_bytes(target: str, row: str, signature: Signature, previous: str | None) -> bytes:
    """The same of a signature of a row; `row` is its key as links have it."""
    return _signature_bytes({"format": ROW_SIGNATURE_FORMAT, "row": row, "table": target}, signature, previous)


def _signature_bytes(subject: Mapping[str, Any], signature: Signature, previous: str | None) -> bytes:
    signed = {
        **subject,
        "full_name": signature.full_name,
        "hash": signature.hash,
        "how": signature.how,
        "meaning": signature.meaning,
        "person": signature.person,
        "previous": previous,
        "signature": signature.number,
        "signed": moment(signature.signed),
    }
    return to_json(signed).encode()
