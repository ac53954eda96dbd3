"""The dry run: every row is judged, and entered for a trial, so that all that is wrong is known beforehand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from labwright.web.desk.importing.cells import unpacked
from labwright.web.desk.importing.draft import Draft, judged_of, need_import, piece_of, rows_of
from labwright.web.desk.importing.judging import Fate, Judged, There
from labwright.web.desk.importing.mapping import Choice, wrong_with
from labwright.web.desk.importing.trial import Trial, trial
from labwright.web.desk.refusals import BadRequestError
from labwright.web.keeping.imports import Piece
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from collections.abc import Callable

Place = tuple[int, int]
"""The number of a row, and that of a column, counted from 0."""


def put_into(draft: Draft, mapping: Choice, there: There) -> Draft:
    """Say which column goes where, and what is to be done about rows that are there already; then try all rows.

    Raises
    ------
    BadRequestError
        When the mapping is not right; see `wrong_with`.
    """
    need_import(draft.sheet)
    if wrong_with(draft.fields, mapping):
        raise BadRequestError("Something about the columns is to be put right first.")
    if there is There.UPDATE:
        draft.sheet.need(Verb.UPDATE)
    columns = {str(i): name for i, name in mapping.columns.items()}
    about = {"columns": columns, "constants": dict(mapping.constants)}
    person, table = draft.begun.person, draft.begun.table
    if draft.about["settings"]["names_in"]:
        named = {text: mapping.columns.get(i, "") for i, text in enumerate(draft.header)}
        draft.imports.remember(person, table, draft.header, named)
    for part in draft.parts:
        if part.begun.state == "new" and (there is not There.UPDATE or part.sheet.may(Verb.UPDATE)):
            part.with_more(there=there)
    return check(replace(draft, begun=draft.with_more(mapping=about, there=there).begun))


def check(draft: Draft) -> Draft:
    """Try all rows, and keep what was found out; those of a table together with those of its parts.

    Raises
    ------
    BadRequestError
        When it is one of a part, and nobody has said yet which column goes where in its master.
    """
    whole = draft.whole or draft
    if whole is not draft and whole.begun.state == "new":
        raise BadRequestError(f"Say first which column goes where in {whole.sheet.title}.")
    all_ = [draft if one.id == draft.id else one for one in (whole, *whole.parts)]
    ready = [one for one in all_ if one is draft or not wrong_with(one.fields, one.mapping)]
    for one in ready:
        need_import(one.sheet)
    with trial(draft.sheet.desk):
        tried = [_tried(one) for one in ready]  # parents first: rows of parts find theirs
    with draft.sheet.desk.workspace.keeping.changing():
        found = {one.id: _kept(one, *what) for one, what in zip(ready, tried, strict=True)}
    return found[draft.id]


def _tried(draft: Draft) -> tuple[list[Piece], bool]:
    """The pieces as they were found to be, and whether some were not tried any more."""
    run, judge, twin, tried = Trial(draft.sheet, draft.fields, draft.reason), draft.judge(), _seen_before(), []
    for piece in draft.imports.pieces(draft.begun):
        judged = judge.judge(rows_of(piece), twin)
        run.run(judged)
        tried.append(piece_of(piece.number, judged))
    return tried, run.is_over


def _kept(draft: Draft, tried: Sequence[Piece], untried: bool) -> Draft:
    for piece in tried:
        draft.imports.change_piece(draft.begun, piece)
    return _counted(draft, untried)


def _enter_for_trial(whole: Draft | None) -> None:
    """Let the rows of the master be there, as far as they can be, while some of a part are tried."""
    if whole is None:
        return
    run = Trial(whole.sheet, whole.fields, whole.reason)
    for piece in whole.imports.pieces(whole.begun):
        judged = [one for one in judged_of(piece) if one.fate in (Fate.NEW, Fate.CHANGED)]
        for one in judged:
            one.row = whole.reader.read(one.cells)[0]
        run.run(judged)


def override(draft: Draft, reason: str) -> Draft:
    """Say why it is right what the lab's checks doubt, which is kept with the change; then try all rows again."""
    return check(draft.with_more(reason=" ".join(reason.split())[:REASON]))


REASON: Final = 300
"""Characters of a reason."""


def _seen_before() -> Callable[[int, int], int | None]:
    """Tells which earlier row has a key."""
    seen: dict[int, int] = {}

    def twin(key: int, number: int) -> int | None:
        first = seen.setdefault(key, number)
        return None if first == number else first

    return twin


def _counted(draft: Draft, untried: bool) -> Draft:
    """The import with how many rows there are of each fate."""
    counts = Counter(fate for _, found in draft.imports.findings(draft.begun) for fate in unpacked(found)["fates"])
    told = {fate.name.lower(): counts[fate] for fate in Fate}
    return draft.with_more("checked", counts=told, rows=sum(counts.values()), untried=untried)


def correct(draft: Draft, cells: Mapping[Place, str], left_out: AbstractSet[int] = frozenset()) -> Draft:
    """Change cells and leave rows out; then look again at these rows, and at those that had the same keys.

    Parameters
    ----------
    draft : Draft
    cells : mapping of (int, int) to str
        The new texts, by the number of the row and of the column; what is no column of the file is passed over.
    left_out : set of int
        The numbers of rows that are not to be entered.
    """
    need_import(draft.sheet)
    cells = {place: text for place, text in cells.items() if place[1] < len(draft.header)}
    touched = {number for number, _ in cells} | left_out
    numbers = draft.imports.numbers_with(draft.begun, touched)
    pieces = {piece.number: judged_of(piece) for piece in draft.imports.pieces(draft.begun, numbers)}
    before = {one.key for judged in pieces.values() for one in judged if one.number in touched}
    for number, judged in pieces.items():
        pieces[number] = [_with(one, cells) for one in judged if one.number not in left_out]
    found = _Again(draft, pieces, touched, before).run()
    return check(found) if found.parts else found


def _with(one: Judged, cells: Mapping[Place, str]) -> Judged:
    """A row with other texts in some of its cells."""
    given = {column: text for (number, column), text in cells.items() if number == one.number}
    width = max([len(one.cells), *(column + 1 for column in given)])
    old = [*one.cells, *[None] * (width - len(one.cells))]
    return replace(one, cells=[given.get(i, cell) for i, cell in enumerate(old)])


class _Again:
    """Looks again at rows that were changed, and at others as far as these had to do with them."""

    def __init__(
        self, draft: Draft, pieces: dict[int, list[Judged]], touched: set[int], before: set[int | None]
    ) -> None:
        self._draft, self._pieces, self._touched = draft, pieces, touched
        self._judge = draft.judge()
        self._keys = before | {self._key(one) for judged in pieces.values() for one in judged if one.number in touched}

    def _key(self, one: Judged) -> int | None:
        return self._judge.read(one.number, one.cells).key

    def run(self) -> Draft:
        draft, twins = self._draft, self._twins()
        keeping, run = draft.sheet.desk.workspace.keeping, Trial(draft.sheet, draft.fields, draft.reason)
        with trial(draft.sheet.desk):
            _enter_for_trial(draft.whole)
            for judged in self._pieces.values():
                again = [one for one in judged if one.number in self._touched]
                found = self._judge.judge([(one.number, one.cells) for one in again], twins)
                run.run(found)
                by_number = {one.number: one for one in found}
                judged[:] = [by_number.get(one.number, one) for one in judged]
        with keeping.changing():
            for number, judged in self._pieces.items():
                draft.imports.change_piece(draft.begun, piece_of(number, judged))
            return _counted(draft, bool(draft.about.get("untried")))

    def _twins(self) -> Callable[[int, int], int | None]:
        """Who has a key that was, or is now, one of a row that was changed."""
        holders: dict[int, list[int]] = {}
        for piece, packed in self._draft.imports.findings(self._draft.begun):
            for number, key in self._keys_in(piece, packed):
                if key in self._keys:
                    holders.setdefault(key, []).append(number)
        firsts = {key: self._first(numbers) for key, numbers in holders.items()}
        self._look_at({n for numbers in holders.values() for n in numbers})
        return lambda key, number: None if firsts.get(key, number) == number else firsts[key]

    def _keys_in(self, piece: int, packed: bytes) -> Iterator[tuple[int, int]]:
        """The numbers of rows, and the hashes of their keys, as they are now."""
        if piece in self._pieces:
            found = [(o.number, self._key(o) if o.number in self._touched else o.key) for o in self._pieces[piece]]
        else:
            held = unpacked(packed)
            found = list(zip(held["numbers"], held["keys"], strict=True))
        return ((number, key) for number, key in found if key is not None)

    def _first(self, numbers: Sequence[int]) -> int:
        """Which of several rows may have the key: not one that was given it just now."""
        return min(numbers, key=lambda n: (n in self._touched, n))

    def _look_at(self, numbers: set[int]) -> None:
        imports, begun = self._draft.imports, self._draft.begun
        more = [number for number in imports.numbers_with(begun, numbers) if number not in self._pieces]
        self._pieces |= {piece.number: judged_of(piece) for piece in imports.pieces(begun, more)}
        self._touched = self._touched | numbers
