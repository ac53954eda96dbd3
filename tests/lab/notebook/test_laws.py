"""What holds for any entry: what is signed tells entries apart, and any text can be set."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.notebook import Attachment, Link, Page
from labwright.lab.notebook.canonical import entry_bytes, key_text
from labwright.lab.notebook.pdf import to_pdf
from labwright.lab.notebook.text import mentions, references

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
FILES = st.builds(Attachment, st.integers(1, 99), WORDS, WORDS, st.integers(0, 2**40), WORDS)
LINKS = st.builds(Link, WORDS, WORDS)
PAGES = st.builds(
    Page, st.integers(1, 2**31), st.dates(), WORDS, WORDS, WORDS, st.datetimes(timezones=st.just(UTC)),
    amended=st.none() | st.integers(1, 9), attachments=st.lists(FILES, max_size=3, unique_by=lambda a: a.number),
    links=st.lists(LINKS, max_size=3, unique=True),
)  # fmt: skip
PIECES = st.sampled_from(
    [
        *("a", " ", "\n", "\n\n", "# ", "- ", "1. ", "> ", "    ", "**", "*", "_", "`", "```\n", "~~", "|", "|-|-|\n"),
        *("---\n", "[", "](", ")", "![", "<b>", "</b>", "<", ">", "&", "&amp;", "&#0;", '"', "'", "\\", "@ana", "\t"),
        *("[[lab.Mouse/3]]", "https://x.y", "attachment:1", "<https://x.y>", "é😀漢", "<para>", "<br/>", "[x]: y\n"),
        *("|a|b|\n|-|-|\n|c|d|\n", "- - x\n", "> - x\n", "- > x\n", "1. ```\n   x\n   ```\n", "  \n"),
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


def signed_part(page: Page) -> Any:
    files = sorted(page.attachments, key=lambda a: a.number)
    links = sorted((k.target, k.row) for k in page.links)
    own = (page.entry, page.day, page.title, page.text, page.author, page.made, page.amended)
    return own, files, links


@given(PAGES, PAGES)
def test_what_is_signed_tells_entries_apart(one: Page, other: Page) -> None:
    assert (entry_bytes(one) == entry_bytes(other)) == (signed_part(one) == signed_part(other))


@given(PAGES)
def test_what_is_signed_can_be_read(page: Page) -> None:
    found = json.loads(entry_bytes(page))
    assert (found["text"], found["title"], found["author"]) == (page.text, page.title, page.author)
    assert len(found["attachments"]) == len(page.attachments)
    assert json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == entry_bytes(page)


@given(st.dictionaries(WORDS, st.integers() | WORDS | st.dates() | st.uuids() | st.booleans(), max_size=3))
def test_keys_are_told_apart(key: dict[str, Any]) -> None:
    try:
        text = key_text(key)
    except lw.LabwrightError:
        assume(False)
    assert set(json.loads(text)) == set(key)
    assert key_text(dict(reversed(key.items()))) == text


@pytest.mark.parametrize("value", [1.5, b"1", None, [1]])
def test_what_cannot_be_linked(value: Any) -> None:
    with pytest.raises(lw.LabwrightError, match="cannot be linked to"):
        key_text({"a": value})
    with pytest.raises(lw.LabwrightError, match="too long"):
        key_text({"a": "x" * 300})


@given(TEXTS)
@settings(max_examples=60)
def test_any_text_can_be_set(text: str) -> None:
    picture = Attachment(1, "a.png", "image/png", 3, "")
    page = Page(1, date(2026, 1, 1), text[:50], text, "ana", datetime.now(UTC), attachments=[picture])
    assert len(pypdfium2.PdfDocument(to_pdf([page], lambda *_: b"xyz"))) >= 1


@given(TEXTS)
def test_any_text_is_looked_through(text: str) -> None:
    assert set(references(text)) <= {("lab.Mouse", "3")}
    assert all(name in text for name in mentions(text))
