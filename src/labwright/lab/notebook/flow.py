"""The text of an entry as what reportlab sets: paragraphs, lists, tables and pictures."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

from labwright.lab.notebook.fonts import MONO, SANS
from labwright.lab.notebook.page import PICTURES, Page
from labwright.lab.notebook.text import ATTACHMENT, ROW, parse
from labwright.lab.packages import package

if TYPE_CHECKING:
    from markdown_it.token import Token

WIDTH: Final = 470.0
"""Points between the margins of a page."""
HEIGHT: Final = 620.0
MOST_PIXELS: Final = 50_000_000
"""A picture that has more is named, not shown."""
FAR: Final = ("http://", "https://", "mailto:")
_MARKS: Final = {"strong_open": "<b>", "strong_close": "</b>", "em_open": "<i>", "em_close": "</i>"} | {
    "s_open": "<strike>", "s_close": "</strike>", "hardbreak": "<br/>", "softbreak": " ",
}  # fmt: skip


class Flow:
    """Sets the text of one entry.

    Parameters
    ----------
    page : Page
    content : callable
        Gives the content of a file by its number.
    """

    def __init__(self, page: Page, content: Callable[[int], bytes]) -> None:
        self._page, self._content = page, content
        self._platypus = package("reportlab.platypus", "notebook")
        self._styles = styles()

    def story(self) -> list[Any]:
        """The text, as what is set one below the other."""
        return list(self._blocks(parse(self._page.text)))

    def _blocks(self, tokens: Sequence[Token]) -> Iterator[Any]:
        place = 0
        while place < len(tokens):
            token = tokens[place]
            end = _closing(tokens, place) if token.nesting == 1 else place
            yield from self._block(token, tokens[place + 1 : end])
            place = end + 1

    def _block(self, token: Token, inner: Sequence[Token]) -> Iterator[Any]:
        if token.type == "heading_open":
            yield self._paragraph(inner[0], f"h{min(int(token.tag[1]) + 1, 4)}")
        elif token.type == "paragraph_open":
            yield self._paragraph(inner[0], "text")
            yield from self._pictures(inner[0])
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield self._list(token, inner)
        elif token.type == "blockquote_open":
            item = self._platypus.ListItem(list(self._blocks(inner)))
            yield self._platypus.ListFlowable([item], bulletType="bullet", start=" ", bulletFontName=SANS)
        elif token.type in ("fence", "code_block"):
            yield self._platypus.XPreformatted(escape(_wrapped(token.content)), self._styles["code"])
        elif token.type == "table_open":
            yield self._table(inner)
        elif token.type == "hr":
            yield self._platypus.HRFlowable(width="100%", spaceBefore=6, spaceAfter=6)

    def _list(self, token: Token, inner: Sequence[Token]) -> Any:
        items = [self._platypus.ListItem(list(self._blocks(item))) for item in _items(inner)]
        kind = "1" if token.type.startswith("ordered") else "bullet"
        start = {"start": int(token.attrGet("start") or 1)} if kind == "1" else {}
        return self._platypus.ListFlowable(items, bulletType=kind, bulletFontName=SANS, bulletFontSize=9.5, **start)

    def _table(self, inner: Sequence[Token]) -> Any:
        rows: list[list[Any]] = []
        for place, token in enumerate(inner):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                rows[-1].append(self._paragraph(inner[place + 1], "bold" if token.type == "th_open" else "text"))
        grid = [("GRID", (0, 0), (-1, -1), 0.5, "#888888"), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        widths = [WIDTH / len(rows[0])] * len(rows[0])
        return self._platypus.Table(rows, colWidths=widths, style=grid, repeatRows=1, spaceAfter=8)

    def _paragraph(self, token: Token, style: str) -> Any:
        closing: list[str] = []
        text = "".join(self._inline(child, closing) for child in token.children or ())
        return self._platypus.Paragraph(text, self._styles[style])

    def _inline(self, token: Token, closing: list[str]) -> str:
        if token.type in _MARKS:
            return _MARKS[token.type]
        if token.type == "code_inline":
            return f'<font name="{MONO}">{escape(token.content)}</font>'
        if token.type == "link_open":
            href = str(token.attrGet("href") or "")
            closing.append("</a>" if href.startswith(FAR) else "</u>")
            return f"<a href={quoteattr(href)} color='#14532d'>" if href.startswith(FAR) else "<u>"
        if token.type == "link_close":
            return closing.pop()
        if token.type == "image":
            return f"[{escape(token.content)}]"
        return escape(token.content) if token.type in ("text", ROW, "html_inline") else ""

    def _pictures(self, token: Token) -> Iterator[Any]:
        for child in token.children or ():
            found = ATTACHMENT.fullmatch(str(child.attrGet("src") or "")) if child.type == "image" else None
            if found is not None:
                yield from self._picture(int(found[1]))

    def _picture(self, number: int) -> Iterator[Any]:
        attachment = self._page.attachment(number)
        if attachment is None or attachment.media_type not in PICTURES:
            return
        data = io.BytesIO(self._content(number))
        try:
            with package("PIL.Image", "notebook").open(data) as opened:
                width, height = opened.size
                data = _as_png(opened) if width * height <= MOST_PIXELS else io.BytesIO()
        except (OSError, ValueError, SyntaxError):
            return  # it is named in the text; what it holds is no picture
        if data.getbuffer().nbytes:
            scale = min(1.0, WIDTH / width, HEIGHT / height)
            yield self._platypus.Image(data, width=width * scale, height=height * scale, hAlign="LEFT")
            yield self._platypus.Spacer(1, 8)


def _as_png(picture: Any) -> io.BytesIO:
    made = io.BytesIO()
    picture.convert("RGBA" if "A" in picture.getbands() or picture.mode == "P" else "RGB").save(made, "PNG")
    made.seek(0)
    return made


def _closing(tokens: Sequence[Token], place: int) -> int:
    depth = 0
    for end in range(place, len(tokens)):
        depth += tokens[end].nesting
        if depth == 0:
            return end
    return len(tokens) - 1


def _items(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    place = 0
    while place < len(tokens):
        end = _closing(tokens, place)
        yield tokens[place + 1 : end]
        place = end + 1


def _wrapped(text: str, width: int = 95) -> str:
    """Lines of code that fit onto a page."""
    lines = (line.expandtabs(4) for line in text.rstrip("\n").split("\n"))
    return "\n".join("\n".join(line[i : i + width] for i in range(0, len(line), width)) or "" for line in lines)


def styles() -> dict[str, Any]:
    """How each kind of text is set."""
    make = package("reportlab.lib.styles", "notebook").ParagraphStyle
    text = make("text", fontName=SANS, fontSize=9.5, leading=13.5, spaceAfter=6, wordWrap="LTR", splitLongWords=1)
    sizes = {"h1": 17, "h2": 14, "h3": 12, "h4": 10.5}
    heads = {
        name: make(
            name, text, fontName=f"{SANS}-Bold", fontSize=size, leading=size * 1.3, spaceBefore=8, keepWithNext=1
        )
        for name, size in sizes.items()
    }
    small = make("small", text, fontSize=7.5, leading=10, spaceAfter=2, textColor="#444444")
    code = make("code", text, fontName=MONO, fontSize=8, leading=10.5, backColor="#f2f2f2", borderPadding=4)
    return {"text": text, "small": small, "code": code, "bold": make("bold", text, fontName=f"{SANS}-Bold"), **heads}
