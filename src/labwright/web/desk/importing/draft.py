"""An import that somebody has begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.importing.cells import Cell, packed, unpacked
from labwright.web.desk.importing.judging import Fate, Judge, Judged, There
from labwright.web.desk.importing.mapping import Choice, importable
from labwright.web.desk.importing.reading import Problem, Reader
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.keeping.imports import Begun, Imports, Piece, changed
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet
    from labwright.web.fields import Field

ENTERED_BY_PEOPLE: Final = frozenset({"manual", "lookup"})
BEGUN: Final = frozenset({"new", "checked"})
"""The states of imports that are read and not ended."""


@dataclass(frozen=True)
class Draft:
    """An import at the desk of whoever has begun it.

    Parameters
    ----------
    sheet : Sheet
        Where its rows are to go.
    begun : Begun
    """

    sheet: Sheet
    begun: Begun

    @property
    def id(self) -> str:
        """What it is called in addresses."""
        return self.begun.id

    @property
    def about(self) -> Mapping[str, Any]:
        """What is known of it."""
        return self.begun.about

    @property
    def title(self) -> str:
        """The name of its file."""
        return str(self.about["file"])

    @property
    def header(self) -> Sequence[str]:
        """The names of its columns; numbers where the file has none."""
        found: Sequence[str] = self.about["header"]
        return found

    @cached_property
    def fields(self) -> dict[str, Field]:
        """What its columns may go into."""
        return importable(self.sheet)

    @cached_property
    def mapping(self) -> Choice:
        """Which column goes where, as far as it is still possible."""
        kept = self.about["mapping"]
        columns = {int(i): name for i, name in kept["columns"].items() if name in self.fields}
        return Choice(columns, {n: text for n, text in kept["constants"].items() if n in self.fields})

    @property
    def there(self) -> There:
        """What is to be done about rows that are there already."""
        return There(self.about["there"])

    @property
    def why(self) -> str:
        """The reason of the change that it makes."""
        return f"import of {self.title}"

    @property
    def reason(self) -> str:
        """Why it is right what the lab's checks doubt; empty before somebody has said so."""
        return str(self.about.get("reason", ""))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows there are of each fate, by its name; nothing before they were tried."""
        found: Mapping[str, int] = self.about.get("counts", {})
        return found

    @cached_property
    def imports(self) -> Imports:
        """Where it is kept."""
        return Imports(self.sheet.desk.workspace.keeping)

    @cached_property
    def reader(self) -> Reader:
        """What makes values of its cells."""
        return Reader(self.fields, self.mapping, len(self.header))

    def judge(self) -> Judge:
        """Who says what becomes of its rows."""
        return Judge(self.sheet, self.reader, self.there)

    def with_more(self, state: str | None = None, *, was: str | None = None, **about: Any) -> Draft:
        """Keep what has become known of it."""
        return replace(self, begun=self.imports.save(changed(self.begun, state, **about), was))

    def discard(self) -> None:
        """Give it up, with those that are entered with it."""
        for part in self.parts:
            part.discard()
        self.imports.discard(self.begun)

    @property
    def whole(self) -> Draft | None:
        """The import of the master with which this one of a part is entered; None where it is entered alone."""
        return self._other(*self.about["of"]) if "of" in self.about else None

    @property
    def parts(self) -> list[Draft]:
        """The imports of parts that are entered with this one of their master."""
        found = (self._other(*one) for one in self.about.get("parts", ()))
        return [draft for draft in found if draft is not None]

    def _other(self, table: str, id_: str) -> Draft | None:
        sheet = self.sheet.desk.find(table)
        begun = self.imports.find(self.begun.person, table, id_) if sheet is not None and may_import(sheet) else None
        return Draft(sheet, begun) if sheet is not None and begun is not None and begun.state in BEGUN else None


def may_import(sheet: Sheet) -> bool:
    """Whether the person may enter rows of a table from files: not of one that fills itself."""
    master = sheet.desk.find(sheet.master_name) if sheet.master_name else sheet
    return master is not None and master.tier in ENTERED_BY_PEOPLE and sheet.may(Verb.INSERT)


def need_import(sheet: Sheet) -> None:
    """Refuse somebody who may not.

    Raises
    ------
    NotAllowedError
    """
    if not may_import(sheet):
        raise NotAllowedError(f"Rows of {sheet.title} cannot be entered by you from a file.")


def find(sheet: Sheet, id_: str) -> Draft:
    """An import of the person into a table.

    Raises
    ------
    NotThereError
        When they have none of that name.
    """
    need_import(sheet)
    begun = Imports(sheet.desk.workspace.keeping).find(sheet.desk.person.name, sheet.name, id_)
    if begun is None or begun.state == "reading":
        raise NotThereError("There is no such import. It may have been given up.")
    return Draft(sheet, begun)


def unfinished(desk: Desk) -> list[Draft]:
    """The imports that the person has begun and not ended, newest first; those of parts stand with their master's."""
    found = Imports(desk.workspace.keeping).of(desk.person.name)
    sheets = [(desk.find(begun.table), begun) for begun in found if begun.state in BEGUN]
    drafts = [Draft(sheet, begun) for sheet, begun in sheets if sheet is not None and may_import(sheet)]
    return [draft for draft in drafts if draft.whole is None]


def rows_of(piece: Piece) -> list[tuple[int, list[Cell]]]:
    """The rows of a piece."""
    return [(number, cells) for number, cells in unpacked(piece.held)]


def judged_of(piece: Piece) -> list[Judged]:
    """The rows of a piece with what was found out about them, without their values."""
    found = unpacked(piece.found)
    return [
        Judged(number, cells, {}, [Problem(*p) for p in found["problems"].get(str(i), ())], key, Fate(fate),
               found["base"].get(str(i), {}))
        for i, ((number, cells), fate, key) in enumerate(
            zip(unpacked(piece.held), found["fates"], found["keys"], strict=True))
    ]  # fmt: skip


def piece_of(number: int, judged: Sequence[Judged]) -> Piece:
    """A piece of these rows."""
    found = {
        "numbers": [one.number for one in judged],
        "fates": "".join(one.fate for one in judged),
        "keys": [one.key for one in judged],
        "problems": {i: one.problems for i, one in enumerate(judged) if one.problems},
        "base": {i: one.base for i, one in enumerate(judged) if one.base},
    }
    held = packed([[one.number, one.cells] for one in judged])
    bad = sum(one.fate is Fate.BAD for one in judged)
    first, last = (judged[0].number, judged[-1].number) if judged else (0, -1)
    return Piece(number, first, last, bad, held, packed(found))
