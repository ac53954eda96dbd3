"""Text of a definition -> `TableSpec`: line by line, recursive descent within a line.

The grammar stands in the reference page of the definition language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NoReturn

from labwright.core.errors import DefinitionError, DefinitionSyntaxError, did_you_mean
from labwright.core.types import Default
from labwright.define.ast import (
    NO_RENAMES,
    AttributeSpec,
    Entry,
    Expression,
    IndexSpec,
    Position,
    ReferenceSpec,
    TableSpec,
)
from labwright.define.check import name_problem, problems
from labwright.define.scanner import Scanner, pointed, unquote
from labwright.define.typenames import WORD, scan_type

OPTIONS: Final = ("nullable", "unique")
DIVIDER: Final = r"-{3,}|_{3,}"
INDEX: Final = r"(unique\s+)?index\b(?!\s*[:=])"
BARE: Final = r"""[^\s:#'"][^:#'"]*"""
NOW: Final = re.compile(r"current_timestamp\s*(?:\(\s*([0-9]?)\s*\))?", re.IGNORECASE)
JSON_PATH: Final = r"[^\W\d]\w*(?:\.\w+|\[[0-9]+\])+(?:\s*:\s*[^\W\d]\w*(?:\s*\([0-9\s,]*\))?)?"
_KEPT: Final = "'[a-z][a-z0-9_]*'|\"[a-z][a-z0-9_]*\""
_ATTRIBUTE_FORM: Final = "An attribute is written `name = default : type # comment`."
_COLON_ADVICE: Final = "Put quotes around a default that contains a colon."
_DIVIDER_FORM: Final = "One line of dashes divides the key above from the rest below."
_PROJECTION_FORM: Final = 'A renamed reference is written `-> Parent.proj(new="old")`.'
_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
_IMPOSSIBLE: Final = re.compile("[\0\ud800-\udfff]")
"""What no database holds in a name, a comment, or a default."""


def parse(text: str, *, table: str = "", classic: bool = False) -> TableSpec:
    """Return what the definition `text` says.

    Parameters
    ----------
    text : str
        The definition.
    table : str
        The name of the table or class, for messages.
    classic : bool
        True for the classic generation, see `labwright.define.typenames.parse_type`.

    Raises
    ------
    DefinitionSyntaxError
        If a line cannot be parsed; the message shows the line and a caret.
    DefinitionError
        If a line can be parsed, but its type, name or default cannot be accepted.

    Examples
    --------
    >>> spec = parse('''
    ... # a mouse
    ... mouse_id : int32
    ... ---
    ... -> [nullable] Strain
    ... sex = 'U' : enum('F', 'M', 'U')  # as seen at weaning
    ... ''')
    >>> spec.comment, spec.key[0].name, spec.body[0].target, spec.body[1].default.value
    ('a mouse', 'mouse_id', ('Strain',), 'U')
    """
    return _Parser(_NEWLINE.split(text), table, classic).run()


@dataclass(slots=True)
class _Parser:
    lines: list[str]
    table: str
    classic: bool
    key: list[Entry] = field(default_factory=list)
    body: list[Entry] = field(default_factory=list)
    indexes: list[IndexSpec] = field(default_factory=list)
    divider: int = 0

    def run(self) -> TableSpec:
        self._check_characters()
        comment, first = _leading_comment(self.lines)
        for number in range(first, len(self.lines)):
            self._parse_line(number + 1)
        spec = TableSpec(tuple(self.key), tuple(self.body), tuple(self.indexes), comment)
        for position, message in problems(spec):
            self._refuse(message, self._known(position))
        return spec

    def _check_characters(self) -> None:
        for number, line in enumerate(self.lines, 1):
            if found := _IMPOSSIBLE.search(line):
                what = "the character NUL" if found[0] == "\0" else "half a surrogate pair"
                self._refuse(f"a definition cannot hold {what}", Position(number, found.start() + 1), syntax=True)

    def _parse_line(self, number: int) -> None:
        scanner = Scanner(self.lines[number - 1])
        position = Position(number, scanner.column)
        try:
            self._dispatch(scanner, position)
        except DefinitionSyntaxError as error:
            self._refuse(str(error), Position(number, error.column or position.column), syntax=True, cause=error)
        except DefinitionError as error:
            self._refuse(str(error), Position(number, scanner.column), cause=error)

    def _dispatch(self, scanner: Scanner, position: Position) -> None:
        entries = self.body if self.divider else self.key
        if scanner.done or scanner.peek("#"):
            return
        if scanner.take(DIVIDER):
            self._divide(scanner, position)
        elif scanner.peek(r"->|\("):
            entries.append(_parse_reference(scanner, position))
        elif scanner.peek(INDEX):
            self.indexes.append(_parse_index(scanner, position))
        else:
            entries.append(_parse_attribute(scanner, position, self.classic))

    def _divide(self, scanner: Scanner, position: Position) -> None:
        _parse_comment(scanner)
        if self.divider:
            scanner.refuse(
                f"a second divider: the first stands in line {self.divider}\n{_DIVIDER_FORM}", position.column
            )
        self.divider = position.line

    def _known(self, position: Position) -> Position:
        if position.line:
            return position
        filled = (n for n, line in enumerate(self.lines, 1) if line.strip())
        return Position(next(filled, 1), 1)

    def _refuse(
        self, message: str, position: Position, *, syntax: bool = False, cause: Exception | None = None
    ) -> NoReturn:
        shown = pointed(
            message, table=self.table, line=position.line, column=position.column, text=self.lines[position.line - 1]
        )
        if syntax:
            raise DefinitionSyntaxError(shown, line=position.line, column=position.column) from cause
        raise DefinitionError(shown) from cause


def _leading_comment(lines: list[str]) -> tuple[str, int]:
    """Return the table's comment, and how many lines it takes with the blank ones above."""
    for number, line in enumerate(lines):
        if text := line.strip():
            return (text[1:].strip(), number + 1) if text.startswith("#") else ("", number)
    return "", len(lines)


# Attributes


def _parse_attribute(scanner: Scanner, position: Position, classic: bool) -> AttributeSpec:
    name = _parse_name(scanner, "an attribute, '-> Parent', 'index (...)' or '---'")
    default = _parse_default(scanner) if scanner.take("=") else None
    scanner.expect(":", "':' and a type" if default else "'= default' or ': type'", _ATTRIBUTE_FORM)
    if not scanner.peek(rf"{WORD}|<"):
        scanner.fail_expecting("a type", _COLON_ADVICE if default else "")
    type_ = scan_type(scanner, classic=classic)
    if scanner.peek(":|="):
        scanner.fail_expecting("the end of the line or '# comment'", _misplaced(name, default, scanner))
    return AttributeSpec(name, type_, default, _parse_comment(scanner), position)


def _misplaced(name: str, default: Default | None, scanner: Scanner) -> str:
    if default is None and scanner.peek("="):
        return f"The default stands before the colon: {name} = default : type."
    return _COLON_ADVICE


def _parse_name(scanner: Scanner, what: str) -> str:
    column = scanner.column
    name = scanner.expect(r"\w+", what)
    if problem := name_problem(name):
        scanner.fail(problem, column)
    return name


def _parse_default(scanner: Scanner) -> Default:
    string = scanner.take_string()
    if string is not None:
        return Default("literal", unquote(string), quoted=True)
    bare = scanner.expect(BARE, "a default behind '='").strip()
    if bare.lower() == "null":
        return Default("null")
    now = NOW.fullmatch(bare)
    return Default("now", now[1] or "") if now else Default("literal", bare)


def _parse_comment(scanner: Scanner) -> str:
    if scanner.done:
        return ""
    scanner.expect("#", "the end of the line or '# comment'")
    return scanner.rest()


# References


def _parse_reference(scanner: Scanner, position: Position) -> ReferenceSpec:
    new = _parse_names(scanner) if scanner.peek(r"\(") else ()
    scanner.expect("->", "'->' and the parent", "A classic reference is `(new) -> Parent(old)`.")
    options = _parse_options(scanner)
    target, renames = _parse_target(scanner, new)
    comment = _parse_comment(scanner)
    return ReferenceSpec(target, renames, "nullable" in options, "unique" in options, comment, position)


def _parse_names(scanner: Scanner) -> tuple[str, ...]:
    scanner.expect(r"\(", "'('")
    names = [_parse_name(scanner, "the name of an attribute")]
    while scanner.take(","):
        column = scanner.column
        names.append(_parse_name(scanner, "the name of an attribute"))
        if names[-1] in names[:-1]:
            scanner.refuse(f"{names[-1]!r} occurs twice", column)
    scanner.expect(r"\)", "',' or ')'")
    return tuple(names)


def _parse_options(scanner: Scanner) -> frozenset[str]:
    if not scanner.take(r"\["):
        return frozenset()
    options = {_parse_option(scanner)}
    while scanner.take(","):
        options.add(_parse_option(scanner))
    scanner.expect(r"\]", "',' or ']'")
    return frozenset(options)


def _parse_option(scanner: Scanner) -> str:
    column = scanner.column
    option = scanner.expect(WORD, "nullable or unique").lower()
    if option not in OPTIONS:
        scanner.fail(f"unknown option {option!r}: write nullable or unique.{did_you_mean(option, OPTIONS)}", column)
    return option


def _parse_target(scanner: Scanner, new: tuple[str, ...]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    target = [scanner.expect(WORD, "the class of the parent")]
    while scanner.take(r"\."):
        column = scanner.column
        target.append(scanner.expect(WORD, "a class or proj(...)"))
        if scanner.peek(r"\(") and not new:
            return _parse_projection(scanner, target, column)
    if scanner.peek(r"\(") and not new:
        scanner.fail_expecting("the end of the line or '# comment'", f"Write the class alone: -> {'.'.join(target)}")
    column = scanner.column
    old = _parse_names(scanner) if scanner.peek(r"\(") else ()
    if old and target[-1] == "proj":
        scanner.refuse(f"write either `(new) -> Parent(old)` or `.proj(...)`\n{_PROJECTION_FORM}", column)
    if old and len(old) != len(new):
        scanner.refuse(f"{len(new)} new names for {len(old)} of the parent's", column)
    return tuple(target), MappingProxyType(dict(zip(new, old or ("",) * len(new), strict=True))) if new else NO_RENAMES


def _parse_projection(scanner: Scanner, target: list[str], column: int) -> tuple[tuple[str, ...], Mapping[str, str]]:
    if target.pop() != "proj":
        scanner.fail("a reference may end with .proj(...), and with no other call", column)
    scanner.expect(r"\(", "'('")
    renames: dict[str, str] = {}
    while not scanner.peek(r"\)"):
        _parse_rename(scanner, renames)
        if not scanner.take(","):
            break
    scanner.expect(r"\)", "',' or ')'", _PROJECTION_FORM)
    return tuple(target), MappingProxyType(renames) if renames else NO_RENAMES


def _parse_rename(scanner: Scanner, renames: dict[str, str]) -> None:
    if scanner.take(r"\.\.\.") or scanner.take(_KEPT):
        return  # what is kept beside the key has no place in a reference
    column = scanner.column
    new = _parse_name(scanner, 'new="old"')
    if new in renames:
        scanner.refuse(f"{new!r} occurs twice", column)
    scanner.expect("=", "'='", _PROJECTION_FORM)
    renames[new] = _parse_quoted_name(scanner)


def _parse_quoted_name(scanner: Scanner) -> str:
    column = scanner.column
    string = scanner.take_string()
    if string is None:
        scanner.fail_expecting("the parent's attribute between quotes", _PROJECTION_FORM)
    if problem := name_problem(unquote(string)):
        scanner.fail(problem, column)
    return unquote(string)


# Indexes


def _parse_index(scanner: Scanner, position: Position) -> IndexSpec:
    unique = scanner.take("unique") is not None
    scanner.take("index")
    scanner.expect(r"\(", "'(' and the indexed attributes")
    columns = [_parse_column(scanner)]
    while scanner.take(","):
        columns.append(_parse_column(scanner))
    scanner.expect(r"\)", "',' or ')'", "Put an expression in parentheses of its own: index (a, (lower(b))).")
    _parse_comment(scanner)
    return IndexSpec(tuple(columns), unique, position)


def _parse_column(scanner: Scanner) -> str | Expression:
    if scanner.peek(r"\("):
        return _parse_expression(scanner)
    return scanner.take(JSON_PATH) or _parse_name(scanner, "an attribute, or an expression in parentheses")


def _parse_expression(scanner: Scanner) -> Expression:
    start = scanner.column
    depth = 0
    while not scanner.done:
        token = scanner.take_string() or scanner.expect(r"[()]|[^()'\"\s]+", "an expression")
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0:
            return _expression(scanner, start)
    return scanner.fail_expecting("')' to close the expression")


def _expression(scanner: Scanner, start: int) -> Expression:
    text = scanner.text[start : scanner.position - 1].strip()
    return Expression(text) if text else scanner.fail("expected an expression between the parentheses", start)
