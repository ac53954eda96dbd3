"""Pages of a lab's own, and dashboards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from labwright.core.errors import DefinitionError
from labwright.core.heading import Heading
from labwright.screens.declaration import Declaration, slug, told
from labwright.screens.parameters import options_of
from labwright.screens.plot import Plot
from labwright.tables.table import Table


@dataclass(frozen=True)
class Frame:
    """A page of another program, such as Panel or marimo, in a frame of a page.

    The app shows it only where the settings name the program's address as one of those that frames may have, and
    closes the frame off: what runs in it reaches neither the page around it nor the person's session.

    Parameters
    ----------
    url : str
    title : str
        Said to those who do not see it.
    height : int
        In pixels.

    Examples
    --------
    >>> import labwright as lw
    >>> lw.Frame("https://panel.lab.example/raster", "Raster of all units").origin
    'https://panel.lab.example'
    """

    url: str
    title: str
    height: int = 600

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).netloc:
            raise DefinitionError(f"A frame has the address of a page, https://..., and not {self.url!r}.")

    @property
    def origin(self) -> str:
        """The part of the address that says which program it is."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Page(Declaration):
    """A page that a lab has declared."""


def page(title: Any, *tables: type[Table]) -> Callable[[Callable[..., Any]], Page]:
    r"""Declare a page.

    The function is given a query for each table, of the rows that whoever looks may see, and options behind ``*``. It
    returns what stands on the page, in order: texts, which are Markdown; queries and tables, whose rows are shown;
    plots that are declared, or figures; actions that are done to no row in particular; `Frame`.

    Parameters
    ----------
    title : str
    *tables : Table classes
        What it reads.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64  # (g)"
    ...     @lw.page("Mice at a glance", Mouse)
    ...     def glance(mice):
    ...         return [f"There are **{len(mice)}** mice. The heavy ones:", mice & "weight > 30"]
    ...     glance(Mouse)[0]
    'There are **0** mice. The heavy ones:'
    >>> glance.name
    'mice-at-a-glance'
    """
    if not isinstance(title, str) or not slug(title):
        raise DefinitionError('Give the page a title: @lw.page("Mice at a glance", Mouse).')

    def declare(function: Callable[..., Any]) -> Page:
        _, text = told(function)
        return Page(slug(title), title, text, tables, function, options_of(function))

    return declare


@dataclass(frozen=True)
class Dashboard(Declaration):
    """Plots and tables that are looked at together.

    Parameters
    ----------
    items : tuple
    by : tuple of str
        What people choose for all of them at once.
    """

    items: tuple[Any, ...] = ()
    by: tuple[str, ...] = ()


def dashboard(title: str, items: Sequence[Any], *, by: Sequence[str] = (), text: str = "") -> Dashboard:
    r"""Declare plots and tables that are looked at together.

    Parameters
    ----------
    title : str
    items : sequence
        Plots that are declared, tables, and texts, which are Markdown.
    by : sequence of str
        Attributes of which people choose a value: it restricts all items that have the attribute.
    text : str
        What there is to say of it.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64 \n sex : enum('F', 'M')"
    ...     @lw.plot(Mouse)
    ...     def weights(mice):
    ...         return {"data": [{"type": "histogram", "x": mice.to_arrays("weight")}]}
    ...     colony = lw.dashboard("Colony", [weights, Mouse], by=["sex"])
    >>> colony.name, [table.__name__ for table in colony.tables]
    ('colony', ['Mouse'])
    """
    tables = dict.fromkeys(_table(item) for item in items if not isinstance(item, str))
    return Dashboard(slug(title), title, text, tuple(tables), _nothing, Heading(()), tuple(items), tuple(by))


def _table(item: Any) -> type[Table]:
    if isinstance(item, Plot) and not item.per_row:
        return item.table
    if isinstance(item, type) and issubclass(item, Table):
        return item
    raise DefinitionError(f"A dashboard has plots of rows, tables and texts; {item!r} is none of them.")


def _nothing() -> None:
    """A dashboard computes nothing itself."""
