"""What a lab has declared for the app, as far as one person may use it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import labwright as lw
from labwright.web.desk.refusals import NotThereError, RefusalError
from labwright.web.desk.workspace import name_of
from labwright.web.fields import field_of, read_form
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

T = TypeVar("T")
LOG: Final = logging.getLogger(__name__)
SET: Final = "set-"
"""Stands before the names of options in addresses, which are no filters."""
Pairs = Sequence[tuple[str, str]]


class BrokenError(RefusalError):
    """The code of the lab has failed.

    Parameters
    ----------
    text : str
    details : str
        For those who may look after it; empty for others.
    """

    status = 500
    heading = "This failed"

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


@dataclass(frozen=True)
class Offers:
    """The plots, actions, pages at somebody's desk: those of which they may read all tables.

    Parameters
    ----------
    desk : Desk
    """

    desk: Desk

    @property
    def _screens(self) -> lw.Screens:
        return self.desk.workspace.screens

    def sheets(self, declared: Any) -> list[Sheet] | None:
        """The tables that something reads, that it belongs to first; None where the person may not read them all."""
        found = [self._sheet(table) for table in declared.tables]
        known = [sheet for sheet in found if sheet is not None]
        return known if len(known) == len(found) else None

    def _sheet(self, table: Any) -> Sheet | None:
        return self.desk.find(name_of(table)) if table.schema.is_activated() else None

    def _allowed(self, declared: Iterable[T], of: Sheet | None = None) -> list[T]:
        found = [(d, self.sheets(d)) for d in declared]
        return [d for d, sheets in found if sheets is not None and (of is None or sheets[0].name == of.name)]

    def plots(self, of: Sheet | None = None) -> list[Any]:
        """Plots, of one table or of all."""
        return self._allowed(self._screens.plots, of)

    def columns(self, of: Sheet) -> list[Any]:
        """Computed columns of a table."""
        return self._allowed(self._screens.columns, of)

    def actions(self, of: Sheet) -> list[Any]:
        """What the person may do to rows of a table, or to the table, as the lab has declared it."""
        return [a for a in self._allowed(self._screens.actions, of) if of.may(Verb(a.verb))]

    def pages(self) -> list[Any]:
        """Pages."""
        return self._allowed(self._screens.pages)

    def dashboards(self) -> list[Any]:
        """Dashboards."""
        return self._allowed(self._screens.dashboards)

    def plot(self, name: str) -> Any:
        """The plot of a name."""
        return _named("plot", self.plots(), name)

    def action(self, name: str) -> Any:
        """The action of a name."""
        return _named("action", self._allowed(self._screens.actions), name)

    def page(self, name: str) -> Any:
        """The page of a name."""
        return _named("page", self.pages(), name)

    def dashboard(self, name: str) -> Any:
        """The dashboard of a name."""
        return _named("dashboard", self.dashboards(), name)


def _named(what: str, found: Iterable[Any], name: str) -> Any:
    for one in found:
        if one.name == name:
            return one
    raise NotThereError(f"There is no {what} {name!r} here.")


@dataclass(frozen=True)
class Options:
    """What somebody has chosen for something declared.

    Parameters
    ----------
    given : mapping of str to str
        What inputs hold.
    values : mapping
        What the function is called with; what is not chosen is left to its defaults.
    problems : mapping of str to str
    """

    given: Mapping[str, str]
    values: Mapping[str, Any]
    problems: Mapping[str, str]


def read_options(declared: Any, pairs: Pairs) -> Options:
    """The options in an address."""
    chosen = {key.removeprefix(SET): text for key, text in pairs if key.startswith(SET)}
    heading = {name: a for name, a in declared.options.items() if chosen.get(name)}
    values, problems = read_form(heading, chosen)
    defaults = {name: field_of(a).default for name, a in declared.options.items()}
    return Options(defaults | chosen, values, problems)


def defaults_of(heading: Mapping[str, lw.Attribute]) -> dict[str, Any]:
    """What attributes become that nobody gives; None where only the database knows, large ones aside."""
    fields = (field_of(a) for a in heading.values())
    return {f.name: f.parse(f.default) if f.default else None for f in fields if not f.column.is_heavy}


def run(desk: Desk, sheets: Sequence[Sheet], what: str, function: Callable[[], T]) -> T:
    """What comes of the lab's code, for somebody who may read these tables.

    Raises
    ------
    BrokenError
        When it fails.
    TooSlowError
        When nobody should wait for it any longer.
    """

    def guarded() -> T:
        try:
            return function()
        except RefusalError:
            raise
        except Exception as error:
            raise broken(sheets, what, error) from error

    return desk.workspace.studio.run(guarded)


def broken(sheets: Sequence[Sheet], what: str, error: Exception) -> BrokenError:
    """What somebody is told when the lab's code has failed; it is logged as well."""
    LOG.error("%s failed", what, exc_info=error)
    looks_after = bool(sheets) and all(s.may(Verb.POPULATE) and s.is_whole for s in sheets)
    details = "".join(traceback.format_exception(error, limit=-3)) if looks_after else ""
    return BrokenError(f"{what} failed. Whoever looks after it finds the reason in the server's log.", details)
