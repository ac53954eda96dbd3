"""What is allocated: units that are there, and the arms they may come to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import labwright as lw

Unit = str | int | tuple[str | int, ...]
"""The name of an animal, cage, session or eye, or the names that make its key."""
Arms = Mapping[str, int] | Sequence[str]
"""Codes of arms, with their parts of the whole where these differ: ``{"saline": 1, "drug": 2}``."""
Ineligible = Mapping[Any, str]
"""Units that must not be allocated, each with the reason: ``{"M7": "dead"}``."""


def eligible(units: Iterable[Unit], ineligible: Ineligible | None = None) -> tuple[Unit, ...]:
    """The units in the order of their names, if all may be allocated.

    Parameters
    ----------
    units : iterable of str, int or tuple
    ineligible : mapping from unit to text, optional
        Why units must not be allocated: dead, absent, already allocated. May name more than are asked for.

    Returns
    -------
    tuple
        Numbers before texts. The order that they came in is lost: it must not change what is drawn.

    Raises
    ------
    DataError
        When there are none, when one is there twice, or when one is ineligible; all of them are named.

    Examples
    --------
    >>> eligible(["M2", "M1"], {"M9": "dead"})
    ('M1', 'M2')
    >>> eligible(["M2", "M1"], {"M2": "dead"})
    Traceback (most recent call last):
        ...
    labwright.core.errors.DataError: Units that cannot be allocated: 'M2' (dead). Nothing was allocated; ...
    """
    names = sorted(units, key=_rank)
    if not names:
        raise lw.errors.DataError("There are no units to allocate.")
    if twice := sorted({str(one) for one, other in pairwise(names) if one == other}):
        raise lw.errors.DataError(f"Units that are listed more than once: {', '.join(twice)}. List each once.")
    if refused := [f"{name!r} ({ineligible[name]})" for name in names if ineligible and name in ineligible]:
        raise lw.errors.DataError(
            f"Units that cannot be allocated: {', '.join(refused)}. "
            "Nothing was allocated; leave them out, or mend what is recorded of them."
        )
    return tuple(names)


def _rank(unit: Unit) -> tuple[tuple[bool, int, str], ...]:
    parts = unit if isinstance(unit, tuple) else (unit,)
    return tuple((isinstance(part, str), 0, part) if isinstance(part, str) else (False, part, "") for part in parts)


def ratios(arms: Arms) -> dict[str, int]:
    """The arms in the order of their codes, each with its part of the whole.

    Raises
    ------
    DataError
        When there are fewer than two, when one is there twice, or when a part is no whole number above 0.

    Examples
    --------
    >>> ratios(["saline", "drug"])
    {'drug': 1, 'saline': 1}
    """
    pairs = sorted(arms.items() if isinstance(arms, Mapping) else ((code, 1) for code in arms))
    if len(dict(pairs)) < max(len(pairs), 2):
        raise lw.errors.DataError(f"The arms are {[code for code, _ in pairs]}: at least two are needed, each once.")
    if wrong := {code: part for code, part in pairs if isinstance(part, bool) or int(part) != part or part < 1}:
        raise lw.errors.DataError(f"The ratio of arms {wrong} is wrong: each is a whole number from 1.")
    return {code: int(part) for code, part in pairs}


def pattern(parts: Mapping[str, int]) -> list[str]:
    """The smallest run that holds each arm as often as the ratio says.

    Examples
    --------
    >>> pattern({"drug": 2, "saline": 1})
    ['drug', 'drug', 'saline']
    """
    return [code for code, part in parts.items() for _ in range(part)]


def grouped(units: Iterable[Unit], label_of: Mapping[Any, Hashable], what: str) -> dict[str, list[Unit]]:
    """The units of each stratum, cluster or plot, groups in the order of their names.

    Raises
    ------
    DataError
        When a unit has no label, or two labels are written in the same way.

    Examples
    --------
    >>> grouped(["M1", "M2", "M3"], {"M1": "b", "M2": "a", "M3": "b"}, "cage")
    {'a': ['M2'], 'b': ['M1', 'M3']}
    """
    units = list(units)
    require_labels(units, label_of, what)
    groups: dict[Hashable, list[Unit]] = {}
    for unit in units:
        groups.setdefault(label_of[unit], []).append(unit)
    written = sorted(((_written(label), members) for label, members in groups.items()), key=lambda one: one[0])
    if twice := [label for (label, _), (other, _) in pairwise(written) if label == other]:
        raise lw.errors.DataError(f"Different labels of a {what} are all written {twice[0]!r}: give them other names.")
    return dict(written)


def _written(label: Hashable) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def require_labels(units: Iterable[Unit], label_of: Mapping[Any, Hashable], what: str) -> None:
    """Refuse units of which a label is not known.

    Raises
    ------
    DataError
        It names them.

    Examples
    --------
    >>> require_labels(["M1"], {}, "litter")
    Traceback (most recent call last):
        ...
    labwright.core.errors.DataError: Units without a litter: M1. Record it, or leave them out.
    """
    if missing := [str(unit) for unit in units if label_of.get(unit) is None]:
        raise lw.errors.DataError(f"Units without a {what}: {', '.join(missing)}. Record it, or leave them out.")
