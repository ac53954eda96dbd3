"""How large the pages of a Parquet file get when they are read: a few bytes can stand for any number of others.

It is read here, as no reader tells before it has made room for a page, and some end the program at damaged metadata.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import IO, Any, Final

MAGIC: Final = b"PAR1"
FOOTER: Final = 2**24
"""Bytes of metadata that are read at most."""
_HEAD: Final = 2**16
"""More than the header of a page has, which may hold values of statistics."""
_GROUPS, _COLUMNS, _METADATA = 4, 1, 3
_SIZE, _DATA, _DICTIONARY = 7, 9, 11
_UNPACKED, _PACKED = 2, 3
"""The numbers of fields in `parquet.thrift`, from the whole file to the header of a page."""
_DEEPEST: Final = 12


class DamagedError(Exception):
    """This is no Parquet file."""


def pages(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Of each page of a file how many bytes it has when it is read, and how many of the file it takes.

    Raises
    ------
    DamagedError
    """
    for column in _chunks(_footer(file)):
        places = [_number(column, name) for name in (_DICTIONARY, _DATA) if column.get(name)]
        if not places:
            raise DamagedError
        place = min(places)
        end = place + _number(column, _SIZE)
        while place < end:
            file.seek(place)
            header = _Reader(file.read(_HEAD))
            fields = header.struct()
            unpacked, packed = _number(fields, _UNPACKED), _number(fields, _PACKED)
            yield unpacked, packed
            place += header.tell() + packed


def _footer(file: IO[bytes]) -> Mapping[int, Any]:
    end = file.seek(0, io.SEEK_END)
    if end < 12:
        raise DamagedError
    file.seek(end - 8)
    size, magic = int.from_bytes(file.read(4), "little"), file.read(4)
    if magic != MAGIC or not 0 < size <= min(end - 12, FOOTER):
        raise DamagedError
    file.seek(end - 8 - size)
    return _Reader(file.read(size)).struct()


def _chunks(footer: Mapping[int, Any]) -> Iterator[Mapping[int, Any]]:
    for group in _structs(footer, _GROUPS):
        for column in _structs(group, _COLUMNS):
            found = column.get(_METADATA)
            if not isinstance(found, dict):
                raise DamagedError
            yield found


def _structs(fields: Mapping[int, Any], name: int) -> list[Mapping[int, Any]]:
    found = fields.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise DamagedError
    return found


def _number(fields: Mapping[int, Any], name: int) -> int:
    found = fields.get(name)
    if not isinstance(found, int) or found < 0:
        raise DamagedError
    return found


class _Reader(io.BytesIO):
    """Reads Thrift's compact protocol: structs by the numbers of their fields. Texts are passed over."""

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """A struct, to its end."""
        if depth > _DEEPEST:
            raise DamagedError
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self._whole()
            fields[number] = self._value(kind, depth) if kind not in (1, 2) else None  # which are true and false
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _KINDS:
            return _KINDS[kind](self)
        if kind == 12:
            return self.struct(depth + 1)
        if kind not in (9, 10) or depth > _DEEPEST:
            raise DamagedError
        head = self._byte()
        size = head >> 4 if head >> 4 < 15 else self._varint()
        return [self._value(head & 15, depth + 1) for _ in range(size)]

    def _skip(self, size: int) -> None:
        if len(self.read(size)) < size:
            raise DamagedError

    def _byte(self) -> int:
        found = self.read(1)
        if not found:
            raise DamagedError
        return found[0]

    def _varint(self) -> int:
        result = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            result |= (byte & 127) << shift
            if byte < 128:
                return result
        raise DamagedError

    def _whole(self) -> int:
        coded = self._varint()
        return (coded >> 1) ^ -(coded & 1)


_KINDS: Final[Mapping[int, Callable[[_Reader], Any]]] = MappingProxyType(
    {
        **dict.fromkeys((1, 2, 3), _Reader._byte),
        **dict.fromkeys((4, 5, 6), _Reader._whole),
        7: lambda reader: reader._skip(8),
        8: lambda reader: reader._skip(reader._varint()),
    }
)
"""The values that are no struct and no list: flags and bytes, whole numbers, a double, a text."""
