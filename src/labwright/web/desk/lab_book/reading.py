"""The lab book at somebody's desk: what of it they may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.lab.notebook import Attachment, Notebook, Page
from labwright.lab.notebook.canonical import key_text
from labwright.lab.notebook.reading import read_attachments
from labwright.web.desk.keys import key_of
from labwright.web.desk.refusals import NotAllowedError, NotThereError, RefusalError
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

BLANK: Final = frozenset({"title", "text"})
"""What may be hidden from somebody who sees entries all the same."""
_PARTS: Final = {
    "Entry.Attachment": "attachments",
    "Entry.Link": "links",
    "Comment": "comments",
    "Signature": "signatures",
}
"""What belongs to an entry, by its table."""


@dataclass(frozen=True)
class Wanted:
    """Which entries are listed.

    Parameters
    ----------
    text : str
        What stands in title or text.
    author, target : str
        By whom, and linked to rows of which table.
    signed : bool or None
    since, until : date or None
        Days, both included.
    """

    text: str = ""
    author: str = ""
    target: str = ""
    signed: bool | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Reading:
    """The lab book, as far as one person may see it.

    Parameters
    ----------
    desk : Desk
    notebook : Notebook
        All of it: what is asked of it directly is asked without regard to rights.
    entries : Sheet
    """

    desk: Desk
    notebook: Notebook
    entries: Sheet

    @property
    def me(self) -> str:
        """The name of the person."""
        return self.desk.person.name

    def beside(self, title: str) -> Sheet | None:
        """Another table of the lab book, where the person may read it."""
        return self.desk.find(f"{self.entries.schema}.{title}")

    def find(self, wanted: Wanted) -> Any:
        """The entries that are wanted, without their texts."""
        found = self.entries.rows()
        for condition in self._conditions(wanted):
            found = found & condition
        return found.proj(*(n for n in self.entries.heading.secondary_attributes if n != "text"))

    def _conditions(self, wanted: Wanted) -> Iterable[Any]:
        names = [n for n in ("title", "text") if n in self.entries.heading]
        for word in wanted.text.split():
            yield [lw.Where(n, "contains", word, ignore_case=True) for n in names] or False
        if wanted.author:
            yield {"author": wanted.author}
        if wanted.signed is not None:
            yield {"sealed": wanted.signed}
        if wanted.since:
            yield lw.Where("day", ">=", wanted.since)
        if wanted.until:
            yield lw.Where("day", "<=", wanted.until)
        if wanted.target:
            links = self.beside("Entry.Link")
            yield False if links is None else links.rows({"target": wanted.target})

    def authors(self) -> list[str]:
        """Everybody who has written something that the person may see."""
        found = lw.U("author") & self.entries.rows()
        return [str(name) for name in found.to_arrays("author", order_by="author")]

    def targets(self) -> list[str]:
        """The tables that entries are linked to."""
        links = self.beside("Entry.Link")
        if links is None:
            return []
        return [str(name) for name in (lw.U("target") & links.rows()).to_arrays("target", order_by="target")]

    def templates(self) -> dict[str, tuple[str, str]]:
        """What entries can begin with: titles and texts, by name."""
        sheet = self.beside("Template")
        rows = [] if sheet is None or not sheet.is_whole else sheet.rows().to_dicts(order_by="KEY")
        return {row["template"]: (row["title"], row["text"]) for row in rows}

    def about(self, sheet: Sheet, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The entries that are about a row of a table, newest first, without their texts."""
        links = self.beside("Entry.Link")
        if links is None:
            return []
        try:
            key = key_text({name: row[name] for name in sheet.key})
        except lw.LabwrightError:
            return []  # such keys cannot be linked to
        found = self.find(Wanted()) & links.rows({"target": sheet.name, "row": key})
        return list(found.to_dicts(order_by=["day DESC", "entry DESC"]))

    def page(self, entry: int) -> Page:
        """An entry, with what of it the person may see.

        Raises
        ------
        NotThereError
            When there is none, or none that the person may see.
        """
        row = self.entries.rows({"entry": entry}).proj().to_dicts(limit=1)
        if not row:
            raise NotThereError(f"There is no entry {entry} in the lab book.")
        seen: dict[str, Any] = {name: () for title, name in _PARTS.items() if not self._sees(title, entry)}
        seen |= dict.fromkeys(BLANK - set(self.entries.heading), "")
        return replace(self.notebook.page(entry), **seen)

    def _sees(self, title: str, entry: int) -> bool:
        """Whether the person may see all of what a table has of an entry."""
        sheet, key = self.beside(title), {"entry": entry}
        if sheet is None or not sheet.is_whole:
            return False
        return sheet.reach(Verb.READ) is Scope.ALL or len(sheet.rows(key)) == len(sheet.table & key)

    def amendments(self, entry: int) -> list[int]:
        """The entries that amend an entry, as far as the person may see them."""
        sheet = self.beside("Entry.Amended")
        rows = [] if sheet is None else sheet.rows({"amended": entry}).to_dicts(order_by="KEY")
        return [row["entry"] for row in rows if self.entries.rows({"entry": row["entry"]})]

    def attachment(self, entry: int, number: int) -> tuple[Attachment, bytes]:
        """A file, with its content."""
        self.page(entry)
        if self._sees("Entry.Attachment", entry):
            for found in read_attachments(self.notebook.Entry.Attachment & {"entry": entry, "attachment": number}):
                return found, self.notebook.content(entry, number)
        raise NotThereError(f"Entry {entry} has no file {number}.")

    def may(self, verb: Verb, page: Page) -> bool:
        """Whether the person may do this to an entry, whatever state it is in."""
        scope = self.entries.reach(verb)
        if scope is None or scope is Scope.ALL:
            return scope is not None
        return bool(self.notebook.Entry.owned_by(*self.entries.people(scope)) & {"entry": page.entry})

    def need(self, verb: Verb, entry: int) -> Page:
        """An entry to which the person may do this.

        Raises
        ------
        NotAllowedError
            When they may not.
        """
        page = self.page(entry)
        if not self.may(verb, page):
            raise NotAllowedError(f"You may not {verb} this entry. Somebody who administers this server can let you.")
        return page

    def resolve(self, table: str, key: str) -> tuple[Sheet, dict[str, Any]] | None:
        """The row that ``[[table/key]]`` stands for; None where there is none for the person."""
        sheet = self.desk.find(table)
        with suppress(RefusalError, lw.LabwrightError):
            if sheet is not None:
                found = key_of(sheet, key)
                return (sheet, found) if sheet.rows(found) else None
        return None

    def whole(self, entry: int) -> Page:
        """An entry of which the person sees everything.

        Raises
        ------
        NotAllowedError
            When something is hidden.
        """
        page = self.page(entry)
        if not self.entries.is_whole or not all(self._sees(title, entry) for title in _PARTS):
            raise NotAllowedError("You do not see all of the lab book, and this is about whole entries.")
        return page
