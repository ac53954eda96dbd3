"""Views of tables that people have named, and those that they have pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping

VIEW: Final = """
owner : varchar(64)
sheet : varchar(200)            # the table, as the app calls it
name : varchar(80)
---
query : varchar(2000)           # what stands in the address
is_shared = 0 : bool            # whether others of the lab see it
"""
PIN: Final = """
person : varchar(64)
-> SavedView
"""


@dataclass(frozen=True)
class SavedView:
    """A view that somebody has named.

    Parameters
    ----------
    owner, sheet, name : str
    query : str
        The part of the address that makes it.
    is_shared : bool
    is_pinned : bool
        By the person who asks.
    """

    owner: str
    sheet: str
    name: str
    query: str
    is_shared: bool = False
    is_pinned: bool = False

    @property
    def key(self) -> dict[str, str]:
        """What it is kept under."""
        return {"owner": self.owner, "sheet": self.sheet, "name": self.name}


class Views:
    """The views that are kept.

    Parameters
    ----------
    keeping : Keeping

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.keeping.keeping import Keeping
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     views = Views(Keeping(project))
    ...     views.save(SavedView("ana", "lab.Mouse", "heavy", "weight.ge=30"))
    ...     [view.name for view in views.seen_by("ana", ["ana"])]
    ['heavy']
    """

    def __init__(self, keeping: Keeping) -> None:
        self._views = keeping.table("SavedView", VIEW)
        self._pins = keeping.table("ViewPin", PIN)

    def save(self, view: SavedView) -> None:
        """Keep a view, in the place of one of the same name."""
        row = {**view.key, "query": view.query, "is_shared": view.is_shared}
        if self._views & view.key:
            self._views.update1(row)
        else:
            self._views.insert1(row)

    def drop(self, view: SavedView) -> None:
        """Forget a view, whoever has pinned it."""
        (self._views & view.key).delete(prompt=False)

    def pin(self, person: str, view: SavedView, pinned: bool) -> None:
        """Pin a view for a person, or no longer."""
        row = {"person": person, **view.key}
        if pinned:
            self._pins.insert1(row, skip_duplicates=True)
        else:
            (self._pins & row).delete(prompt=False)

    def seen_by(self, person: str, colleagues: Sequence[str], sheet: str | None = None) -> list[SavedView]:
        """The views of a person, and those that their colleagues share."""
        own = {"owner": person}
        shared = [{"owner": name, "is_shared": True} for name in colleagues if name != person]
        found = self._views & [own, *shared]
        rows = (found & {"sheet": sheet} if sheet is not None else found).to_dicts(order_by=["sheet", "name", "owner"])
        pins = {self._key(row) for row in (self._pins & {"person": person}).to_dicts()}
        return [SavedView(**row, is_pinned=self._key(row) in pins) for row in map(_plain, rows)]

    def _key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return row["owner"], row["sheet"], row["name"]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "is_shared": bool(row["is_shared"])}
