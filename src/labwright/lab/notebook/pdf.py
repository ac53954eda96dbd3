"""Entries as a PDF file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape

from labwright.lab.canonical import digest, moment
from labwright.lab.notebook.canonical import entry_bytes
from labwright.lab.notebook.flow import Flow, styles
from labwright.lab.notebook.fonts import SANS, use_fonts
from labwright.lab.notebook.page import Page, Signature
from labwright.lab.packages import package

Content = Callable[[int, int], bytes]


def to_pdf(pages: Sequence[Page], content: Content) -> bytes:
    """Entries as the bytes of one file, each beginning a page of it."""
    use_fonts()
    platypus = package("reportlab.platypus", "notebook")
    made = io.BytesIO()
    title = pages[0].title if len(pages) == 1 else f"{len(pages)} entries of the lab book"
    document = platypus.SimpleDocTemplate(
        made, pagesize=package("reportlab.lib.pagesizes", "notebook").A4, title=title, creator="Labwright",
        author=", ".join(dict.fromkeys(p.author for p in pages)),
        leftMargin=56, rightMargin=56, topMargin=56, bottomMargin=56,
    )  # fmt: skip
    story: list[Any] = []
    for page in pages:
        story += [*([platypus.PageBreak()] if story else []), *_entry(page, content)]
    document.build(story or [platypus.Spacer(1, 1)], onFirstPage=_foot, onLaterPages=_foot)
    return made.getvalue()


def _foot(canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont(SANS, 7.5)
    canvas.drawRightString(539, 32, str(document.page))
    canvas.restoreState()


def _entry(page: Page, content: Content) -> Iterator[Any]:
    platypus, known = package("reportlab.platypus", "notebook"), styles()

    def line(text: str, style: str = "small") -> Any:
        return platypus.Paragraph(escape(text), known[style])

    yield line(f"{page.entry}  {page.title}", "h1")
    yield line(f"{page.day.isoformat()} · {page.author} · begun {moment(page.made)}")
    if page.amended is not None:
        yield line(f"It amends entry {page.amended}.")
    yield platypus.Spacer(1, 8)
    yield from Flow(page, lambda number: content(page.entry, number)).story()
    for head, lines in _lists(page):
        if lines:
            yield line(head, "h3")
            yield from map(line, lines)


def _lists(page: Page) -> Iterator[tuple[str, list[str]]]:
    """What stands below the text."""
    yield "Rows", [f"{link.target} {link.row}" for link in page.links]
    yield "Files", [f"{a.number}  {a.name}, {a.size} bytes, SHA-256 {a.sha256}" for a in page.attachments]
    yield "Comments", [f"{c.author}, {moment(c.written)}: {c.text}" for c in page.comments]
    yield "Signatures", [text for s in page.signatures for text in _signature(s)]
    state = "SHA-256 of the entry" if page.signatures else "Not signed. SHA-256 of the entry as it is"
    yield "Hash", [f"{state}: {digest(entry_bytes(page))}"]


def _signature(signature: Signature) -> Iterator[str]:
    who = f"{signature.full_name} ({signature.person})" if signature.full_name else signature.person
    yield f"{who}, {signature.meaning}, {moment(signature.signed)}, {signature.how}"
    yield f"SHA-256 of what was signed: {signature.hash}"
    yield f"SHA-256 of the signature: {signature.record}"
    if signature.stamped is not None:
        yield f"Time stamp of {signature.authority}: {moment(signature.stamped)}"
