"""Signing rows at somebody's desk: who has signed one, and whether it is still what they have signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import labwright as lw
from labwright.lab.notebook import Authority, RowSignatures, Signature, Verification
from labwright.web.desk.records import is_lab_book
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, NotThereError, RefusalError
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Signing:
    """The signatures of one row, as far as one person may see and add to them.

    Parameters
    ----------
    sheet : Sheet
    key : mapping
    """

    sheet: Sheet
    key: Row

    @property
    def _signatures(self) -> RowSignatures:
        return self.sheet.desk.workspace.keeping.made(RowSignatures)

    @property
    def _row(self) -> Any:
        return self.sheet.table & dict(self.key)

    def row(self) -> dict[str, Any]:
        """The row, without what is large."""
        return self.sheet.row(self.key)

    @property
    def can_be_signed(self) -> bool:
        """Whether rows of the table are: those of parts are with their masters, and entries of the lab book there."""
        is_part = self.sheet.master_name is not None
        return not is_part and not is_lab_book(self.sheet.desk.workspace, self.sheet.schema)

    def all(self) -> Sequence[Signature]:
        """All signatures of the row, the first one first."""
        if not self.can_be_signed:
            return ()
        try:
            return self._signatures.of_key(self.sheet.name, self.key)
        except lw.LabwrightError:
            return ()  # such keys cannot be signed

    @property
    def sees_all(self) -> bool:
        """Whether the person sees all that is signed of the row: each attribute, and all rows of all parts."""
        return self.sheet.is_whole and all(self._sees(part) for part in self._parts())

    def _parts(self) -> Iterator[str]:
        workspace = self.sheet.desk.workspace
        found = (workspace.name_of(str(part.id)) for part in self.sheet.table.parts(as_objects=True))
        return (name or "" for name in found)

    def _sees(self, part: str) -> bool:
        sheet = self.sheet.desk.find(part) if part else None
        if sheet is None or not sheet.is_whole:
            return False
        whole = sheet.reach(Verb.READ) is Scope.ALL
        return whole or len(sheet.rows(self.key)) == len(sheet.table & dict(self.key))

    def hash(self) -> str:
        """The hash of the row as it is; empty where the person does not see all of it, or it cannot be read."""
        try:
            return self._signatures.hash(self._row) if self.sees_all else ""
        except lw.LabwrightError:
            return ""

    def may_sign(self) -> bool:
        """Whether the person may sign this row."""
        try:
            self.check()
        except RefusalError:
            return False
        return True

    def check(self) -> None:
        """Refuse who may not sign it, or does not see what they would sign."""
        if not self.can_be_signed:
            raise BadRequestError("Rows of parts are signed with what they belong to, and entries in the lab book.")
        scope = self.sheet.need(Verb.SIGN)
        self._need_there()
        self.sheet.check_owned(scope, [self.key])
        self._need_all()

    def _need_there(self) -> None:
        if not self.sheet.rows(dict(self.key)):
            raise NotThereError(f"There is no such row in {self.sheet.title}.")

    def _need_all(self) -> None:
        if not self.sees_all:
            raise NotAllowedError(f"You do not see all of this row of {self.sheet.title}, and whole rows are signed.")

    def sign(self, how: str, meaning: str, expected: str) -> Signature:
        """Stand for the row, whose hash was `expected` when the person saw it.

        Raises
        ------
        ConflictError
            When it is not that any more.
        """
        self.check()
        person = self.sheet.desk.person
        with self.sheet.desk.speaking():
            return self._signatures.sign(self._row, person.name, person.full_name, how, meaning, expected)

    @property
    def has_authority(self) -> bool:
        """Whether somebody stamps signatures here."""
        return bool(self.sheet.desk.workspace.project.config["notebook.authority"])

    def stamp(self) -> int:
        """Let the authority stamp what it has not seen of the row; return how many signatures that are."""
        self.check()
        authority = self._authority
        if authority is None:
            raise BadRequestError("No authority for time stamps is set for this project.")
        with self.sheet.desk.speaking():
            return self._signatures.stamp(authority, self._row)

    @property
    def _authority(self) -> Authority | None:
        return Authority.of(self.sheet.desk.workspace.project)

    def verify(self) -> Verification:
        """Look whether the row, with what it has in stores, is what was signed."""
        self._need_there()
        self._need_all()
        return self._signatures.verify(self._row, self._authority)


def signatures_of(sheet: Sheet, key: Row) -> Sequence[Signature]:
    """All signatures of a row."""
    return Signing(sheet, {name: key[name] for name in sheet.key}).all()
