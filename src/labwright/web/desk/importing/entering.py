"""Entering the rows of an import: all of them, or those that can be, as one change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import labwright as lw
from labwright.web.desk.importing.draft import Draft, judged_of, need_import, piece_of
from labwright.web.desk.importing.judging import Fate, Judged
from labwright.web.desk.importing.limits import PIECE
from labwright.web.desk.importing.trial import put
from labwright.web.desk.refusals import BadRequestError
from labwright.web.desk.sentences import sentence

CHANGED: Final = "The table, or rows of it, were changed meanwhile. Nothing was entered; check the rows again."


def enter(draft: Draft, *, only_valid: bool = False) -> Draft:
    """Enter the rows of an import that was tried, together with those of its parts.

    Parameters
    ----------
    draft : Draft
    only_valid : bool
        Whether rows that cannot be entered may stay behind, as an import of their own; else there may be none.

    Returns
    -------
    Draft
        It knows under ``entered`` the number of the change, and how many rows were entered.

    Raises
    ------
    BadRequestError
        When the rows were not tried, or are not as they were then. Nothing was entered.
    """
    whole, drafts = draft.whole, [draft, *draft.parts]
    if whole is not None:
        raise BadRequestError(f"These rows are entered together with those of {whole.sheet.title}.")
    for one in drafts:
        need_import(one.sheet)
        if one.begun.state != "checked":
            raise BadRequestError(f"The rows of {one.sheet.title} were entered already, or are to be checked first.")
    bad = sum(one.counts["bad"] for one in drafts)
    if bad and not only_valid:
        raise BadRequestError(f"{bad:,} rows cannot be entered as they are. Nothing was entered.")
    with draft.sheet.desk.acting(draft.why) as number:
        done = [_entered(one, number) for one in drafts]
        last = [one.about["entered"][-1] for one in done]
        if not any(told["new"] + told["changed"] for told in last):
            raise BadRequestError("There is no row to enter.")
        told = {one.sheet.title: told["new"] + told["changed"] for one, told in zip(done, last, strict=True)}
        told.pop(draft.sheet.title)
        return done[0].with_more(entered=[*done[0].about["entered"][:-1], {**last[0], "parts": told}])


def _entered(draft: Draft, number: str) -> Draft:
    try:
        return _enter(draft, number)
    except lw.errors.ConflictError as error:
        raise BadRequestError(CHANGED) from error
    except lw.LabwrightError as error:
        raise BadRequestError(f"{sentence(error, draft.sheet)} Nothing was entered; check the rows again.") from error


def _enter(draft: Draft, number: str) -> Draft:
    counts: Counter[Fate] = Counter()
    left: list[Judged] = []
    draft = draft.with_more("new", was="checked")  # whoever sends this twice at the same time is refused
    for piece in draft.imports.pieces(draft.begun):
        judged = judged_of(piece)
        counts.update(one.fate for one in judged)
        left += [one for one in judged if one.fate is Fate.BAD]
        _put(draft, [one for one in judged if one.fate in (Fate.NEW, Fate.CHANGED)])
    told = {"change": number, "new": counts[Fate.NEW], "changed": counts[Fate.CHANGED]}
    draft.imports.forget_pieces(draft.begun, file_too=True)
    for place, some in enumerate(_divided(left)):
        draft.imports.keep_piece(draft.begun, piece_of(place, some))
    zeros = dict.fromkeys(draft.counts, 0)
    return draft.with_more(
        "checked" if left else "done", entered=[*draft.about.get("entered", ()), told],
        counts={**zeros, "bad": len(left)}, rows=len(left), has_file=False,
    )  # fmt: skip


def _put(draft: Draft, judged: Sequence[Judged]) -> None:
    for one in judged:
        one.row, problems = draft.reader.read(one.cells)
        if problems:
            raise BadRequestError(CHANGED)
    new: list[dict[str, Any]] = [one.row for one in judged if one.fate is Fate.NEW]
    if new:
        draft.sheet.insert(new, why=draft.why, overridden=draft.reason)
    for one in judged:
        if one.fate is Fate.CHANGED:
            put(draft.sheet, draft.fields, one, draft.why, draft.reason)


def _divided(judged: Sequence[Judged]) -> Iterator[Sequence[Judged]]:
    return (judged[start : start + PIECE] for start in range(0, len(judged), PIECE))
