"""Ages as ISO 8601 durations."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Final

import labwright as lw

_NUMBER: Final = r"(\d+(?:\.\d+)?)"
_DURATION: Final = re.compile(
    rf"P(?=.)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_DAYS: Final = tuple(map(Fraction, ("365.2425", "30.436875", "7", "1", "1/24", "1/1440", "1/86400")))
"""Of a year, month, week, day, hour, minute and second; years and months are means of the Gregorian calendar."""


def age_at(when: date, born: date | None, born_by: date | None = None) -> str | None:
    """The age of an animal in days, as NWB has it.

    Parameters
    ----------
    when : date
        Of the session, in the time of the place.
    born : date or None
        The day of birth, or the first on which it can have been.
    born_by : date, optional
        The last day on which it can have been, where it is not known exactly.

    Returns
    -------
    str or None
        As ``'P90D'``, or ``'P60D/P70D'`` where the birth is known to some days; None where it is not known.

    Raises
    ------
    DataError
        When it was born after `when`, or the last day is before the first.

    Examples
    --------
    >>> age_at(date(2026, 4, 1), born=date(2026, 1, 1))
    'P90D'
    >>> age_at(date(2026, 4, 1), born=date(2026, 1, 21), born_by=date(2026, 1, 31))
    'P60D/P70D'
    """
    if born is None:
        return None
    last = born_by or born
    if not born <= last <= when:
        raise lw.errors.DataError(
            f"An animal born from {born} to {last} has no age on {when}. Correct the birth, or the date of the session."
        )
    ages = [f"P{(when - day).days}D" for day in (last, born)]
    return ages[0] if last == born else "/".join(ages)


def check_age(text: str) -> str:
    """Refuse what NWB and DANDI do not read as an age.

    It is an ISO 8601 duration, or two with a slash between for an age from the one to the other, of which the second
    may be missing.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The same.

    Raises
    ------
    DataError

    Examples
    --------
    >>> check_age("P1Y2M"), check_age("P60D/P70D"), check_age("P90Y/")
    ('P1Y2M', 'P60D/P70D', 'P90Y/')
    >>> check_age("90 days")
    Traceback (most recent call last):
        ...
    labwright.core.errors.DataError: '90 days' is no age. Write a duration, as 'P90D', or a range, as 'P60D/P70D'.
    """
    lower, _, upper = text.partition("/")
    parts = [lower, upper] if upper else [lower]
    ends = [days for part in parts if (days := _days(part)) is not None]
    if len(ends) < len(parts):
        raise lw.errors.DataError(f"{text!r} is no age. Write a duration, as 'P90D', or a range, as 'P60D/P70D'.")
    if ends[0] > ends[-1]:
        raise lw.errors.DataError(f"{text!r} is no age: it ends before it begins. Exchange the two.")
    return text


def _days(text: str) -> Fraction | None:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    return sum((Fraction(part) * days for part, days in zip(found.groups(), _DAYS, strict=True) if part), Fraction(0))
