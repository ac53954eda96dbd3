"""Fields of JSON and of bytes."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final, NoReturn

from labwright.web.fields.cleaning import checked, trimmed
from labwright.web.fields.error import FieldError, shown
from labwright.web.fields.excerpt import excerpt
from labwright.web.fields.field import Field
from labwright.web.fields.input import Input
from labwright.web.fields.numbers import described

MAX_SHOWN: Final = 80
"""So many characters of a value are shown in a grid."""
MAX_DEPTH: Final = 100
TOO_DEEP: Final = f"This is nested too deeply: {MAX_DEPTH} levels are the limit."


class JsonField(Field):
    """Any value of JSON."""

    kind: ClassVar[str] = "json"

    def read(self, text: str) -> Any:
        return self.load(parse_json(trimmed(text)))

    def take(self, value: Any) -> Any:
        return self.load(value)

    def write(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, (dict, list)) and value else None)

    def show(self, value: Any) -> str:
        return short_json(value)

    def dump(self, value: Any) -> Any:
        return value

    def load(self, value: Any) -> Any:
        check_json(value)
        return value

    def draw(self) -> Input:
        return Input("json", placeholder='{"name": "value"}')


def parse_json(text: str) -> Any:
    """Return the value that the JSON in `text` describes.

    Raises
    ------
    FieldError
        When it is not JSON; it says where.

    Examples
    --------
    >>> parse_json('{"gain": 1.5}')
    {'gain': 1.5}
    >>> parse_json("{gain: 1.5}")
    Traceback (most recent call last):
    ...
    labwright.web.fields.error.FieldError: This is not JSON: line 1, column 2: names stand between double quotes.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        said = "names stand between double quotes" if "property name" in error.msg else _lower(error.msg)
        raise FieldError(f"This is not JSON: line {error.lineno}, column {error.colno}: {said}.") from None
    except RecursionError:
        raise FieldError(TOO_DEEP) from None
    except FieldError:
        raise
    except ValueError:
        raise FieldError("A number in it has more digits than can be kept.") from None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _refuse_constant(name: str) -> NoReturn:
    raise FieldError(f"JSON has no {name}: write null.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FieldError(f"The name {shown(twice)} is there twice.")
    return found


def check_json(value: Any, depth: int = 0) -> None:
    """Raise `FieldError` when JSON has no form for `value`, or a database no place.

    Examples
    --------
    >>> check_json({"gain": [1.5, None, "low"]})
    """
    if depth > MAX_DEPTH:
        raise FieldError(TOO_DEEP)
    if isinstance(value, str):
        checked(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise FieldError("A number in it is too large, or is none.")
    elif isinstance(value, int) and value.bit_length() > 1000:
        raise FieldError("A number in it has more digits than can be kept.")
    elif value is not None and not isinstance(value, (int, float)):
        for item in _items(value):
            check_json(item, depth + 1)


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict) and all(isinstance(name, str) for name in value):
        yield from value
        yield from value.values()
    else:
        raise FieldError(f"JSON has numbers, texts, true, false, null, lists and objects, but not {described(value)}.")


def short_json(value: Any) -> str:
    """Return `value` in one line that is not long."""
    return excerpt(json.dumps(value, ensure_ascii=False), MAX_SHOWN)


class BytesField(Field):
    """Bytes: a few may be written as hexadecimal digits, many come in a file."""

    kind: ClassVar[str] = "bytes"
    is_heavy: ClassVar[bool] = True

    def read(self, text: str) -> bytes:
        digits = trimmed(text).removeprefix("0x")
        if digits == NOTHING:
            return b""
        if not _HEX.fullmatch(digits):
            raise FieldError("Write the bytes as pairs of hexadecimal digits, as in 0a ff, or choose a file.")
        return bytes.fromhex(digits)

    def take(self, value: Any) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise FieldError(f"Give bytes, not {described(value)}: choose a file.")
        return bytes(value)

    def write(self, value: Any) -> str:
        return bytes(value).hex() or NOTHING

    def show(self, value: Any) -> str:
        few = len(value) <= FEW
        return (bytes(value).hex(" ") or "no bytes") if few else size_of(len(value))

    def dump(self, value: Any) -> str:
        return base64.b64encode(value).decode()

    def load(self, value: Any) -> bytes:
        return from_base64(value)

    def draw(self) -> Input:
        return Input("file")


FEW: Final = 16
"""So many bytes are shown themselves."""
NOTHING: Final = '""'
_HEX: Final = re.compile(r"[0-9a-fA-F]{2}(?:[ \n]?[0-9a-fA-F]{2})*")


def from_base64(value: Any) -> bytes:
    """Return the bytes that a text in base64 stands for.

    Examples
    --------
    >>> from_base64("bGFi")
    b'lab'
    """
    if not isinstance(value, str):
        raise FieldError(f"Give bytes as text in base64, not {described(value)}.")
    try:
        return base64.b64decode(value.encode("ascii", "replace"), validate=True)
    except binascii.Error:
        raise FieldError("Give bytes as text in base64: this is not.") from None


def size_of(count: int) -> str:
    """Return a number of bytes for reading.

    Examples
    --------
    >>> size_of(512), size_of(4_096), size_of(3_500_000)
    ('512 bytes', '4.1 kB', '3.5 MB')
    """
    if count < 1000:
        return f"{count} byte{'' if count == 1 else 's'}"
    power = min((len(str(count)) - 1) // 3, 5)
    return f"{count / 1000**power:.1f} {'kMGTP'[power - 1]}B"
