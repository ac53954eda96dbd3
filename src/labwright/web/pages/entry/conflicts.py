"""What others have made of a row since a form was opened, and which of both is to be.

A form that is shown again says of each field in conflict what it was opened with and what there is now, as
``theirs.weight``, and asks for ``choice.weight``; of rows that are gone it asks for ``back.Trial.2``, and of rows that
were to be deleted and have been changed for ``drop.Trial.2``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labwright.web.fields import field_of

if TYPE_CHECKING:
    from labwright.web.pages.entry.form import Form, Texts
    from labwright.web.pages.entry.section import Section

MINE: Final = "mine"
THEIRS: Final = "theirs"
_ASKED: Final = ("choice.", "theirs.", "back.", "drop.")


@dataclass(frozen=True)
class Clash:
    """One thing to be decided.

    Parameters
    ----------
    name : str
        Under which the choice is sent.
    label : str
        What it is about.
    was, theirs, mine : str
        What there was, what somebody has made of it, and what this person wants.
    found : mapping of str to str
        What there is now, by field.
    """

    name: str
    label: str
    was: str
    theirs: str
    mine: str
    found: Mapping[str, str]


def clashes(form: Form, conflicts: Mapping[str, Any]) -> list[Clash]:
    """What is to be decided, from the errors by row."""
    found: list[Clash] = []
    for place, conflict in conflicts.items():
        section = form.section(place)
        if section is not None:
            found += _of_row(section, conflict)
    return found


def _of_row(section: Section, conflict: Any) -> list[Clash]:
    if conflict.gone:
        mine = "deleted" if section.is_gone else "keep it"
        return [Clash(f"back.{section.place}", _label(section), "there", "deleted", mine, {})]
    theirs = {name: _text(section, name, now) for name, (_, now) in conflict.differences.items()}
    if section.is_gone:
        told = ", ".join(f"{name}: {text}" for name, text in theirs.items())
        found = {section.full(name): text for name, text in theirs.items()}
        return [Clash(f"drop.{section.place}", _label(section), "", f"changed to {told}", "deleted", found)]
    return [_of_field(section, name, text) for name, text in theirs.items()]


def _of_field(section: Section, name: str, theirs: str) -> Clash:
    given, full = section.form.given, section.full(name)
    label = f"{_label(section)}: {name}" if section.place else name
    mine = given.get(full, "")
    return Clash(f"choice.{full}", label, given.get(f"base.{full}", ""), theirs, mine, {full: theirs})


def _label(section: Section) -> str:
    if not section.place:
        return "The row"
    names = [n for n in section.sheet.key if n not in section.tied]
    told = [section.form.given.get(section.full(n), "") for n in names]
    return " ".join([section.sheet.name.rpartition(".")[2], *told])


def _text(section: Section, name: str, value: Any) -> str:
    return field_of(section.sheet.heading[name]).edit(value)


def decided(given: Texts) -> dict[str, str]:
    """What a form holds after the choices that it tells."""
    found = {name: text for name, text in given.items() if not name.startswith(_ASKED)}
    for name, choice in given.items():
        kind, _, about = name.partition(".")
        if kind == "choice":
            _decide_field(found, about, given.get(f"theirs.{about}", ""), choice)
        elif kind == "drop":
            _decide_deleted(found, about, given, choice)
        elif kind == "back":
            _decide_gone(found, about, choice)
    return found


def _decide_field(found: dict[str, str], full: str, theirs: str, choice: str) -> None:
    found[f"base.{full}"] = theirs
    if choice == THEIRS:
        found[full] = theirs


def _decide_deleted(found: dict[str, str], place: str, given: Texts, choice: str) -> None:
    """Of a row that was to be deleted: with their values it stays, and else those are what is deleted."""
    for name, text in given.items():
        if name.startswith(f"theirs.{place}."):
            _decide_field(found, name.removeprefix("theirs."), text, choice)
    if choice == THEIRS:
        found.pop(f"gone.{place}", None)


def _decide_gone(found: dict[str, str], place: str, choice: str) -> None:
    """Of a row that is not there any more: it is entered anew, or left out of the form."""
    if choice == MINE and f"gone.{place}" not in found:
        forget_key(found, place)
    elif place:
        forget_row(found, place)


def forget_key(found: dict[str, str], place: str) -> None:
    """Make a new row of one that is there; of a master new ones of all its parts."""
    for name in [n for n in found if n.startswith(("key.", "base.")) and _is_of(n.partition(".")[2], place)]:
        del found[name]


def forget_row(found: dict[str, str], place: str) -> None:
    """Leave a row of a part out."""
    for name in [n for n in found if _is_of(n, place) or _is_of(n.partition(".")[2], place)]:
        del found[name]


def _is_of(name: str, place: str) -> bool:
    return not place or name == place or name.startswith(f"{place}.")
