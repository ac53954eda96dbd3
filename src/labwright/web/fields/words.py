"""Fields of texts: free ones, labels, identifiers."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any, ClassVar, Final

from labwright.web.fields.cleaning import checked, trimmed
from labwright.web.fields.error import FieldError, nearest, one_of, shown
from labwright.web.fields.field import CHOSEN, Field
from labwright.web.fields.input import Input
from labwright.web.fields.numbers import described

ONE_LINE: Final = 255
"""Texts that may be longer have an input of several lines."""
_BYTES: Final = {"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215}
"""How many bytes the native types of MySQL have room for."""


class TextField(Field):
    """Any text, kept as it is typed.

    An empty input gives no value, unless the default is the text without characters; else ``""`` is that text. Of a
    text that is made of two quotation marks or more, and of nothing else, two are for this.
    """

    kind: ClassVar[str] = "text"
    comparisons: ClassVar[tuple[str, ...]] = (*CHOSEN, "has", "starts")

    @property
    def maxlength(self) -> int | None:
        """The greatest number of characters."""
        type_ = self.attribute.type
        return int(type_.args[0]) if type_ is not None and type_.args else None

    @property
    def defaults_to_nothing(self) -> bool:
        """Whether an empty input stands for the text without characters."""
        default = self.attribute.default
        return default is not None and default.kind == "literal" and not default.value and not self.attribute.nullable

    def is_empty(self, text: str) -> bool:
        return not text and not self.defaults_to_nothing

    def read(self, text: str) -> str:
        return self.fit(without_quotes(text))

    def take(self, value: Any) -> str:
        return self.fit(text_of_cell(value))

    def load(self, value: Any) -> str:
        if not isinstance(value, str):
            raise FieldError(f"Give text, not {described(value)}.")
        return self.fit(value)

    def fit(self, text: str) -> str:
        """Return `text` when there is room for it."""
        most = self.maxlength
        if most is not None and len(text) > most:
            raise FieldError(f"Give at most {_characters(most)}: this has {len(text) - most:,} too many.")
        self._check_bytes(checked(text))
        return text

    def _check_bytes(self, text: str) -> None:
        most = _BYTES.get(str(self.attribute.type))
        if most is not None and len(text) > most // 4 and (size := len(text.encode())) > most:
            raise FieldError(f"Give at most {most:,} bytes of text: this has {size - most:,} too many.")

    def write(self, value: Any) -> str:
        return "" if not value and self.defaults_to_nothing else with_quotes(str(value))

    def show(self, value: Any) -> str:
        return str(value)

    def dump(self, value: Any) -> str:
        return str(value)

    def draw(self) -> Input:
        is_short = self.maxlength is not None and self.maxlength <= ONE_LINE
        return Input("text" if is_short else "long_text", maxlength=self.maxlength)


class CharField(TextField):
    """Text without blanks at the end, which databases cut off."""

    def fit(self, text: str) -> str:
        return super().fit(text.rstrip(" "))

    def is_empty(self, text: str) -> bool:
        return super().is_empty(text.rstrip(" "))


class ChoiceField(Field):
    """One of the labels of an enum."""

    kind: ClassVar[str] = "choice"
    comparisons: ClassVar[tuple[str, ...]] = CHOSEN

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in order."""
        return tuple(map(str, self.attribute.type.args)) if self.attribute.type else ()

    def is_empty(self, text: str) -> bool:
        return (not text.strip() and text not in self.labels) or (not text and self.attribute.nullable)

    def read(self, text: str) -> str:
        return self.fit(without_quotes(text))

    def take(self, value: Any) -> str:
        return self.fit(text_of_cell(value))

    def load(self, value: Any) -> str:
        if not isinstance(value, str):
            raise FieldError(one_of(self.labels))
        return self.fit(value)

    def fit(self, text: str) -> str:
        """Return the label that `text` is."""
        found = text if text in self.labels else trimmed(text)
        if found not in self.labels:
            raise FieldError(f"{one_of(self.labels)} There is no {shown(text)}.{nearest(found, self.labels)}")
        return found

    def write(self, value: Any) -> str:
        return with_quotes(str(value))

    def show(self, value: Any) -> str:
        return str(value)

    def dump(self, value: Any) -> str:
        return str(value)

    def draw(self) -> Input:
        return Input("choice", choices=tuple((with_quotes(label), label) for label in self.labels))


class UuidField(Field):
    """Universally unique identifiers."""

    kind: ClassVar[str] = "uuid"
    comparisons: ClassVar[tuple[str, ...]] = CHOSEN

    def read(self, text: str) -> uuid.UUID:
        found = _UUID.fullmatch(trimmed(text))
        if found is None:
            raise FieldError(f"Write 32 hexadecimal digits, as in {_EXAMPLE}.")
        return uuid.UUID("".join(found.groups()))

    def take(self, value: Any) -> uuid.UUID:
        if not isinstance(value, uuid.UUID):
            raise FieldError(f"Write 32 hexadecimal digits, as in {_EXAMPLE}, not {described(value)}.")
        return value

    def draw(self) -> Input:
        return Input("uuid", placeholder=_EXAMPLE, maxlength=45)


_UUID: Final = re.compile(
    r"(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.IGNORECASE
)
_EXAMPLE: Final = "123e4567-e89b-12d3-a456-426614174000"
_QUOTES: Final = re.compile('"{2,}')


def without_quotes(text: str) -> str:
    """Return `text` without the two quotation marks that `with_quotes` adds."""
    return text[2:] if _QUOTES.fullmatch(text) else text


def with_quotes(text: str) -> str:
    """Return `text`, or, where that would be taken for no text or for another one, with two quotation marks more.

    Examples
    --------
    >>> with_quotes(""), with_quotes("calm"), without_quotes('""')
    ('""', 'calm', '')
    """
    return text + '""' if not text or _QUOTES.fullmatch(text) else text


def text_of_cell(value: Any) -> str:
    """Return what a cell of a spreadsheet shows; a date has no one text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise FieldError(
            f"Give text, not {described(value)}: in a spreadsheet, format the cell as text and type it again."
        )
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, int) and value.bit_length() > 1000:
        raise FieldError("Give text: this number is too long for one.")
    return str(value)


def _characters(count: int) -> str:
    return f"{count:,} character{'' if count == 1 else 's'}"
