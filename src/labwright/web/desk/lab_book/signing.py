"""The lab book at somebody's desk: what of it they stand for, and what of it can be shown to others."""

from __future__ import annotations

from collections.abc import Sequence

from labwright.lab.notebook import Authority, Page, Signature, Verification
from labwright.web.desk.lab_book.reading import Reading
from labwright.web.desk.refusals import BadRequestError
from labwright.web.roles.role import Verb


class Signing(Reading):
    """The lab book, as far as one person may sign it, and see all of what they take with them."""

    def may_sign(self, page: Page) -> bool:
        """Whether the person may sign an entry as it stands."""
        mine = any(s.person == self.me for s in page.signatures)
        first = bool(page.signatures) or page.author == self.me
        return not mine and first and page.locked_by in ("", self.me) and self.may(Verb.SIGN, page)

    def sign(self, entry: int, how: str) -> Signature:
        """Stand for an entry; `how` says how the person has shown who they are."""
        self.whole(entry)
        self.need(Verb.SIGN, entry)
        person = self.desk.person
        with self.desk.speaking():  # to sign is a transaction of its own
            return self.notebook.sign(entry, self.me, person.full_name, how)

    @property
    def has_authority(self) -> bool:
        """Whether somebody stamps signatures here."""
        return bool(self.notebook.schema.project.config["notebook.authority"])

    @property
    def authority(self) -> Authority | None:
        """Who stamps signatures here."""
        return Authority.of(self.notebook.schema.project)

    def stamp(self, entry: int) -> int:
        """Let the authority stamp what it has not seen of an entry; return how many signatures that are."""
        self.need(Verb.SIGN, entry)
        authority = self.authority
        if authority is None:
            raise BadRequestError("No authority for time stamps is set for this project.")
        with self.desk.speaking():
            return self.notebook.stamp(authority, entry)

    def verify(self, entry: int) -> Verification:
        """Look whether an entry is what was signed."""
        self.whole(entry)
        return self.notebook.verify(entry, self.authority)

    def to_pdf(self, entries: Sequence[int]) -> bytes:
        """Entries as a PDF file."""
        for entry in entries:
            self.whole(entry)
        return self.notebook.to_pdf(entries)

    def to_eln(self, entries: Sequence[int], name: str) -> bytes:
        """Entries as an ``.eln`` file."""
        for entry in entries:
            self.whole(entry)
        return self.notebook.to_eln(entries, name)
