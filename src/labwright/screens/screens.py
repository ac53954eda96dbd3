"""All that a lab adds to the app."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from labwright.core.errors import ConfigError
from labwright.screens.action import Action
from labwright.screens.check import EntryCheck
from labwright.screens.column import Column
from labwright.screens.declaration import Declaration
from labwright.screens.page import Dashboard, Page
from labwright.screens.plot import Plot
from labwright.tables.table import Table

D = TypeVar("D", bound=Declaration)
GROUP: Final = "labwright.screens"
"""The entry points by which installed packages offer declarations: each names a module."""


@dataclass(frozen=True)
class Screens:
    """Declarations, by what they are.

    Parameters
    ----------
    declarations : sequence of Declaration

    Raises
    ------
    ConfigError
        When two of the same kind have the same name, and so the same address.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @lw.column(Mouse)
    ...     def ear_tag(mouse):
    ...         return f"#{mouse['mouse']:04}"
    ...     [column.name for column in lw.Screens((ear_tag,)).columns]
    ['ear_tag']
    """

    declarations: Sequence[Declaration] = ()

    def __post_init__(self) -> None:
        named: dict[tuple[type, str], Declaration] = {}
        for made in self.declarations:
            other = named.setdefault((type(made), made.name), made)
            if other is not made and not isinstance(made, EntryCheck):
                places = " and ".join(sorted({_place(other), _place(made)}))
                raise ConfigError(f"There are two called {made.name!r}, in {places}. Rename one of them.")

    @classmethod
    def found(cls, tables: Iterable[type[Table]]) -> Screens:
        """What is declared around these tables, and by installed packages.

        Looked at are the modules of the tables, and whatever else of their packages is imported.
        """
        modules = [*_around({table.__module__ for table in tables}), *_installed()]
        found = {id(d): d for module in modules for d in vars(module).values() if isinstance(d, Declaration)}
        return cls(tuple(found.values()))

    def _all(self, kind: type[D]) -> tuple[D, ...]:
        return tuple(d for d in self.declarations if isinstance(d, kind))

    @cached_property
    def plots(self) -> tuple[Plot, ...]:
        """Plots."""
        return self._all(Plot)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Columns."""
        return self._all(Column)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Actions."""
        return self._all(Action)

    @cached_property
    def checks(self) -> tuple[EntryCheck, ...]:
        """Checks."""
        return self._all(EntryCheck)

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """Pages."""
        return self._all(Page)

    @cached_property
    def dashboards(self) -> tuple[Dashboard, ...]:
        """Dashboards."""
        return self._all(Dashboard)


def _around(names: Iterable[str]) -> Iterator[Any]:
    """Modules, and what is imported of the packages that they are in."""
    wanted = tuple(names)
    packages = tuple(f"{name.rpartition('.')[0]}." for name in wanted if "." in name)
    for name, module in list(sys.modules.items()):
        if name in wanted or name.startswith(packages) or f"{name}." in packages:
            yield module


def _installed() -> Iterator[Any]:
    from importlib.metadata import entry_points  # rarely needed, and slow to import

    yield from (point.load() for point in entry_points(group=GROUP))


def _place(declaration: Declaration) -> str:
    return declaration.function.__module__
