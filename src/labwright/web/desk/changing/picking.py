"""Choosing what a row refers to: from the outermost table inwards, among the rows that a person may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.fields import FieldError, field_of
from labwright.web.fields.numbers import IntegerField

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

SHORT: Final = 255
"""Texts that may be longer tell rows apart badly."""
SEARCHED: Final = 20_000
"""Of tables with more rows, what is typed is looked for only where an index finds it, unless somebody insists."""
SHOWN: Final = 3
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True)
class Step:
    """One choice on the way to a row: a row of a table, which fills attributes.

    Parameters
    ----------
    sheet : Sheet
        The table that is chosen from.
    attributes : mapping of str to str
        What is filled, each with the attribute of the key that fills it.
    """

    sheet: Sheet
    attributes: Mapping[str, str]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What is filled, in the order of the key that fills it."""
        here = {there: name for name, there in self.attributes.items()}
        return tuple(here[there] for there in self.sheet.key)

    def values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a row fills the attributes with."""
        return {here: row[there] for here, there in self.attributes.items()}

    def key(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The key that a row refers to, as far as it tells it."""
        return {there: row[here] for here, there in self.attributes.items() if row.get(here) is not None}


@dataclass(frozen=True)
class Choices:
    """Some of the rows that can be chosen.

    Parameters
    ----------
    rows : sequence of mapping
        By key, with what tells them apart.
    following : mapping or None
        The last row, where more follow.
    is_partial : bool
        Whether there are too many rows to look at all texts.
    """

    rows: Sequence[Mapping[str, Any]]
    following: Mapping[str, Any] | None
    is_partial: bool


def steps_of(sheet: Sheet) -> dict[str, Step]:
    """The choice that fills each attribute of a table's references: those in the outermost tables come first."""
    found: dict[str, Step] = {}
    for reference in sheet.references:
        for step in _steps(Step(reference.sheet, reference.attributes), ()):
            for name in step.names:
                found.setdefault(name, step)
    return found


def _steps(step: Step, seen: tuple[str, ...]) -> Iterator[Step]:
    """The choices that lead to one, which is the last of them."""
    here = {there: name for name, there in step.attributes.items()}
    for reference in step.sheet.references:
        if set(reference.attributes) < set(step.sheet.key) and reference.sheet.name not in seen:
            upper = Step(reference.sheet, {here[a]: there for a, there in reference.attributes.items()})
            yield from _steps(upper, (*seen, step.sheet.name))
    yield step


def given_for(steps: Mapping[str, Step], name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Within which a choice for `name` is made: what is known of the key that comes before it, or is chosen before."""
    step = steps[name]
    before = step.names[: step.names.index(name)]
    known = [n for n in step.names if n in before or steps[n] != step]
    return step.key({n: row.get(n) for n in known if n != name})


def choices(
    step: Step,
    given: Mapping[str, Any],
    text: str = "",
    after: Mapping[str, Any] | None = None,
    limit: int = 10,
    *,
    thorough: bool = False,
) -> Choices:
    """Rows that can be chosen, by key.

    Parameters
    ----------
    step : Step
    given : mapping
        Attributes of the key that are decided already.
    text : str
        How a key begins, or what stands in a short text.
    after : mapping, optional
        The row behind which to begin.
    limit : int
    thorough : bool
        Whether to look at the texts of all rows, however many.
    """
    sheet = step.sheet
    found = sheet.rows(dict(given)) if given else sheet.rows()
    free = [name for name in sheet.key if name not in given]
    shown = found.proj(*told(sheet))
    if not text.strip():
        return _page(shown, [True], after, limit, is_partial=False)
    is_small = thorough or found.count(at_most=SEARCHED + 1) <= SEARCHED
    ways = [*_by_key(sheet, free, text.strip()), *_by_text(sheet, text.strip(), is_small=is_small)]
    return _page(shown, [ways] if thorough else ways, after, limit, is_partial=not is_small)


def _page(found: Any, ways: Sequence[Any], after: Any, limit: int, *, is_partial: bool) -> Choices:
    """Rows by one way after the other, until there are enough: each is found by an index where there is one."""
    key = found.heading.primary_key
    rows: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for way in ways:
        wanted = found & way if way is not True else found
        wanted = wanted & lw.After(after, "KEY") if after is not None else wanted
        for row in wanted.to_dicts(order_by="KEY", limit=limit + 1):
            rows.setdefault(tuple(row[n] for n in key), row)
        if len(rows) > limit:
            break
    listed = list(rows.values())
    return Choices(listed[:limit], listed[limit - 1] if len(listed) > limit else None, is_partial)


def told(sheet: Sheet) -> list[str]:
    """The attributes that tell the rows of a table apart, beside its key: short texts, then others that are short."""
    fields = [field_of(sheet.heading[n]) for n in sheet.heading.secondary_attributes]
    short = [f for f in fields if not f.is_heavy and _is_short(f)]
    first = [f.name for f in short if f.kind == "text"]
    return [*first, *(f.name for f in short if f.kind in ("choice", "date", "moment"))][:SHOWN]


def _is_short(field: Any) -> bool:
    return field.kind != "text" or (field.maxlength is not None and field.maxlength <= SHORT)


def _by_key(sheet: Sheet, free: Sequence[str], text: str) -> Iterator[Any]:
    """Rows whose key begins so: ``3`` is the beginning of 3 and of 31, ``3, 2`` that of the pair."""
    if not free:
        return
    for way in _beginning(sheet, free[0], text):
        yield way
    *decided, last = [part.strip() for part in text.split(",")]
    if decided and len(decided) < len(free):
        try:
            fixed = {n: field_of(sheet.heading[n]).parse(part) for n, part in zip(free, decided, strict=False)}
        except FieldError:
            return
        for way in _beginning(sheet, free[len(decided)], last) if last else [True]:
            yield lw.AndList([fixed, way])


def _beginning(sheet: Sheet, name: str, text: str) -> Iterator[Any]:
    field: Any = field_of(sheet.heading[name])
    if field.kind == "text":
        yield from _text_range(field, text)
    elif field.kind == "choice":
        labels = [label for label in field.labels if label.casefold().startswith(text.casefold())]
        if labels:
            yield lw.Where(name, "in", labels)
    elif isinstance(field, IntegerField) and text.isdecimal():
        yield from _decades(field, int(text))
    elif field.comparisons:
        yield from _span(field, text)


def _text_range(field: Any, text: str) -> Iterator[Any]:
    """Between the text and the last one that begins with it: an index knows that."""
    if field.maxlength is None or len(text) < field.maxlength:
        yield lw.Where(field.name, "between", (text, text + _LAST))
    elif len(text) == field.maxlength:
        yield {field.name: text}


def _decades(field: Any, number: int) -> Iterator[Any]:
    """``3``, ``30`` to ``39``, ``300`` to ``399``, ..."""
    low, high = number, number
    while (first := _parsed(field, low)) is not None:
        last = _parsed(field, high)
        yield lw.Where(field.name, ">=", first) if last is None else lw.Where(field.name, "between", (first, last))
        low, high = low * 10, high * 10 + 9
        if not low:
            return


def _parsed(field: Any, number: int) -> Any:
    try:
        return field.parse(str(number))
    except FieldError:
        return None


def _span(field: Any, text: str) -> Iterator[Any]:
    try:
        yield lw.Where(field.name, "between", field.span(text))
    except FieldError:
        return


def _by_text(sheet: Sheet, text: str, *, is_small: bool) -> Iterator[Any]:
    for name, attribute in sheet.heading.items():
        field: Any = field_of(attribute)
        if field.kind != "text" or not _is_short(field):
            continue
        if is_small:
            yield lw.Where(name, "contains", text, ignore_case=True)
        elif name in _indexed(sheet):
            yield from _text_range(field, text)


def _indexed(sheet: Sheet) -> set[str]:
    """The attributes that an index of the table begins with."""
    return {index.columns[0] for index in sheet.table().table_def.indexes}
