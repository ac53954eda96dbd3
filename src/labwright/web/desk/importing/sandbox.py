"""A program that prints the rows of a workbook: in a process of its own, with bounds that a hostile file cannot leave.

A workbook of some bytes may describe more cells than fit into any memory. ``python sandbox.py FILE SHEET ROWS COLUMNS``
prints a line of JSON with the names of the sheets, and then one for each row of the sheet: its number and its cells. It
needs nothing of ours.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree

MEMORY: Final = 2 * 2**30
SECONDS: Final = 120
CELL: Final = 100_000
"""Characters of a cell: three times as many as Excel has room for."""
TEXT: Final = 200 * 2**20
"""Characters of all cells."""
_ERROR: Final = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*>(?:<f\b[^>]*>[^<]*</f>|<f/>)?<v>([^<]{1,20})'
)
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def confine() -> None:
    """Bound what this process may use, where the system can do that."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def tell(value: Any) -> None:
    """Print a line of JSON."""
    sys.stdout.write(json.dumps(value) + "\n")


def main(path: str, sheet: int, most_rows: int, most_columns: int) -> str:
    """Print the rows; return what is wrong, for people."""
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
    except python_calamine.PasswordError:
        return "This workbook is protected by a password. Save it without one."
    names = [found.name for found in workbook.sheets_metadata if found.typ == python_calamine.SheetTypeEnum.WorkSheet]
    tell(names)
    if not sheet < len(names):
        return "This workbook has no such sheet."
    found = workbook.get_sheet_by_name(names[sheet])
    if found.total_width > most_columns:
        return f"This sheet has {found.total_width:,} columns; {most_columns} are taken. Delete those that are empty."
    if found.height > most_rows:
        return f"This sheet has {found.height:,} rows; {most_rows:,} are taken at once. Divide it."
    return _tell_rows(found, errors_in(path, names[sheet]))


def _tell_rows(sheet: Any, errors: dict[tuple[int, int], str]) -> str:
    _, column = sheet.start or (0, 0)  # empty rows at the beginning are given, empty columns are not
    faulty = {place[0] for place in errors}
    size = 0
    for number, values in enumerate(sheet.iter_rows(), 1):
        lengths = [len(value) for value in values if isinstance(value, str)]
        size += sum(lengths)
        if size > TEXT or max(lengths, default=0) > CELL:
            return f"There is too much text in row {number}: a cell may have {CELL:,} characters."
        cells = [None] * column + [_cell(value) for value in values]
        if number in faulty:
            cells = [{"@error": errors[number, n]} if (number, n) in errors else c for n, c in enumerate(cells)]
        tell([number, cells])
    return ""


def _cell(value: Any) -> Any:
    if value == "":
        return None
    if isinstance(value, datetime.datetime):
        return {"@moment": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"@date": value.isoformat()}
    if isinstance(value, datetime.time):
        return {"@time": value.isoformat()}
    return str(value) if isinstance(value, datetime.timedelta) else value


def errors_in(path: str, sheet: str) -> dict[tuple[int, int], str]:
    """Where a sheet of Excel has errors such as ``#DIV/0!``, which otherwise look like empty cells."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        if part is None:
            return {}
        with archive.open(part) as file:
            return {(int(r), _number(c)): text.decode("ascii", "replace") for c, r, text in _errors(file)}


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    try:
        book = _tree(archive, "xl/workbook.xml")
        relations = _tree(archive, "xl/_rels/workbook.xml.rels")
    except (KeyError, ElementTree.ParseError):  # another kind of workbook
        return None
    wanted = next((e.get(_RELATION) for e in book.iter() if e.tag.endswith("}sheet") and e.get("name") == sheet), None)
    target = next((e.get("Target", "") for e in relations if e.get("Id") == wanted), "")
    part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return part if part in archive.namelist() else None


def _tree(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(part))  # noqa: S314 - this process can do no harm


def _errors(file: Any) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The errors of a sheet, which is read a block at a time; the end of each is looked at with the next one."""
    kept = b""
    while block := file.read(2**20):
        text = kept + block
        cut = text.rfind(b"<c ")
        cut = cut if cut > 0 else len(text)
        yield from _ERROR.findall(text[:cut])
        kept = text[cut:][-(2**16) :]
    yield from _ERROR.findall(kept)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


if __name__ == "__main__":
    confine()
    wrong = main(sys.argv[1], *map(int, sys.argv[2:5]))
    if wrong:
        tell({"wrong": wrong})
