"""In-process populate: key after key, one transaction each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from labwright.core.errors import LabwrightError, LostConnectionError, QueryError
from labwright.jobs.make import make_key

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate


class PopulateResult(TypedDict):
    """What populate did."""

    success_count: int
    error_list: list[tuple[dict[str, Any], Any]]


def populate(
    table: AutoPopulate,
    keys: Sequence[dict[str, Any]],
    *,
    suppress_errors: bool,
    return_exception_objects: bool,
    display_progress: bool,
    make_kwargs: Mapping[str, Any],
) -> PopulateResult:
    """Call make for each of `keys`."""
    done = 0
    errors: list[tuple[dict[str, Any], Any]] = []
    for key in tracked(keys, type(table).__name__, display=display_progress):
        try:
            done += make_key(table, key, make_kwargs)
        except LostConnectionError:
            raise
        except Exception as error:
            if not suppress_errors:
                raise
            errors.append((key, error if return_exception_objects else f"{type(error).__name__}: {error}"))
    return {"success_count": done, "error_list": errors}


def tracked(keys: Sequence[dict[str, Any]], title: str, *, display: bool) -> Iterable[dict[str, Any]]:
    """`keys`, with a bar where one is wanted: rich in a terminal or a notebook, a line at the end in a log."""
    if not display:
        return keys
    return _with_bar(keys, title)


def _with_bar(keys: Sequence[dict[str, Any]], title: str) -> Iterator[dict[str, Any]]:
    from rich.progress import track

    yield from track(keys, description=title)


def check_can_populate(table: AutoPopulate, max_calls: int | None) -> None:
    """Refuse what makes no sense before anything runs."""
    if table.restriction:
        raise QueryError(
            f"populate is called on the table, with the restriction as argument: {type(table).__name__}.populate(...)."
        )
    if max_calls is not None and (not hasattr(max_calls, "__index__") or max_calls < 0):
        raise LabwrightError(f"max_calls must be a whole number from 0, not {max_calls!r}.")
