"""The published grammar, in lark, accepts the same texts as the parser."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import UnexpectedInput

from labwright.core.errors import DefinitionError, DefinitionSyntaxError
from labwright.define.format import format_spec
from labwright.define.parser import parse
from labwright.testing.definitions import table_specs

GRAMMAR = r"""
start: line (NEWLINE line)*
line: [statement] [COMMENT]
?statement: DIVIDER | attribute | reference | index

attribute: NAME ["=" default] ":" type
?default: STRING | BARE
?type: codec | stored | words
codec: "<" WORD ["@" [STORE]] ">"
stored: WORD "@" STORE
words: WORD+ ["(" argument ("," argument)* ")" WORD*]
?argument: STRING | NUMBER

reference: "->" [options] target [PROJ "(" [rename ("," rename)* [","]] ")"]
         | "(" NAME ("," NAME)* ")" "->" [options] target ["(" NAME ("," NAME)* ")"]
options: "[" OPTION ("," OPTION)* "]"
target: WORD ("." WORD)*
rename: NAME "=" QUOTED_NAME | QUOTED_NAME | "..."

index: INDEX "(" column ("," column)* ")"
?column: NAME | JSON_PATH | "(" piece+ ")"
?piece: STRING | SQL | "(" piece* ")"

NEWLINE: /\r\n|\r|\n/
COMMENT: /#[^\r\n\0]*/
DIVIDER: /-{3,}|_{3,}/
INDEX.2: /(unique[^\S\r\n]+)?index/i
PROJ: /\.[^\S\r\n]*proj(?!\w)/
OPTION: /nullable|unique/i
NAME: /[a-z][a-z0-9_]{0,63}/
QUOTED_NAME: /'[a-z][a-z0-9_]{0,63}'|"[a-z][a-z0-9_]{0,63}"/
WORD: /[^\W\d]\w*/
STORE: /[\w.-]+/
NUMBER: /[0-9]{1,9}/
STRING: /'(?:[^'\r\n\0]|'')*'|"(?:[^"\r\n\0]|"")*"/
BARE: /[^\s:#'"\0][^:#'"\r\n\0]*/
JSON_PATH: /[^\W\d]\w*(?:\.\w+|\[[0-9]+\])+(?:[^\S\r\n]*:[^\S\r\n]*[^\W\d]\w*(?:[^\S\r\n]*\([0-9,\t ]*\))?)?/
SQL: /[^()'"\s\0]+/
BLANK: /[^\S\r\n]+/
%ignore BLANK
"""

VALID = sorted((Path(__file__).parent / "definitions").glob("*.txt"))
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "definition-language.md"
EXAMPLES = re.findall(r"```definition\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
TOKENS = ["a", "index", "unique", "->", "P", ".proj(", "int", "8", "nullable", "'x'", '"y"', *"()[]=:,<>@.# \n", "---"]
MARKS = "'\"#:=()<>[]@,.-_ \t\n\raNu1"


@cache
def _grammar() -> Lark:
    return Lark(GRAMMAR, parser="earley", lexer="dynamic")


def _grammar_accepts(text: str) -> bool:
    try:
        _grammar().parse(text)
    except UnexpectedInput:
        return False
    return True


def _agree(text: str) -> None:
    """Check the verdicts; what the parser refuses for its meaning, the grammar may take or not."""
    try:
        parse(text)
    except DefinitionSyntaxError:
        assert not _grammar_accepts(text)
    except DefinitionError:
        pass
    else:
        assert _grammar_accepts(text)


@settings(max_examples=60, deadline=None)
@given(table_specs())
def test_both_accept_generated_definitions(spec: object) -> None:
    assert _grammar_accepts(format_spec(spec))  # type: ignore[arg-type]  # hypothesis gives a TableSpec


@settings(max_examples=150, deadline=None)
@given(table_specs().map(format_spec), st.data())
def test_both_judge_mutated_lines_alike(text: str, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(text.splitlines() or [""]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(line)))
        line = line[:at] + data.draw(st.text(MARKS, max_size=2)) + line[at + data.draw(st.integers(0, 2)) :]
    _agree("\n" + line)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=14))
def test_both_judge_heaps_of_tokens_alike(tokens: list[str]) -> None:
    _agree("\n" + "".join(tokens))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_both_accept_the_corpus(path: Path) -> None:
    for text in path.read_text(encoding="utf-8").split("\n====\n"):
        assert _grammar_accepts(text)
        _agree(text)


@pytest.mark.parametrize("text", EXAMPLES)
def test_both_accept_the_examples_of_the_page(text: str) -> None:
    assert parse(text) == parse(format_spec(parse(text)))
    assert _grammar_accepts(text)


def test_the_page_shows_the_error_as_it_is() -> None:
    with pytest.raises(DefinitionSyntaxError) as caught:
        parse("session : int16\nweight float32", table="Session")
    assert f"```text\n{caught.value}\n```" in PAGE.read_text(encoding="utf-8")
