"""The lab book of a project, for Python and for the web app alike."""

from __future__ import annotations

import getpass
import mimetypes
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.lab.canonical import digest
from labwright.lab.notebook import page as values
from labwright.lab.notebook.canonical import key_text
from labwright.lab.notebook.eln import to_eln
from labwright.lab.notebook.page import Link, Page
from labwright.lab.notebook.pdf import to_pdf
from labwright.lab.notebook.reading import read_page
from labwright.lab.notebook.signing import check_signer, sign, stamp, unstamped
from labwright.lab.notebook.tables import tables_of
from labwright.lab.notebook.text import mentions
from labwright.lab.notebook.verification import Verification, verify

if TYPE_CHECKING:
    from labwright.lab.notebook.authority import Authority

SCHEMA: Final = "notebook"
TRIES: Final = 20
"""How often a number is looked for that nobody else takes meanwhile."""
OTHER: Final = "application/octet-stream"


class Notebook:
    """A lab book: the tables of a schema, and what is done with them.

    The tables are ordinary ones: ``notebook.Entry & "day > '2026-01-01'"``. What is signed is kept from changes by the
    database, whoever comes.

    Parameters
    ----------
    schema : Schema or str
        Where the tables are; those that are not there are declared.
    project : Project, optional
        The project, where `schema` is a name; by default the default one.

    Examples
    --------
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     notebook = Notebook(project=project)
    ...     entry = notebook.write("A gel", "Two bands, as *expected*.", author="ana", day="2026-11-23")
    ...     signature = notebook.sign(entry, "ana", "Ana Silva")
    ...     notebook.verify(entry).is_good
    True
    """

    def __init__(self, schema: lw.Schema | str = SCHEMA, *, project: lw.Project | None = None) -> None:
        self.schema = lw.Schema(schema, connection=project) if isinstance(schema, str) else schema
        self.tables = tables_of(self.schema)

    @property
    def Entry(self) -> Any:  # noqa: N802 - it is a table
        """The entries, with their files, links, and what they amend, as parts."""
        return self.tables.Entry

    @property
    def Comment(self) -> Any:  # noqa: N802 - it is a table
        """What people say of entries."""
        return self.tables.Comment

    @property
    def Signature(self) -> Any:  # noqa: N802 - it is a table
        """Who stands for entries."""
        return self.tables.Signature

    @property
    def TimeStamp(self) -> Any:  # noqa: N802 - it is a table
        """When authorities have seen signatures."""
        return self.tables.TimeStamp

    @property
    def Template(self) -> Any:  # noqa: N802 - it is a table
        """What entries begin with."""
        return self.tables.Template

    @contextmanager
    def _together(self) -> Iterator[None]:
        """All that is done in the block, or nothing."""
        connection: Any = self.schema.project.connection
        with lw.change(), connection.atomic():
            yield

    def page(self, entry: int) -> Page:
        """An entry with all that belongs to it.

        Raises
        ------
        LabwrightError
            When there is none of this number.
        """
        return read_page(self.tables, entry)

    def write(
        self,
        title: str,
        text: str = "",
        *,
        author: str | None = None,
        day: date | str | None = None,
        files: Iterable[Path | str] = (),
        about: Iterable[Any] = (),
        amends: int | None = None,
    ) -> int:
        """Write an entry; return its number.

        Parameters
        ----------
        title, text : str
            The text is Markdown.
        author : str, optional
            By default the user of the operating system.
        day : date or str, optional
            What it is about; by default today.
        files : iterable of Path or str
            Files to add.
        about : iterable of query expressions
            Rows to link: ``[Mouse & "mouse = 3"]``.
        amends : int, optional
            The entry that this one corrects or adds to.
        """
        row = {
            "day": day or date.today(),  # noqa: DTZ011 - the day where the author is
            "title": title,
            "text": text,
            "author": author or getpass.getuser(),
            "made": datetime.now(UTC),
        }
        for _ in range(TRIES):
            try:
                with self._together():
                    return self._write({**row, "entry": self._next()}, files, about, amends)
            except lw.errors.DuplicateError:
                continue  # somebody else has taken the number
        raise lw.errors.LockError("Too many people begin entries at this moment. Try again.")

    def _next(self) -> int:
        found = self.Entry.to_arrays("entry", order_by="entry DESC", limit=1)
        return int(found[0]) + 1 if len(found) else 1

    def _write(
        self, row: Mapping[str, Any], files: Iterable[Path | str], about: Iterable[Any], amends: int | None
    ) -> int:
        entry = int(row["entry"])
        self.Entry.insert1(row)
        if amends is not None:
            self.Entry.Amended.insert1({"entry": entry, "amended": amends})
        for file in files:
            self.attach(entry, file)
        for rows in about:
            self.link(entry, rows)
        return entry

    def attach(
        self, entry: int, content: Path | str | bytes, name: str | None = None, media_type: str | None = None
    ) -> int:
        """Add a file to an entry; return its number within the entry.

        Parameters
        ----------
        entry : int
        content : Path, str or bytes
            The path of a file, or what it holds.
        name, media_type : str, optional
            By default those of the file.
        """
        data = content if isinstance(content, bytes) else Path(content).read_bytes()
        name = name or ("file" if isinstance(content, bytes) else Path(content).name)
        numbers = (self.Entry.Attachment & {"entry": entry}).to_arrays("attachment")
        number = max(map(int, numbers), default=0) + 1
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_bytes(data)
            self.Entry.Attachment.insert1(
                {
                    "entry": entry,
                    "attachment": number,
                    "name": name,
                    "media_type": media_type or mimetypes.guess_type(name)[0] or OTHER,
                    "size": len(data),
                    "sha256": digest(data),
                    "content": path,
                }
            )
        return number

    def content(self, entry: int, attachment: int) -> bytes:
        """What a file of an entry holds."""
        return read_content(self.tables.Entry, entry, attachment)

    def remove(self, entry: int, attachment: int) -> None:
        """Take a file out of an entry; its number is that of a later one again only when it was the last."""
        found = self.Entry.Attachment & {"entry": entry, "attachment": attachment}
        found.delete(prompt=False, part_integrity="ignore")

    def link(self, entry: int, rows: Any, *, in_text: bool = False) -> None:
        """Say which rows of a table an entry is about.

        Parameters
        ----------
        entry : int
        rows : query expression
            A table restricted, whose rows are linked by their keys: ``Mouse & "mouse = 3"``.
        in_text : bool
            Whether they stand in the text.
        """
        target = table_name(rows)
        links = [Link(target, key_text(key), in_text) for key in rows.proj().to_dicts()]
        self.add_links(entry, links)

    def add_links(self, entry: int, links: Iterable[Link]) -> None:
        """Add links as they are; those that are there stay."""
        rows = [{"entry": entry, "target": k.target, "row": k.row, "in_text": k.in_text} for k in links]
        self.Entry.Link.insert(rows, skip_duplicates=True)

    def unlink(self, entry: int, links: Sequence[Link]) -> None:
        """Take links out."""
        keys = [{"entry": entry, "target": k.target, "row": k.row} for k in links]
        (self.Entry.Link & keys).delete(prompt=False, part_integrity="ignore")

    def about(self, rows: Any) -> Any:
        """The entries that are about rows of a table.

        Parameters
        ----------
        rows : query expression
            ``Mouse & "mouse = 3"``.
        """
        wanted = [{"target": table_name(rows), "row": key_text(key)} for key in rows.proj().to_dicts()]
        return self.Entry & (self.Entry.Link & wanted)

    def comment(self, entry: int, text: str, author: str | None = None) -> int:
        """Say something of an entry; return the number of the comment. ``@name`` calls people."""
        row = {"entry": entry, "author": author or getpass.getuser(), "written": datetime.now(UTC), "text": text}
        for _ in range(TRIES):
            numbers = (self.Comment & {"entry": entry}).to_arrays("comment")
            key = {"entry": entry, "comment": max(map(int, numbers), default=0) + 1}
            called = [{**key, "person": name} for name in mentions(text)]
            try:
                with self._together():
                    self.Comment.insert([{**row, **key}], parts={"Mention": called})
            except lw.errors.DuplicateError:
                continue  # somebody else was faster
            return int(key["comment"])
        raise lw.errors.LockError("Too many people comment on this entry at this moment. Try again.")

    def lock(self, entry: int, person: str | None = None) -> None:
        """Keep an entry from being changed by anybody until it is unlocked."""
        self.Entry.update1({"entry": entry, "locked_by": person or getpass.getuser()}, expected={"locked_by": ""})

    def unlock(self, entry: int) -> None:
        """Let an entry be changed again. The history tells who did it, and why where `lw.acting_as` says so."""
        self.Entry.update1({"entry": entry, "locked_by": ""})

    def sign(
        self, entry: int, person: str | None = None, full_name: str = "", how: str = "in Python"
    ) -> values.Signature:
        """Stand for an entry as it is; from then on the database refuses to change it.

        The first signature is the author's, the others are those of witnesses.

        Parameters
        ----------
        entry : int
        person, full_name : str
            Who signs; by default the user of the operating system.
        how : str
            How the person has shown who they are.

        Raises
        ------
        LabwrightError
            When the author has not signed, somebody signs twice, or others have locked the entry.
        """
        page, person = self.page(entry), person or getpass.getuser()
        check_signer(page, person)
        with self._together():
            return sign(self.tables, entry, person, full_name, how, seal=not page.sealed)

    def unstamped(self) -> list[tuple[int, int]]:
        """The signatures that no authority has seen: numbers of entries and of signatures."""
        return unstamped(self.tables)

    def stamp(self, authority: Authority, entry: int | None = None) -> int:
        """Let an authority stamp the signatures that it has not seen yet, of an entry or all; return how many.

        Raises
        ------
        LabwrightError
            When it cannot be reached, or its answer is not good. What was stamped before stays.
        """
        return stamp(self.tables, authority, entry)

    def verify(self, entry: int, authority: Authority | None = None) -> Verification:
        """Look whether an entry is what was signed, and its files what they were.

        Parameters
        ----------
        entry : int
        authority : Authority, optional
            With it, time stamps are held against its certificates as well.
        """
        return verify(self.page(entry), lambda number: self.content(entry, number), authority)

    def to_pdf(self, entries: Iterable[int]) -> bytes:
        """Entries as one PDF file, with their pictures, signatures and hashes."""
        return to_pdf([self.page(n) for n in entries], self.content)

    def to_eln(self, entries: Iterable[int], name: str = "notebook") -> bytes:
        """Entries as one ``.eln`` file, which other lab books read: a zipped RO-Crate.

        Parameters
        ----------
        entries : iterable of int
        name : str
            Of the file, without its ending.
        """
        return to_eln([self.page(n) for n in entries], self.content, name)


def table_name(rows: Any) -> str:
    """The name of the table that rows are of, as links have it: its schema, and its class behind that of its master."""
    id_ = rows.id if hasattr(rows, "id") else rows.sources[0].id
    return ".".join((id_.schema, *id_.class_path))


def read_content(entries: Any, entry: int, attachment: int) -> bytes:
    """What a file of an entry holds; without asking its table for the file's name, which others may have chosen."""
    found = entries.Attachment & {"entry": entry, "attachment": attachment}
    with tempfile.TemporaryDirectory() as folder:
        return Path(found.fetch1("content", download_path=folder)).read_bytes()
