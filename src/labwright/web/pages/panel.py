"""What other screens show on the page of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet


@dataclass(frozen=True)
class Panel:
    """A section of the page of a row.

    Parameters
    ----------
    title : str
        Its heading.
    template : str
        The template of what stands below it, which is included with `values` as ``panel.values``.
    values : mapping
    scripts, styles : tuple of str
        What it needs of ``static``: modules, and style sheets.
    has_plots : bool
        Whether the page needs the inline styles that plots are placed by.
    """

    title: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    has_plots: bool = False


MakePanel = Callable[["Desk", "Sheet", Mapping[str, Any]], Panel | None]
"""Makes a panel for a row at somebody's desk; None where there is nothing to show."""
