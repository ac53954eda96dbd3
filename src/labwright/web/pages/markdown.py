"""Texts that people write as HTML: whatever somebody has written, what comes out is harmless."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markupsafe import Markup

from labwright.lab.notebook.text import ATTACHMENT, ROW, parse

if TYPE_CHECKING:
    from markdown_it.token import Token

FAR: Final = ("http://", "https://", "mailto:")
TAGS: Final = frozenset(
    "a blockquote br code del em h2 h3 h4 h5 h6 hr img li ol p pre s span strong table tbody td th thead tr ul".split()
)
ATTRIBUTES: Final = {
    "a": {"href", "class", "download"},
    "img": {"src", "alt", "loading"},
    "ol": {"start"},
    "span": {"class"},
    "th": {"scope"},
}
Row = Callable[[str, str], "tuple[str, str] | None"]
File = Callable[[int], "tuple[str, bool] | None"]


def markdown(text: str) -> Markup:
    r"""A text of a lab as HTML, its headings one level below that of the page.

    It shows no pictures: those of others would tell them who looks at a page.

    Examples
    --------
    >>> markdown("# Mice\n**12** of them <script>alert(1)</script>")
    Markup('<h2>Mice</h2>\n<p><strong>12</strong> of them &lt;script&gt;alert(1)&lt;/script&gt;</p>\n')
    """
    return _clean(_parser().render(text), TAGS - {"img"})


def note(text: str, row: Row, file: File) -> Markup:
    """A text of the lab book as HTML.

    Parameters
    ----------
    text : str
    row : callable
        Gives address and name of the row that a table and a key stand for; None where there is none for the reader.
    file : callable
        Gives the address of a file of the entry by its number, and whether it is a picture.
    """
    renderer: Any = _Note(row, file)
    return _clean(renderer.render(parse(text), _parser().options, {}))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}, renderer_cls=_Text).enable("table")


def _clean(html: str, tags: Set[str] = TAGS) -> Markup:
    found = nh3.clean(
        html,
        tags=set(tags),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items() if tag in tags},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return Markup(found)  # noqa: S704 - it was cleaned just now


class _Text(RendererHTML):
    """Writes tokens as HTML, headings one level down: the title of the page is the only first one."""

    def __init__(self, parser: Any = None) -> None:
        super().__init__(parser)
        rules: dict[str, Any] = self.rules
        rules |= {"heading_open": self._heading, "heading_close": self._heading}

    def _heading(self, tokens: Sequence[Token], place: int, *_: Any) -> str:
        token = tokens[place]
        level = min(int(token.tag[1]) + 1, 6)
        return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"


class _Note(_Text):
    """Writes tokens as HTML; addresses are those of the reader's own server, or of the wide world, and no other."""

    def __init__(self, row: Row, file: File) -> None:
        super().__init__()
        self._row, self._file = row, file
        rules: dict[str, Any] = self.rules
        rules |= {ROW: self._reference, "image": self._image, "link_open": self._open_link}

    def _reference(self, tokens: Sequence[Token], place: int, *_: Any) -> str:
        token = tokens[place]
        found = self._row(token.meta["table"], token.meta["key"])
        if found is None:
            return escape(token.content)
        return f'<a class="row" href="{escape(found[0])}">{escape(found[1])}</a>'

    def _image(self, tokens: Sequence[Token], place: int, *_: Any) -> str:
        token = tokens[place]
        found = self._found(str(token.attrGet("src") or ""))
        if found is None:
            return f'<span class="missing">[{escape(token.content)}]</span>'
        address, is_picture = found
        if not is_picture:
            return f'<a href="{escape(address)}">{escape(token.content) or "file"}</a>'
        return f'<img src="{escape(address)}" alt="{escape(token.content)}" loading="lazy">'

    def _open_link(self, tokens: Sequence[Token], place: int, *_: Any) -> str:
        href = str(tokens[place].attrGet("href") or "")
        found = self._found(href)
        if found is not None:
            return f'<a href="{escape(found[0])}">'
        return f'<a href="{escape(href)}">' if href.lower().startswith(FAR) else "<a>"

    def _found(self, address: str) -> tuple[str, bool] | None:
        found = ATTACHMENT.fullmatch(address)
        return self._file(int(found[1])) if found else None
