"""Signing rows of any table: who stands for what they were, and whether they are that still."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.lab.canonical import digest
from labwright.lab.notebook.canonical import key_text, row_signature_bytes
from labwright.lab.notebook.notebook import table_name
from labwright.lab.notebook.page import Signature
from labwright.lab.notebook.reading import signatures_of
from labwright.lab.notebook.row_record import damage_in, one_row, row_bytes
from labwright.lab.notebook.rules import stays
from labwright.lab.notebook.verification import Verification, verify_row

if TYPE_CHECKING:
    from labwright.lab.notebook.authority import Authority

MEANINGS: Final = ("author", "review", "approval")
"""What somebody means who signs a row: it is what I did, I have looked at it, or I agree that it is used."""
TRIES: Final = 20


class RowSignatures:
    r"""Signatures of rows, kept in tables of their own: the tables of the rows know nothing of them.

    A row that is signed can be changed, as data have to be corrected; its signature tells then that it was.

    Parameters
    ----------
    schema : Schema or str
        Where the signatures are; the tables are declared when they are not there.
    project : Project, optional
        The project, where `schema` is a name; by default the default one.

    Examples
    --------
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Lookup):
    ...         definition = "mouse : int32\n---\nname : varchar(20)"
    ...         contents = [(3, "Ida")]
    ...     signatures = RowSignatures(project=project)
    ...     signature = signatures.sign(Mouse & "mouse = 3", "ana", "Ana Silva")
    ...     before = signatures.verify(Mouse & "mouse = 3").is_good
    ...     Mouse.update1({"mouse": 3, "name": "Ada"})
    ...     before, signatures.verify(Mouse & "mouse = 3").problems
    (True, ['The row is not what ana has signed.'])
    """

    def __init__(self, schema: lw.Schema | str = "signatures", *, project: lw.Project | None = None) -> None:
        self.schema = lw.Schema(schema, connection=project) if isinstance(schema, str) else schema
        self._signatures, self._stamps = _tables_of(self.schema)

    def of(self, rows: Any) -> list[Signature]:
        """The signatures of a row, the first one first; of a row that is gone, too.

        Parameters
        ----------
        rows : query expression
            A table restricted to one row: ``Mouse & "mouse = 3"``.
        """
        return self._of(_subject(rows))

    def of_key(self, target: str, key: Mapping[str, Any]) -> list[Signature]:
        """The same by the name of the table, ``lab.Mouse``, and the key."""
        return self._of({"target": target, "row": key_text(key)})

    def _of(self, subject: Mapping[str, str]) -> list[Signature]:
        return signatures_of(self._signatures & subject, self._stamps & subject)

    @staticmethod
    def hash(rows: Any) -> str:
        """The hash of a row as it is, with its parts and what they have in stores."""
        return digest(row_bytes(rows))

    def sign(
        self,
        rows: Any,
        person: str | None = None,
        full_name: str = "",
        how: str = "in Python",
        meaning: str = "author",
        expected: str | None = None,
    ) -> Signature:
        """Stand for a row as it is.

        Parameters
        ----------
        rows : query expression
            A table restricted to one row.
        person, full_name : str
            Who signs; by default the user of the operating system.
        how : str
            How the person has shown who they are.
        meaning : str
            ``"author"``, ``"review"`` or ``"approval"``.
        expected : str, optional
            The hash of what the person has seen.

        Raises
        ------
        ConflictError
            When the row is not what was expected.
        LabwrightError
            When the person has signed it as it is, or there is no such row.
        """
        if meaning not in MEANINGS:
            raise lw.LabwrightError(f"A signature means one of {', '.join(MEANINGS)}, not {meaning!r}.")
        subject, found, who = _subject(rows), self.hash(rows), person or getpass.getuser()
        if expected not in (None, found):
            raise lw.errors.ConflictError("The row was changed meanwhile. Look at it again before you sign it.")
        blank = Signature(0, who, full_name, meaning, datetime.now(UTC), how, found, record="")
        for _ in range(TRIES):
            try:
                return self._add(subject, blank)
            except lw.errors.DuplicateError:
                continue  # somebody else was faster
        raise lw.errors.LockError("Too many people sign this row at this moment. Try again.")

    def _add(self, subject: Mapping[str, str], blank: Signature) -> Signature:
        before = self._of(subject)
        if any((s.person, s.hash, s.meaning) == (blank.person, blank.hash, blank.meaning) for s in before):
            raise lw.LabwrightError(f"{blank.person} has signed this row already, as it is.")
        made = replace(blank, number=len(before) + 1)
        made = replace(made, record=digest(_record(subject)(made, before[-1].record if before else None)))
        names = ("person", "full_name", "meaning", "signed", "how", "hash", "record")
        self._signatures.insert1({**subject, "signature": made.number, **{name: getattr(made, name) for name in names}})
        return made

    def stamp(self, authority: Authority, rows: Any) -> int:
        """Let an authority stamp the signatures of a row that it has not seen; return how many.

        Raises
        ------
        LabwrightError
            When it cannot be reached, or its answer is not good. What was stamped before stays.
        """
        subject = _subject(rows)
        signatures = self._of(subject)
        found = [s for s in signatures if s.stamped is None]
        for s in found:
            previous = signatures[s.number - 2].record if s.number > 1 else None
            token, moment = authority.stamp(_record(subject)(s, previous))
            row = {"signature": s.number, "authority": authority.url, "moment": moment, "token": token}
            self._stamps.insert1({**subject, **row})
        return len(found)

    def verify(self, rows: Any, authority: Authority | None = None) -> Verification:
        """Look whether a row is what was signed, and what it has in stores what was put there.

        Parameters
        ----------
        rows : query expression
            A table restricted to one row.
        authority : Authority, optional
            With it, time stamps are held against its certificates as well.
        """
        subject = _subject(rows)
        return verify_row(self.hash(rows), self._of(subject), damage_in(rows), _record(subject), authority)


def _subject(rows: Any) -> dict[str, str]:
    table, key = one_row(rows)
    return {"target": table_name(table), "row": key_text(key)}


def _record(subject: Mapping[str, str]) -> Any:
    return partial(row_signature_bytes, subject["target"], subject["row"])


def _tables_of(schema: lw.Schema) -> tuple[Any, Any]:
    """The tables of signatures and of their time stamps; those that are not there are declared."""

    @schema
    class RowSignature(lw.Manual):
        definition = """
        # Who stands for a row as it was
        target : varchar(128)         # the table, as in lab.Mouse
        row : varchar(255)            # its key as JSON without spaces, names in order: {"mouse":3}
        signature : int16             # 1, 2, ...
        ---
        person : varchar(64)
        full_name : varchar(200)
        meaning : enum('author', 'review', 'approval')
        signed : datetime_utc(6)
        how : varchar(100)            # how the person had shown who they are
        hash : char(64)               # SHA-256 of the row, its parts and what they have in stores
        record : char(64)             # SHA-256 of this signature and the one before
        """
        history = False
        rules = (stays("a signature", "row_signature_stays"),)

    @schema
    class RowTimeStamp(lw.Manual):
        definition = """
        # When an authority has seen a signature of a row (RFC 3161)
        -> RowSignature
        ---
        authority : varchar(255)
        moment : datetime_utc(6)      # what the authority says
        token : bytes                 # its answer, DER
        """
        history = False
        rules = (stays("a time stamp", "row_time_stamp_stays"),)

    schema.ensure_declared()  # which is not done within transactions
    return RowSignature, RowTimeStamp
