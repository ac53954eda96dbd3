"""Beginning an import: the file is kept, read, and a guess made at what is in it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.importing.cells import Cell, packed, text_of
from labwright.web.desk.importing.draft import Draft, may_import, need_import, unfinished
from labwright.web.desk.importing.judging import There
from labwright.web.desk.importing.limits import COLUMNS, PIECE, PIECE_SIZE, ROWS, UNFINISHED, UPLOAD
from labwright.web.desk.importing.mapping import bare_name, by_place, clean_header, guess, importable, names_row
from labwright.web.desk.importing.texts import (
    DELIMITERS,
    ENCODINGS,
    guess_delimiter,
    guess_encoding,
    read_text,
)
from labwright.web.desk.importing.workbooks import is_workbook, opened
from labwright.web.desk.refusals import BadRequestError
from labwright.web.keeping.imports import Imports, Piece, changed
from labwright.web.keeping.uploads import plain_name

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

Numbered = tuple[int, Sequence[Cell]]
FIRST: Final = 10
"""Rows among which that with the names of the columns is looked for."""
SAMPLES: Final = 3
"""Values of each column that are shown."""
KEPT: Final = datetime.timedelta(days=30)
"""For so long it is known what an import has entered."""
SHOWN: Final = 60
"""Characters of these."""


def begin(sheet: Sheet, name: str, data: bytes) -> Draft:
    """Keep a file whose rows are to be entered, and look into it.

    Raises
    ------
    BadRequestError
        When it cannot be read.
    """
    need_import(sheet)
    _check(sheet, data)
    if is_workbook(data):
        settings: dict[str, Any] = {"kind": "workbook", "sheet": 0}
    else:
        encoding = _encoding(data)
        settings = {"kind": "text", "encoding": encoding, "delimiter": guess_delimiter(data, encoding)}
    imports = Imports(sheet.desk.workspace.keeping)
    _forget_old(imports, sheet.desk.person.name)
    about = {"file": plain_name(name), "size": len(data), "there": There.REFUSE}
    begun = imports.begin(sheet.desk.person.name, sheet.name, about, data)
    try:
        return _stage(Draft(sheet, begun), settings, data)
    except BaseException:
        imports.discard(begun)
        raise


def begin_with_parts(sheet: Sheet, name: str, data: bytes) -> Draft:
    """The same, where a workbook may have sheets for parts of the table, by their names: each has an import then.

    They are tried and entered together with that of the table.
    """
    draft = begin(sheet, name, data)
    sheets = draft.about["sheets"]
    parts = {number: part for number, text in enumerate(sheets) for part in sheet.parts if _is_for(part, text)}
    others = [number for number in range(len(sheets)) if number not in parts]
    if not parts or not others:
        return draft
    own = next((number for number in others if bare_name(sheets[number]) == bare_name(sheet.title)), others[0])
    made = []
    try:
        if own != draft.about["settings"]["sheet"]:
            draft = read_again(draft, {"sheet": str(own)})
        for number, part in parts.items():
            made.append(_begin_part(draft, part, number, data))
        return draft.with_more(parts=[[one.sheet.name, one.id] for one in made])
    except BaseException:
        for one in (*made, draft):
            one.discard()
        raise


def _is_for(part: Sheet, text: str) -> bool:
    return may_import(part) and bare_name(text) in (bare_name(part.title), bare_name(part.title.rpartition(".")[2]))


def _begin_part(draft: Draft, part: Sheet, number: int, data: bytes) -> Draft:
    about = {"file": draft.title, "size": 0, "there": There.REFUSE, "of": [draft.sheet.name, draft.id]}
    begun = draft.imports.begin(draft.begun.person, part.name, about, b"")  # the file is kept with the master's
    try:
        return _stage(Draft(part, begun), {"kind": "workbook", "sheet": number}, data)
    except BaseException:
        draft.imports.discard(begun)
        raise


def _forget_old(imports: Imports, person: str) -> None:
    """Keep nothing of what was entered, or could not be read, long ago."""
    before = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - KEPT
    for begun in imports.of(person):
        if begun.state in ("done", "reading") and begun.begun < before:
            imports.discard(begun)


def read_again(draft: Draft, given: Mapping[str, str]) -> Draft:
    """Read the file in another way: with another encoding, delimiter, sheet, or row of names.

    Raises
    ------
    BadRequestError
        When it cannot be read so; the import is as it was then.
    """
    need_import(draft.sheet)
    settings = {**draft.about["settings"]}
    if given.get("encoding") in ENCODINGS:
        settings["encoding"] = given["encoding"]
    if given.get("delimiter") in DELIMITERS:
        settings["delimiter"] = given["delimiter"]
    if given.get("sheet", "").isdecimal() and len(given["sheet"]) < 5:
        other = int(given["sheet"]) != settings.get("sheet")
        settings = {**settings, "sheet": int(given["sheet"])}
        if other:
            settings.pop("names_in", None)
            given = {}
    if given.get("names_in", "").isdecimal() and len(given["names_in"]) < 7:
        settings["names_in"] = int(given["names_in"])
    return _stage(draft, settings, draft.imports.file((draft.whole or draft).begun))


def _check(sheet: Sheet, data: bytes) -> None:
    if not data.strip(b"\0\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise BadRequestError("There is nothing in this.")
    if len(data) > UPLOAD:
        raise BadRequestError(f"This has more than the {UPLOAD >> 20} MB that are taken at once. Divide it.")
    if len(unfinished(sheet.desk)) >= UNFINISHED:
        raise BadRequestError(f"You have begun {UNFINISHED} imports. Enter some of them, or give them up, first.")


def _encoding(data: bytes) -> str:
    encoding = guess_encoding(data)
    if b"\0" in data[:4096] and not encoding.startswith("utf-16"):
        raise BadRequestError("This is neither text nor a workbook. CSV, XLSX, ODS and XLS files can be read.")
    if data[:1000].lstrip(b"\xef\xbb\xbf\t\r\n ").lower().startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise BadRequestError("This is a web page or XML, whatever its name says. Save it as CSV or XLSX.")
    return encoding


@contextmanager
def _read(data: bytes, settings: Mapping[str, Any]) -> Iterator[tuple[list[str], Iterator[Numbered]]]:
    """The names of the sheets, where there are some, and the rows that are not empty."""
    if settings["kind"] == "workbook":
        with opened(data, settings["sheet"]) as (names, rows):
            yield names, _trimmed(rows)
    else:
        yield [], _trimmed(read_text(data, settings["encoding"], settings["delimiter"]))


def _trimmed(rows: Iterable[Numbered]) -> Iterator[Numbered]:
    """The rows that are not empty, without empty cells at their ends."""
    count = 0
    for number, cells in rows:
        width = len(cells)
        while width and (cells[width - 1] is None or cells[width - 1] == ""):
            width -= 1
        if width > COLUMNS:
            raise BadRequestError(f"Row {number} has {width:,} cells; {COLUMNS} are taken. Is the delimiter right?")
        if width:
            count += 1
            if count > ROWS + FIRST:
                raise BadRequestError(f"This has more than the {ROWS:,} rows that are taken at once. Divide it.")
            yield number, list(cells[:width])


def _stage(draft: Draft, settings: dict[str, Any], data: bytes) -> Draft:
    """Keep the rows of the file, and a guess at which column goes where."""
    with _read(data, settings) as (sheets, rows):
        first = list(islice(rows, FIRST))
        if "names_in" not in settings:
            settings["names_in"] = names_row(importable(draft.sheet), first)
        header = next((cells for number, cells in first if number == settings["names_in"]), None)
        if header is None:
            settings["names_in"] = 0
        body = (row for row in chain(first, rows) if row[0] > settings["names_in"])
        return _keep(draft, settings, sheets, header, body)


def _keep(
    draft: Draft, settings: dict[str, Any], sheets: list[str], header: Sequence[Cell] | None, body: Iterator[Numbered]
) -> Draft:
    samples = list(islice(body, FIRST))
    width = max([len(header or ()), *(len(cells) for _, cells in samples if header is None)], default=0)
    names = clean_header(header) if header is not None else [f"column {n}" for n in range(1, width + 1)]
    imports = draft.imports
    count = 0
    with draft.sheet.desk.workspace.keeping.changing():
        imports.forget_pieces(draft.begun)
        for number, rows in enumerate(_divided(chain(samples, body))):
            piece = Piece(number, rows[0][0], rows[-1][0], 0, packed(rows), packed(None))
            imports.keep_piece(draft.begun, piece)
            count += len(rows)
        about = {
            "settings": settings, "sheets": sheets, "header": names, "rows": count, "counts": {},
            "mapping": {"columns": _guessed(draft, names, header is not None), "constants": {}},
            "samples": [[_sample(cells, i) for _, cells in samples[:SAMPLES]] for i in range(width)],
        }  # fmt: skip
        begun = imports.save(changed(draft.begun, "new", **about))
    return Draft(draft.sheet, begun)


def _sample(cells: Sequence[Cell], column: int) -> str:
    return text_of(cells[column])[:SHOWN] if column < len(cells) else ""


def _divided(rows: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """Some hundred rows at a time, and fewer where they are long."""
    piece: list[Numbered] = []
    size = 0
    for row in rows:
        piece.append(row)
        size += sum(len(cell) if isinstance(cell, str) else 8 for cell in row[1])
        if len(piece) == PIECE or size > PIECE_SIZE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _guessed(draft: Draft, names: Sequence[str], has_names: bool) -> dict[str, str]:
    """What goes where, most likely: as the last time, or by the names."""
    if not has_names:
        found = by_place(draft.fields, len(names)).columns
    else:
        known = draft.imports.recall(draft.begun.person, draft.begun.table, names)
        found = guess(draft.fields, names, known).columns
    return {str(i): name for i, name in found.items()}
