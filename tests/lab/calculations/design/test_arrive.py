"""The ARRIVE checklist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import labwright as lw
from labwright.lab.calculations.design import checklist
from labwright.lab.calculations.design.arrive import ITEMS, NOT_RECORDED

LETTERS = [letter for item in ITEMS for letter in item.questions]
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("*_[]()<>`#1.&\\|~-+@:")
)


def test_the_items_are_those_of_the_guidelines() -> None:
    """Percie du Sert et al. 2020: the sub-items of each of 21."""
    parts = [2, 2, 3, 2, 1, 2, 2, 2, 4, 2, 1, 2, 1, 1, 1, 3, 2, 1, 1, 1, 2]
    assert [item.number for item in ITEMS] == list(range(1, 22))
    assert [len(item.questions) for item in ITEMS] == parts
    assert [item.group for item in ITEMS] == ["essential"] * 10 + ["recommended"] * 11
    assert LETTERS[:5] + LETTERS[9:12] == ["1a", "1b", "2a", "2b", "3a", "5", "6a", "6b"]


@given(st.dictionaries(st.sampled_from(LETTERS), st.none() | texts | st.lists(texts, max_size=2)))
def test_what_is_recorded_and_what_is_not_are_all_items(answers: dict[str, str | list[str] | None]) -> None:
    found = checklist("Fear", answers)
    assert sorted([*found.answers, *found.missing()]) == sorted(LETTERS)
    for text in (found.to_text(), found.to_markdown()):
        assert text.count(NOT_RECORDED) >= len(found.missing())
        assert f"Recorded: {len(found.answers)} of 38." in text
    assert all(sentence.strip() for sentences in found.answers.values() for sentence in sentences)


def test_it_is_read_from_top_to_bottom() -> None:
    text = checklist("Fear", {"1b": "The cage.", "2a": ["8 cages.", "32 animals."]}).to_text()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert lines[:4] == ["ARRIVE 2.0 checklist: Fear", "Recorded: 2 of 38.", "The essential ten", "1. Study design"]
    assert lines[5] == NOT_RECORDED
    assert lines[7] == "The cage."
    assert lines[lines.index("8 cages.") + 1] == "32 animals."
    assert lines.index("10. Results") < lines.index("Recommended") < lines.index("11. Abstract")


@given(texts)
def test_what_was_recorded_stays_text(answer: str) -> None:
    found = checklist(answer, {"21b": answer})
    tokens = MarkdownIt("commonmark").enable("table").parse(found.to_markdown())
    inline = [token for token in tokens if token.type == "inline"]
    expected = " ".join(answer.split()) or NOT_RECORDED
    assert "".join(child.content for child in inline[-1].children or []) == expected
    assert {child.type for child in inline[0].children or []} <= {"text", "text_special"}
    assert (
        not {token.type for token in tokens}
        - {
            f"{kind}_{end}"
            for kind in ("heading", "paragraph", "bullet_list", "list_item")
            for end in ("open", "close")
        }
        - {"inline"}
    )


def test_there_is_no_other_item() -> None:
    with pytest.raises(lw.errors.DataError, match=r"ARRIVE has no item 22, 2c\. Its items are 1a, 1b"):
        checklist("Fear", {"2c": "yes", "22": "yes"})
