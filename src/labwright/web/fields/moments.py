"""Fields of dates and times."""

from __future__ import annotations

import datetime
import re
from typing import Any, ClassVar, Final, NamedTuple

from labwright.web.fields.cleaning import plain
from labwright.web.fields.error import FieldError, shown
from labwright.web.fields.field import ORDERED, Field
from labwright.web.fields.input import Input
from labwright.web.fields.numbers import described

MONTHS: Final = "january february march april may june july august september october november december".split()
DAY: Final = datetime.timedelta(days=1)
MAX_LENGTH: Final = 60
_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,12}))?)?"
_HALF_DAY: Final = r"(?:\s*(?P<half>[ap])\.?m\.?)?"
_ZONE: Final = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
_CLOCK: Final = re.compile(f"T?{_TIME}{_HALF_DAY}{_ZONE}", re.ASCII | re.IGNORECASE)
_DAYS: Final = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"(?P<day>\d{1,2})\.?[ -](?P<name>[a-z]{3,9})\.?[ -](?P<year>\d{4})",
        r"(?P<name>[a-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})",
    )
)
_EITHER_WAY: Final = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", re.ASCII)
_DATE_FORM: Final = "Write the date as 2024-02-29 (year, month, day)."
_TIME_FORM: Final = "Write the time as 13:45 or 13:45:30."
_MOMENT_FORM: Final = "Write the date and the time as 2024-02-29 13:45."
_ZONE_FORM: Final = "Say the time zone: 2024-02-29 13:45Z for UTC, or 2024-02-29 15:45+02:00."
_NO_ZONE: Final = "No time zone is kept here: leave it out."


class Clock(NamedTuple):
    """A time of day as it is written."""

    time: datetime.time
    zone: datetime.tzinfo | None


def read_date(text: str, form: str = _DATE_FORM) -> datetime.date:
    """Return the date that `text` is.

    Raises
    ------
    FieldError
        When it is no date, or could be two.

    Examples
    --------
    >>> read_date("2024-02-29") == read_date("29.02.2024") == read_date("29 Feb 2024")
    True
    >>> read_date("04/03/2024")
    Traceback (most recent call last):
    ...
    labwright.web.fields.error.FieldError: '04/03/2024' could be 2024-03-04 or 2024-04-03: write one of these.
    """
    found = next((match for pattern in _DAYS if (match := pattern.fullmatch(text))), None)
    if found is None:
        raise _no_date(text, form)
    parts = found.groupdict()
    month = _month(parts["name"], form) if "name" in parts else int(parts["month"])
    try:
        return datetime.date(int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        raise FieldError(f"There is no such day as {shown(text)}. {form}{_years(parts['year'])}") from None


def _month(name: str, form: str) -> int:
    for number, month in enumerate(MONTHS, 1):
        if month.startswith(name.lower()):
            return number
    raise FieldError(f"There is no month {shown(name)}. {form}")


def _years(year: str) -> str:
    return "" if int(year) else " Years go from 1 to 9999."


def _no_date(text: str, form: str) -> FieldError:
    either = _EITHER_WAY.fullmatch(text)
    if either is None:
        return FieldError(f"{shown(text)} is not a date. {form}")
    first, second, year = (int(part) for part in either.groups())
    dates = [f"{year:04}-{month:02}-{day:02}" for month, day in ((second, first), (first, second)) if month <= 12]
    which = " or ".join(dict.fromkeys(dates)) or "no date"
    return FieldError(f"{shown(text)} could be {which}: write {'one of these' if len(dates) > 1 else 'it so'}.")


def read_clock(text: str, digits: int, form: str = _TIME_FORM) -> Clock:
    """Return the time of day that `text` is, which has at most so many digits of a second."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise FieldError(f"{shown(text)} is not a time. {form}")
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if found["half"]:
        hour = _of_day(hour, found["half"])
    for number, most, name in ((hour, 23, "Hours"), (minute, 59, "Minutes"), (second, 59, "Seconds")):
        if number > most:
            raise FieldError(f"{name} go from 0 to {most}: {shown(text)} cannot be kept.")
    microsecond = _microsecond(found["fraction"] or "", digits)
    return Clock(datetime.time(hour, minute, second, microsecond), _zone(found["zone"]))


def _of_day(hour: int, half: str) -> int:
    if not 1 <= hour <= 12:
        raise FieldError("With am or pm, hours go from 1 to 12.")
    return hour % 12 + (12 if half.lower() == "p" else 0)


def _microsecond(fraction: str, digits: int) -> int:
    if len(kept := fraction.rstrip("0")) > digits:
        room = f"at most {digits} digit{'s' if digits > 1 else ''}" if digits else "no fraction"
        raise FieldError(f"Give {room} of a second; this has {len(kept)} digits.")
    return int(kept.ljust(6, "0"))


def _zone(text: str | None) -> datetime.tzinfo | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return datetime.UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise FieldError(f"There is no time zone {shown(text)}. {_ZONE_FORM}")
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return datetime.timezone(-offset if text[0] == "-" else offset)


def read_moment(text: str, digits: int, form: str = _MOMENT_FORM) -> datetime.datetime:
    """Return the date and time that `text` is; a date alone is its midnight.

    Examples
    --------
    >>> read_moment("2024-02-29T13:45", 0)
    datetime.datetime(2024, 2, 29, 13, 45)
    """
    if is_day(text):
        return datetime.datetime.combine(read_date(text, form), datetime.time())
    found = _SPLIT.fullmatch(text)
    if found is None:
        raise _no_date(text, form)
    clock = read_clock(found["clock"], digits, form)
    return datetime.datetime.combine(read_date(found["day"].rstrip(","), form), clock.time, clock.zone)


_SPLIT: Final = re.compile(r"(?P<day>.*?)(?:\s+|T)(?P<clock>\d{1,2}:.*)", re.ASCII | re.IGNORECASE | re.DOTALL)


def is_day(text: str) -> bool:
    """Whether `text` is a date without a time."""
    return any(pattern.fullmatch(text) for pattern in _DAYS)


class _TimedField(Field):
    comparisons: ClassVar[tuple[str, ...]] = ORDERED

    @property
    def digits(self) -> int:
        """How many digits of a second are kept."""
        type_ = self.attribute.type
        return int(type_.args[0]) if type_ is not None and type_.args else 0

    @property
    def step(self) -> str:
        """The seconds between two values."""
        return f"{10.0**-self.digits:.{self.digits}f}"

    def cleaned(self, text: str, form: str) -> str:
        """Return `text` when it is not too long for what it has to be."""
        found = plain(text)
        if len(found) > MAX_LENGTH:
            raise FieldError(f"{form} This has {len(found):,} characters.")
        return found


class DateField(_TimedField):
    """Dates."""

    kind: ClassVar[str] = "date"

    def read(self, text: str) -> datetime.date:
        found = self.cleaned(text, _DATE_FORM)
        return self.take(read_moment(found, 6, _DATE_FORM)) if ":" in found else read_date(found)

    def take(self, value: Any) -> datetime.date:
        if isinstance(value, datetime.datetime):
            if value.time() != datetime.time() or value.tzinfo is not None:
                raise FieldError(f"No time of day is kept here. {_DATE_FORM}")
            return value.date()
        if not isinstance(value, datetime.date):
            raise FieldError(f"{_DATE_FORM} This is {described(value)}.")
        return value

    def draw(self) -> Input:
        return Input("date", placeholder="2024-02-29", min="0001-01-01", max="9999-12-31")


class TimeField(_TimedField):
    """Times of day."""

    kind: ClassVar[str] = "time"

    def read(self, text: str) -> datetime.time:
        clock = read_clock(self.cleaned(text, _TIME_FORM), self.digits)
        if clock.zone is not None:
            raise FieldError(_NO_ZONE)
        return clock.time

    def take(self, value: Any) -> datetime.time:
        if isinstance(value, datetime.timedelta) and datetime.timedelta() <= value < DAY:
            value = (datetime.datetime.min + value).time()
        if not isinstance(value, datetime.time):
            raise FieldError(f"{_TIME_FORM} This is {described(value)}.")
        if value.tzinfo is not None:
            raise FieldError(_NO_ZONE)
        moment = rounded(datetime.datetime.combine(datetime.date(2000, 1, 1), value), self.digits)
        if moment.day > 1:
            raise FieldError("This rounds up to midnight.")
        return moment.time()

    def draw(self) -> Input:
        return Input("time", placeholder="13:45", step=self.step)


class MomentField(_TimedField):
    """Dates with a time, without time zone."""

    kind: ClassVar[str] = "moment"
    zone: ClassVar[datetime.tzinfo | None] = None

    def read(self, text: str) -> datetime.datetime:
        return self.fit(read_moment(self.cleaned(text, _MOMENT_FORM), self.digits))

    def take(self, value: Any) -> datetime.datetime:
        if isinstance(value, datetime.datetime):
            return rounded(self.fit(value), self.digits)
        if not isinstance(value, datetime.date):
            raise FieldError(f"{_MOMENT_FORM} This is {described(value)}.")
        return self.fit(datetime.datetime.combine(value, datetime.time()))

    def fit(self, moment: datetime.datetime) -> datetime.datetime:
        """Return `moment` when it has no time zone."""
        if moment.tzinfo is not None:
            raise FieldError(_NO_ZONE)
        return moment

    def write(self, value: Any) -> str:
        return str(value.isoformat(" ")) if isinstance(value, datetime.datetime) else str(value)

    def dump(self, value: Any) -> str:
        return self.write(value).replace(" ", "T", 1)

    def span(self, text: str) -> tuple[Any, Any]:
        found = self.cleaned(text, _MOMENT_FORM)
        if not is_day(found):
            return super().span(text)
        end = datetime.time(23, 59, 59, 999_999 // 10 ** (6 - self.digits) * 10 ** (6 - self.digits))
        day = read_date(found)
        first = datetime.datetime.combine(day, datetime.time(), self.zone)
        return first, datetime.datetime.combine(day, end, self.zone)

    def draw(self) -> Input:
        return Input("moment", placeholder="2024-02-29 13:45", step=self.step)


class ZonedField(MomentField):
    """Dates with a time, kept in UTC."""

    zone: ClassVar[datetime.tzinfo | None] = datetime.UTC

    def fit(self, moment: datetime.datetime) -> datetime.datetime:
        if moment.tzinfo is None:
            raise FieldError(_ZONE_FORM)
        try:
            return moment.astimezone(datetime.UTC)
        except OverflowError:
            raise FieldError("In UTC, this lies outside the years 1 to 9999.") from None

    def read_default(self, text: str) -> datetime.datetime:
        moment = read_moment(text, self.digits)
        return self.fit(moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC))

    def write(self, value: Any) -> str:
        return super().write(value).removesuffix("+00:00") + "Z"

    def show(self, value: Any) -> str:
        return super().write(value).removesuffix("+00:00") + " UTC"

    def draw(self) -> Input:
        return Input("moment", placeholder="2024-02-29 13:45Z", step=self.step, zone="UTC")


def rounded(moment: datetime.datetime, digits: int) -> datetime.datetime:
    """Return `moment` with so many digits of a second, as an insert does: programs measure finer than is needed."""
    unit = 10 ** (6 - digits)
    excess = moment.microsecond % unit
    change = datetime.timedelta(microseconds=(unit if 2 * excess >= unit else 0) - excess)
    try:
        return moment + change
    except OverflowError:
        raise FieldError("This rounds up to the year 10000.") from None
