"""Keys in addresses."""

from __future__ import annotations

from urllib.parse import quote, unquote

from hypothesis import given
from hypothesis import strategies as st

from labwright.web.desk.address import read_key, spell_key


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_what_is_spelled_is_read(values: list[str]) -> None:
    spelled = spell_key(values)
    assert read_key(spelled) == tuple(values)
    assert "/" not in spelled
    assert unquote(quote(spelled, safe="~,:")) == spelled


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_read_is_spelled_so(text: str) -> None:
    """There is one address for each row."""
    values = read_key(text)
    assert values is None or spell_key(values) == text
