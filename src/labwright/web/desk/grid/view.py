"""Rows of a table as a grid shows them: its own columns, and those of what its rows refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.fields import Field, condition, field_of, fields_of, read_filters

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Link, Sheet

BEHIND: Final = ":"
"""Stands between a reference and a column of the table that it leads to: ``Mouse:sex``, ``Session:Mouse:sex``."""
DEPTH: Final = 3
"""So many references may be followed for one column."""
WORDS: Final = 5
"""So many words are looked for at once."""
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class View:
    """What a grid shows of a table, which is as much as the person may see.

    What a row refers to is joined as the person sees the other table: where they may not see the row there, it is as if
    there were none, for columns, filters and sorting alike.

    Parameters
    ----------
    sheet : Sheet
    heading : mapping of str to Attribute
        All that can be shown, filtered and sorted by, by its name in addresses; each has the name that the query has.
    chosen : tuple of str
        The columns, in order.
    unknown : tuple of str
        Names of columns that were asked for and are not there.
    """

    sheet: Sheet
    heading: Mapping[str, lw.Attribute]
    chosen: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The fields of all in the heading."""
        return fields_of(self.heading)

    def inner(self, name: str) -> str:
        """What a column is called in the query."""
        return self.heading[name].name

    def rows(self, *conditions: Any) -> Any:
        """The rows that the person may see and that meet all conditions, with all in the heading."""
        wanted = {name: a.name for name, a in self.heading.items() if BEHIND in name}
        found = joined(self.sheet, self.sheet.rows(), wanted)
        return found & lw.AndList(conditions) if conditions else found

    def looked_for(self, text: str) -> Any:
        """The condition that every word of a text is in one of the columns that are shown."""
        return lw.AndList([self._found_in_one(word) for word in text.split()[:WORDS]])

    def _found_in_one(self, word: str) -> Any:
        return [made for name in self.chosen for made in _matching(self.fields[name], word)] or False


def _matching(field: Field, word: str) -> Iterator[Any]:
    """The conditions under which a column holds a word: a text anywhere in it, a number of a key as a whole."""
    try:
        if "has" in field.comparisons:
            yield condition(field.attribute, "has", word)
        elif field.kind == "choice":
            labels = [text for text, _ in field.input.choices if word.casefold() in text.casefold()]
            yield lw.Where(field.name, "in", labels)
        elif field.attribute.in_key and "eq" in field.comparisons:
            yield condition(field.attribute, "eq", word)
    except lw.LabwrightError:
        return


def view_of(sheet: Sheet, pairs: Pairs = ()) -> View:
    """The view that an address asks for: ``columns=name,Mouse:sex``, filters and an order may name others."""
    given = dict(pairs)
    columns = [name for name in given.get("columns", "").split(",") if name]
    ordered = [term.removeprefix("-") for term in given.get("sort", "").split(",")]
    named = [*columns, *ordered, *(found.name for found in read_filters(pairs))]
    heading = {**sheet.heading, **_inner(sheet, dict.fromkeys(name for name in named if BEHIND in name))}
    light = {name for name, a in heading.items() if not field_of(a).column.is_heavy}
    chosen = tuple(name for name in dict.fromkeys(columns) if name in light)
    unknown = tuple(name for name in columns if name not in light)
    return View(sheet, heading, chosen or tuple(n for n in sheet.heading if n in light), unknown)


def _inner(sheet: Sheet, paths: Iterable[str]) -> dict[str, lw.Attribute]:
    """The attributes that paths lead to, under names of which the table has none; what is not there is left out."""
    prefix = "joined_"
    while any(name.startswith(prefix) for name in sheet.heading):
        prefix += "_"
    found = [(path, attribute) for path in paths if (attribute := _behind(sheet, path)) is not None]
    return {
        path: replace(attribute, name=f"{prefix}{i}", in_key=False, nullable=True)
        for i, (path, attribute) in enumerate(found)
    }


def _behind(sheet: Sheet, path: str) -> lw.Attribute | None:
    *ways, name = path.split(BEHIND)
    if len(ways) > DEPTH:
        return None
    for way in ways:
        link = links_of(sheet).get(way)
        if link is None:
            return None
        sheet = link.sheet
    found = sheet.heading.get(name)
    return None if found is None or found.in_key or field_of(found).is_heavy else found


def links_of(sheet: Sheet, seen: frozenset[str] = frozenset()) -> dict[str, Link]:
    """The references whose tables' columns can be added, by name: that of the table, or of the attributes that refer.

    Those of a reference that renames are ``mother`` and ``father`` where both lead to ``Mouse``. Tables further up of
    which the rows have the whole key are reached at once: ``Subject`` from what is computed of its sessions.
    """
    found: dict[str, Link] = {}
    for link in sheet.references:
        if set(link.attributes.values()) == set(link.sheet.key):
            renamed = [here for here, there in link.attributes.items() if here != there]
            _add(found, "+".join(renamed) or link.sheet.title.rpartition(".")[2], link)
    seen |= {sheet.name}
    above = [item for link in found.values() if link.sheet.name not in seen for item in _above(link, seen).items()]
    for name, link in above:
        if all(link.attributes == other.attributes for same, other in above if same == name):
            found.setdefault(name, link)
    return found


def _above(link: Link, seen: frozenset[str] = frozenset()) -> dict[str, Link]:
    """What the rows at the other end of a reference refer to by keys that the rows at this end have as well."""
    here = {there: here for here, there in link.attributes.items()}
    return {
        name: replace(further, attributes={here[a]: there for a, there in further.attributes.items()})
        for name, further in links_of(link.sheet, seen).items()
        if further.attributes.keys() <= here.keys() and further.sheet.name not in seen
    }


def _add(found: dict[str, Link], name: str, link: Link) -> None:
    number = sum(n == name or n.startswith(f"{name}~") for n in found) + 1
    found[name if number == 1 else f"{name}~{number}"] = link


def joined(sheet: Sheet, rows: Any, wanted: Mapping[str, str]) -> Any:
    """Rows of a table with columns behind its references.

    Parameters
    ----------
    sheet : Sheet
    rows : query
        Of this table.
    wanted : mapping of str to str
        The paths of the columns, and what they are to be called.
    """
    links = links_of(sheet) if wanted else {}
    ways = dict.fromkeys(path.partition(BEHIND)[0] for path in wanted)
    for way in ways:
        there = {p.removeprefix(way + BEHIND): inner for p, inner in wanted.items() if p.startswith(way + BEHIND)}
        rows = rows.extend(_other(links[way], there), semantic_check=False)
    return rows


def _other(link: Link, wanted: Mapping[str, str]) -> Any:
    """The rows at the other end of a reference: their key as it is called at this one, and what is wanted of them."""
    deeper = {path: inner for path, inner in wanted.items() if BEHIND in path}
    own = {inner: f"({path})" for path, inner in wanted.items() if BEHIND not in path}
    rows = joined(link.sheet, link.sheet.rows(), deeper)
    renamed = {here: there for here, there in link.attributes.items() if here != there}
    return rows.proj(*deeper.values(), **own, **renamed)


def offered(sheet: Sheet, depth: int = 2) -> Iterator[tuple[str, lw.Attribute]]:
    """The columns behind references that can be added, nearest first; their keys the rows have themselves."""
    links = links_of(sheet)
    for name, link in links.items():
        for attribute in link.sheet.heading.values():
            if not attribute.in_key and not field_of(attribute).is_heavy:
                yield f"{name}{BEHIND}{attribute.name}", replace(attribute, nullable=True)
    if depth > 1:
        for name, link in links.items():
            reached = {way for way, further in _above(link).items() if _is_same(further, links.get(way))}
            for path, attribute in offered(link.sheet, depth - 1):
                if path.partition(BEHIND)[0] not in reached:
                    yield f"{name}{BEHIND}{path}", attribute


def _is_same(link: Link, other: Link | None) -> bool:
    return other is not None and (link.sheet.name, link.attributes) == (other.sheet.name, other.attributes)
