"""A cursor over one line of a definition, and the text of an error about it."""

from __future__ import annotations

import re
from typing import NoReturn

from labwright.core.errors import DefinitionError, DefinitionSyntaxError

BLANK = re.compile(r"\s*")
STRING = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")


class Scanner:
    """Reads tokens from `text`, left to right, blanks skipped.

    Parameters
    ----------
    text : str
        One line.

    Examples
    --------
    >>> scanner = Scanner("age : int8")
    >>> scanner.take(r"[a-z]+"), scanner.take(":"), scanner.rest()
    ('age', ':', 'int8')
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    @property
    def column(self) -> int:
        """The column of the next token, counted from 1."""
        self._skip_blanks()
        return self.position + 1

    @property
    def done(self) -> bool:
        """Whether nothing but blanks is left."""
        self._skip_blanks()
        return self.position == len(self.text)

    def peek(self, pattern: str) -> bool:
        """Whether the next token matches `pattern`."""
        self._skip_blanks()
        return re.compile(pattern, re.IGNORECASE).match(self.text, self.position) is not None

    def take(self, pattern: str) -> str | None:
        """Return the next token and step over it, or None when it does not match."""
        self._skip_blanks()
        found = re.compile(pattern, re.IGNORECASE).match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found.group()

    def expect(self, pattern: str, what: str, advice: str = "") -> str:
        """Return the next token, or fail with "expected `what`"."""
        found = self.take(pattern)
        return found if found is not None else self.fail_expecting(what, advice)

    def take_string(self) -> str | None:
        """Return the next quoted string, quotes included; fail when it is not closed."""
        if not self.peek("""['"]"""):
            return None
        mark = self.text[self.position]
        found = self.take(STRING.pattern)
        return found if found is not None else self.fail(f"expected a closing {mark} to this text")

    def rest(self) -> str:
        """Return what is left, without blanks around it."""
        self._skip_blanks()
        left, self.position = self.text[self.position :], len(self.text)
        return left.strip()

    def fail(self, message: str, column: int = 0) -> NoReturn:
        """Raise a `DefinitionSyntaxError` at `column`, or at the next token."""
        place = column or self.column
        raise DefinitionSyntaxError(message, column=place)

    def fail_expecting(self, what: str, advice: str = "") -> NoReturn:
        """Raise a `DefinitionSyntaxError` that says what was expected, and what is there instead."""
        found = "the end of the line" if self.done else repr(self.text[self.position :].split(None, 1)[0])
        self.fail(f"expected {what}, found {found}" + (f"\n{advice}" if advice else ""))

    def refuse(self, message: str, column: int) -> NoReturn:
        """Raise a `DefinitionError` at `column`: well written, but not acceptable."""
        self.position = column - 1
        raise DefinitionError(message)

    def _skip_blanks(self) -> None:
        found = BLANK.match(self.text, self.position)
        self.position = found.end() if found else self.position


def unquote(string: str) -> str:
    """Return the text of a quoted string; a doubled quote stands for one.

    >>> unquote("'it''s'")
    "it's"
    """
    return string[1:-1].replace(string[0] * 2, string[0])


def quote(text: str, mark: str = '"') -> str:
    """Return `text` between quotes, such that ``unquote(quote(text)) == text``.

    >>> quote("it's", "'")
    "'it''s'"
    """
    return mark + text.replace(mark, mark * 2) + mark


def pointed(message: str, *, table: str, line: int, column: int, text: str) -> str:
    """Return `message` with the table's name, the line and a caret below the column.

    Further lines of `message` are advice and stand below the caret.
    """
    head, _, advice = message.partition("\n")
    where = f"Table {table!r}, line {line}" if table else f"Line {line}"
    shown = "".join(" " if c.isspace() else c for c in text)
    caret = " " * (max(column, 1) - 1) + "^"
    return "\n".join([f"{where}: {head}", f"    {shown.rstrip()}", f"    {caret}", *([advice] if advice else [])])
