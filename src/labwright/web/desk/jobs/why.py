"""Why the rows of a key are there, or are not, for those who write no programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from labwright.web.desk.jobs.filling import Filling
    from labwright.web.desk.sheet import Sheet

Tell = Callable[["Filling", Any], str]


def why(filling: Filling, found: Any) -> str:
    """What an explanation says, as far as the person may see it."""
    return _SAYINGS[found.state](filling, found)


def _job(found: Any, name: str) -> Any:
    return (found.job or {}).get(name)


def _at(moment: datetime | None) -> str:
    return f" at {moment:%Y-%m-%d %H:%M} UTC" if moment is not None else ""


def _by(found: Any) -> str:
    user, host = _job(found, "user"), _job(found, "host")
    return f" by {user} on {host}" if user and host else ""


def _there(*_: Any) -> str:
    return "It is computed."


def _reserved(_: Filling, found: Any) -> str:
    since = _job(found, "reserved_time")
    done = _job(found, "progress")
    share = f" {100 * done:.0f} % of it is done." if done is not None else ""
    return f"It is being computed{_by(found)}{f' since {since:%Y-%m-%d %H:%M} UTC' if since else ''}.{share}"


def _error(filling: Filling, found: Any) -> str:
    message = f": {_job(found, 'error_message')}" if filling.may_steer and _job(found, "error_message") else ""
    return f"It failed{_at(_job(found, 'completed_time'))}{message}. It is not tried again until somebody says so."


def _ignored(*_: Any) -> str:
    return "It is ignored: nobody computes it until somebody has it tried again."


def _pending(_: Filling, found: Any) -> str:
    before = " It failed before." if _job(found, "error_message") else ""
    return f"It is in the queue, and waits for a worker.{before}"


def _scheduled(_: Filling, found: Any) -> str:
    return f"It is in the queue, and is tried again{_at(_job(found, 'scheduled_time')) or ' later'}."


def _missing(filling: Filling, found: Any) -> str:
    gone = list(_gone(filling.sheet, found.key))
    return f"What it is made of is not there yet: {', '.join(gone) or 'rows that you do not see'}."


def _gone(sheet: Sheet, key: Mapping[str, Any]) -> Iterator[str]:
    """The rows that are missing, in tables that the person may read."""
    for link in sheet.references:
        wanted = {there: key.get(here) for here, there in link.attributes.items()}
        if None not in wanted.values() and not link.sheet.rows(wanted):
            yield f"{link.sheet.title} {', '.join(map(str, wanted.values()))}"


def _left_out(*_: Any) -> str:
    return "It is not to be computed: there is no such key, or the code of the table leaves it out."


def _never(*_: Any) -> str:
    return "It was never tried. It comes into the queue when somebody has the table computed."


def _several(*_: Any) -> str:
    return "That is not the whole key. Give a value for each field."


_SAYINGS: Final[Mapping[str, Tell]] = MappingProxyType(
    {
        "there": _there,
        "reserved": _reserved,
        "error": _error,
        "ignored": _ignored,
        "pending": _pending,
        "scheduled": _scheduled,
        "missing parent": _missing,
        "left out": _left_out,
        "never tried": _never,
        "several": _several,
    }
)
