"""Whether a stream of Arrow is compressed: of some bytes it could make any number of them."""

from __future__ import annotations

import struct
from typing import IO, Final

_DICTIONARY, _ROWS = 2, 3
"""The types of messages that hold data, as `Message.fbs` of Arrow numbers them."""
_TYPE: Final = 1
_HEADER: Final = 2
_BATCH_OF_DICTIONARY: Final = 1
_COMPRESSION: Final = 3
"""The numbers of fields in the tables of messages."""


def is_compressed(file: IO[bytes]) -> bool:
    """Whether any message of a stream is; afterwards it is at its beginning again."""
    import pyarrow as pa

    file.seek(0)
    found = any(
        _tells_of_compression(message.metadata.to_pybytes()) for message in pa.ipc.MessageReader.open_stream(file)
    )
    file.seek(0)
    return found


def _tells_of_compression(data: bytes) -> bool:
    """Metadata of a message are a flatbuffer, a table of tables; what cannot be read is not believed either."""
    try:
        message = _there(data, 0)
        kind, header = _field(data, message, _TYPE), _field(data, message, _HEADER)
        if not kind or not header or data[kind] not in (_DICTIONARY, _ROWS):
            return False
        batch = _there(data, header)
        if data[kind] == _DICTIONARY:
            inner = _field(data, batch, _BATCH_OF_DICTIONARY)
            batch = _there(data, inner) if inner else batch
        return _field(data, batch, _COMPRESSION) != 0
    except (struct.error, IndexError):
        return True


def _there(data: bytes, place: int) -> int:
    """Where an offset at a place leads to."""
    return place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: bytes, table: int, number: int) -> int:
    """Where a field of a table is; 0 where it has none."""
    names = table - int(struct.unpack_from("<i", data, table)[0])
    (size,) = struct.unpack_from("<H", data, names)
    place = 4 + 2 * number
    offset = struct.unpack_from("<H", data, names + place)[0] if place < size else 0
    return table + int(offset) if offset else 0
