"""Rows of text: pasted ones, and those of CSV files, whatever they are encoded and separated by."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import unguarded

ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8-sig": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "utf-16-le": "Unicode (UTF-16, little end first)",
    "utf-16-be": "Unicode (UTF-16, big end first)",
    "cp1252": "Western Europe (Windows)",
    "iso8859-15": "Western Europe (ISO 8859-15)",
    "mac-roman": "Western Europe (Macintosh)",
    "cp1250": "Central Europe (Windows)",
    "iso8859-2": "Central Europe (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows)",
    "cp1253": "Greek (Windows)",
    "cp1254": "Turkish (Windows)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "shift_jis": "Japanese (Shift JIS)",
    "euc-kr": "Korean (EUC)",
}
"""What a file may be encoded in, and what people read for it."""
DELIMITERS: Final[Mapping[str, str]] = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "vertical bar"}
"""What may stand between cells, and what people read for it."""
LOOKED_AT: Final = 50
"""Rows from which a file's delimiter is guessed."""
_BLOCK: Final = 2**20
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def guess_encoding(data: bytes) -> str:
    r"""Which of `ENCODINGS` a file is in, most likely.

    Examples
    --------
    >>> guess_encoding("Größe".encode()), guess_encoding("Größe".encode("cp1252")), guess_encoding(b"a\0b\0")
    ('utf-8-sig', 'cp1252', 'utf-16-le')
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    start = data[:_BLOCK]
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) / 6 and min(even, odd) * 10 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return next((encoding for encoding in ("utf-8-sig", "cp1252") if _is_in(data, encoding)), "iso8859-15")


def _is_in(data: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(data[start : start + _BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def guess_delimiter(data: bytes, encoding: str) -> str:
    r"""Which of `DELIMITERS` a text has: the one by which all its rows have as many cells as the first.

    Examples
    --------
    >>> guess_delimiter(b"name;weight\nAda;21,5\nBo;20,1", "utf-8-sig")
    ';'
    """
    return max(DELIMITERS, key=lambda d: _evenness(data, encoding, d))


def _evenness(data: bytes, encoding: str, delimiter: str) -> tuple[float, int, bool]:
    rows = [cells for _, cells in islice(read_text(data, encoding, delimiter), LOOKED_AT) if any(cells)]
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0, 0, delimiter == ","
    return sum(len(cells) == width for cells in rows) / len(rows), width, False


def read_text(data: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, Sequence[str]]]:
    r"""The rows of a text, each with its number, the first being 1.

    What stands behind an apostrophe so that no spreadsheet takes it for a formula comes out without it.

    Raises
    ------
    BadRequestError
        When it cannot be read so.

    Examples
    --------
    >>> list(read_text(b'a,b\n1,"x, y"', "utf-8-sig", ","))
    [(1, ['a', 'b']), (2, ['1', 'x, y'])]
    >>> list(read_text(b"'=1+1,'tis", "utf-8-sig", ","))
    [(1, ['=1+1', "'tis"])]
    """
    lines = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    try:
        _pass_over_separator(lines)
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter), 1):
            yield number, list(map(unguarded, cells))
    except UnicodeError:
        raise BadRequestError(f"This is not encoded in {ENCODINGS[encoding]}. Choose another encoding.") from None
    except csv.Error:
        raise BadRequestError("A cell of this has more than 100,000 characters. Is a quotation mark missing?") from None


def _pass_over_separator(lines: io.TextIOWrapper) -> None:
    """Excel writes ``sep=;`` into the first line of some files."""
    if not lines.readline(_SEPARATOR_LINE).lower().startswith("sep="):
        lines.seek(0)


_SEPARATOR_LINE: Final = 8
