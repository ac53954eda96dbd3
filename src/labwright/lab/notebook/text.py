"""The text of entries: Markdown, with ``[[lab.Mouse/3]]`` for rows and ``@name`` for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from labwright.lab.packages import package

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

ROW: Final = "row_reference"
"""The type of the tokens that stand for rows; their `meta` has `table` and `key`."""
ATTACHMENT: Final = re.compile(r"attachment:([1-9][0-9]{0,4})")
"""The address of a file of the entry itself."""
_ROW: Final = re.compile(r"\[\[([^\W\d]\w*(?:\.[^\W\d]\w*)+)/([^\[\]\n]{1,255})\]\]")
_MENTION: Final = re.compile(r"(?<![\w@./])@([\w][\w.-]{0,62}\w|\w)")


def parse(text: str) -> list[Token]:
    """The tokens of a text, as markdown-it makes them. What is written as HTML is text."""
    return _parser().parse(text)


def references(text: str) -> list[tuple[str, str]]:
    """The rows that stand in a text, each once: their tables, and their keys as they are written.

    Examples
    --------
    >>> references("As [[lab.Mouse/3]] and [[lab.Session/3,1]], not `[[lab.Mouse/4]]`.")
    [('lab.Mouse', '3'), ('lab.Session', '3,1')]
    """
    return list(dict.fromkeys((t.meta["table"], t.meta["key"]) for t in _inline(text) if t.type == ROW))


def mentions(text: str) -> list[str]:
    """The people who are called in a text, each once.

    Examples
    --------
    >>> mentions("@ana, is this right? ben@example.org thinks so. `@nobody` @ana")
    ['ana']
    """
    found = (name for t in _inline(text) if t.type == "text" for name in _MENTION.findall(t.content))
    return list(dict.fromkeys(found))


def _inline(text: str) -> Iterator[Token]:
    for block in parse(text):
        yield from block.children or ()


@cache
def _parser() -> MarkdownIt:
    made: MarkdownIt = package("markdown_it", "notebook").MarkdownIt("commonmark", {"html": False})
    made.enable(["table", "strikethrough"])
    made.inline.ruler.before("link", ROW, _row)
    return made


def _row(state: StateInline, silent: bool) -> bool:
    found = _ROW.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token: Any = state.push(ROW, "", 0)
        token.content = found[0]
        token.meta = {"table": found[1], "key": found[2]}
    state.pos = found.end()
    return True
