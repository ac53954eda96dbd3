"""The lab book at somebody's desk: what of it they may write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from labwright.lab.notebook import Link, Page
from labwright.lab.notebook.canonical import key_text
from labwright.lab.notebook.text import mentions, references
from labwright.web.desk.lab_book.reading import Reading
from labwright.web.desk.past import steps
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, NotThereError
from labwright.web.notices.kind import Kind
from labwright.web.notices.notify import notify
from labwright.web.roles.role import Verb

CALLED: Final = 20
"""Of those whom a comment calls so many are told."""
TEXTS: Final = ("day", "title", "text")
"""What is written of an entry; the rest comes about."""


class Writing(Reading):
    """The lab book, as far as one person may write it."""

    def may_write(self) -> bool:
        """Whether the person may begin entries."""
        return self.entries.reach(Verb.INSERT) is not None

    def may_comment(self) -> bool:
        """Whether the person may say something of entries."""
        sheet = self.beside("Comment")
        return sheet is not None and sheet.reach(Verb.INSERT) is not None

    def may_unlock(self, page: Page) -> bool:
        """Whether the person has locked it, or administers the lab book."""
        mine = page.locked_by == self.me and self.may(Verb.UPDATE, page)
        return mine or self.entries.reach(Verb.ADMINISTER) is not None

    def write(
        self, title: str, text: str = "", day: date | None = None, amends: int | None = None, about: str = ""
    ) -> int:
        """Begin an entry; return its number.

        Parameters
        ----------
        title, text : str
        day : date, optional
        amends : int, optional
            The entry that it corrects or adds to.
        about : str
            A row to link, as in ``lab.Mouse/3``.
        """
        if not self.may_write():
            raise NotAllowedError(
                "You may not write in the lab book. Somebody who administers this server can let you."
            )
        if amends is not None:
            self.page(amends)
        with self.desk.acting():
            entry = self.notebook.write(title, text, author=self.me, day=day, amends=amends)
            self.notebook.add_links(entry, [*self._in_text(text), *self._links([about])])
        return entry

    def edit(self, entry: int, changes: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> None:
        """Change what is written of an entry, and the links that stand in its text.

        Raises
        ------
        ConflictError
            When somebody has changed it since it was as in `base`.
        """
        page = self.need(Verb.UPDATE, entry)
        if set(changes) - set(TEXTS):
            raise BadRequestError("Only the day, the title and the text of an entry are changed.")
        with self.desk.acting():
            if changes:
                self.notebook.Entry.update1({"entry": entry, **changes}, expected=base)
            if "text" in changes:
                now = self._in_text(changes["text"])
                gone = [k for k in page.links if k.in_text and k not in now]
                if gone:
                    self.notebook.unlink(entry, gone)
                self.notebook.add_links(entry, now)

    def restore(self, entry: int, change: str) -> None:
        """Let what is written be again what it was before a change."""
        page = self.need(Verb.UPDATE, entry)
        found = next((s for s in steps(self.entries, {"entry": entry}) if s.change.id == change), None)
        if found is None or found.change.op != "update":
            raise NotThereError("There is no such change of this entry.")
        then = {n: old for n, (old, _) in found.values.items() if n in TEXTS}
        self.edit(entry, then, {n: getattr(page, n) for n in then})

    def _in_text(self, text: str) -> list[Link]:
        return [replace(k, in_text=True) for k in self._links(f"{t}/{key}" for t, key in references(text))]

    def _links(self, given: Iterable[str]) -> list[Link]:
        """The rows that are meant, as far as they are there for the person."""
        return list(
            {(k.target, k.row): k for k in (self._link(*g.split("/", 1)) for g in given if "/" in g) if k}.values()
        )

    def _link(self, table: str, key: str) -> Link | None:
        found = self.resolve(table, key)
        return None if found is None else Link(found[0].name, key_text(found[1]))

    def link(self, entry: int, table: str, key: str) -> None:
        """Say that an entry is about a row."""
        self.need(Verb.UPDATE, entry)
        found = self._link(table, key)
        if found is None:
            raise BadRequestError(f"There is no row {key} in {table}.")
        with self.desk.acting():
            self.notebook.add_links(entry, [found])

    def unlink(self, entry: int, target: str, row: str) -> None:
        """Say so no more."""
        page = self.need(Verb.UPDATE, entry)
        with self.desk.acting():
            self.notebook.unlink(entry, [k for k in page.links if (k.target, k.row) == (target, row)])

    def attach(self, entry: int, name: str, content: bytes, media_type: str) -> int:
        """Add a file; return its number."""
        self.need(Verb.UPDATE, entry)
        with self.desk.acting():
            return self.notebook.attach(entry, content, name, media_type)

    def remove(self, entry: int, number: int) -> None:
        """Take a file out."""
        self.need(Verb.UPDATE, entry)
        with self.desk.acting():
            self.notebook.remove(entry, number)

    def comment(self, entry: int, text: str) -> int:
        """Say something of an entry; return the number of the comment."""
        self.page(entry)
        if not self.may_comment():
            raise NotAllowedError("You may not comment on entries. Somebody who administers this server can let you.")
        with self.desk.acting():
            number = self.notebook.comment(entry, text, self.me)
        self._call(entry, number, text)
        return number

    def _call(self, entry: int, number: int, text: str) -> None:
        """Tell those who are called in a comment; not what it is about, since not all may read it."""
        said = f"{self.desk.person.full_name or self.me} mentions you in a comment on entry {entry} of the lab book."
        for name in mentions(text)[:CALLED]:
            if name != self.me:
                notify(self.desk.workspace.keeping, name, Kind.MENTION, said, f"/notebook/{entry}#comment-{number}")

    def lock(self, entry: int) -> None:
        """Keep an entry from being changed."""
        self.need(Verb.UPDATE, entry)
        with self.desk.acting():
            self.notebook.lock(entry, self.me)

    def unlock(self, entry: int, why: str = "") -> None:
        """Let an entry be changed again."""
        page = self.page(entry)
        if not self.may_unlock(page):
            raise NotAllowedError(f"{page.locked_by} has locked this entry. They can unlock it, or an administrator.")
        with self.desk.acting(why or "unlocked"):
            self.notebook.unlock(entry)
