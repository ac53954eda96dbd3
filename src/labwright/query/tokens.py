"""The words of a user's expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from labwright.core.errors import QuerySyntaxError

Kind = Literal["name", "quoted", "text", "number", "op", "end"]

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    | (?P<comment>--|\#|/\*)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))
    | (?P<name>(?:(?:new|old)\.)?[^\W\d][\w$]*)
    | (?P<quoted>`(?:[^`]|``)+`)
    | (?P<text>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*")
    | (?P<op><=>|->>|->|<=|>=|<>|!=|::|:=|<<|>>|\|\||&&|[-+*/%=<>(),!~^&|])
    """,
    re.VERBOSE | re.DOTALL,
)
_REFUSED: Final = {
    "--": "Comments do not belong in an expression (write `- -x` for the minus of a minus).",
    "#": "Comments do not belong in an expression.",
    "/*": "Comments do not belong in an expression.",
    ";": "One expression only: statements and semicolons are not accepted.",
    "?": "Placeholders are not accepted: restrict by a dict to pass values.",
    "@": "User variables are not accepted: restrict by a dict to pass values.",
    ":": "Placeholders are not accepted: restrict by a dict to pass values.",
    "\0": "The text holds a NUL character.",
    ".": "Names are not qualified: write the attribute's name alone.",
    "'": "This quote is never closed.",
    '"': "This quote is never closed.",
    "`": "This quote is never closed.",
    "[": 'Brackets are not accepted; for elements of json write a path such as "info.tags[0]".',
}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its kind, its meaning (lower-case for names that may be keywords), its place."""

    kind: Kind
    text: str
    at: int

    @property
    def word(self) -> str:
        """The keyword this may be, else ``""``."""
        return self.text.lower() if self.kind == "name" else ""


def syntax_error(message: str, text: str, at: int) -> QuerySyntaxError:
    """The error that shows the line of `text` with a caret at offset `at`."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:].split("\n", 1)[0].replace("\0", "\N{REPLACEMENT CHARACTER}")
    number = text.count("\n", 0, at) + 1
    return QuerySyntaxError(f"{message}\n  line {number}: {line}\n  {' ' * (len(f'line {number}: ') + at - start)}^")


def tokens(text: str) -> list[Token]:
    """Cut `text` into its words; the last one is the end.

    Raises
    ------
    QuerySyntaxError
        For comments, placeholders, open quotes and characters without meaning.

    Examples
    --------
    >>> [t.text for t in tokens("score >= 3")]
    ['score', '>=', '3', '']
    """
    if "\0" in text:
        raise syntax_error(_REFUSED["\0"], text, text.index("\0"))
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup == "comment":
            _refuse(text, at, match.group() if match else text[at])
        if match.lastgroup != "space":
            found.append(_token(match, at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _token(match: re.Match[str], at: int) -> Token:
    group, word = match.lastgroup, match.group()
    if group == "text":
        return Token("text", _unquote(word), at)
    if group == "quoted":
        return Token("quoted", word[1:-1].replace("``", "`"), at)
    return Token(group, word, at)  # type: ignore[arg-type]  # the groups of the pattern are the kinds


def _refuse(text: str, at: int, word: str) -> NoReturn:
    advice = _REFUSED.get(word, f"{word!r} has no meaning here.")
    if word.isdigit():
        advice = "A number ends where a name begins; put names that begin with a digit in backticks."
    raise syntax_error(advice, text, at)


def _unquote(word: str) -> str:
    """The value of a quoted string; an escaped percent sign or underscore stays so, for LIKE."""
    quote, body = word[0], word[1:-1]
    if quote not in body and "\\" not in body:
        return body

    def plain(match: re.Match[str]) -> str:
        escaped = match.group(1)
        if escaped is None:
            return quote
        return match.group() if escaped in "%_" else _ESCAPES.get(escaped, escaped)

    return re.sub(r"\\(.)|" + quote * 2, plain, body, flags=re.DOTALL)
