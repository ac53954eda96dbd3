"""An entry with all that belongs to it, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Attachment:
    """A file of an entry, without its content.

    Parameters
    ----------
    number : int
    name, media_type : str
    size : int
        In bytes.
    sha256 : str
    """

    number: int
    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def is_picture(self) -> bool:
        """Whether it may be shown in a page: pictures of pixels, which no program can hide in.

        Examples
        --------
        >>> Attachment(1, "gel.png", "image/png", 9, "").is_picture
        True
        >>> Attachment(1, "gel.svg", "image/svg+xml", 9, "").is_picture
        False
        """
        return self.media_type in PICTURES


PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class Link:
    """A row that an entry is about.

    Parameters
    ----------
    target : str
        The table, as in ``lab.Mouse``.
    row : str
        Its key as JSON.
    in_text : bool
        Whether it stands in the text.
    """

    target: str
    row: str
    in_text: bool = False


@dataclass(frozen=True)
class Comment:
    """What somebody says of an entry."""

    number: int
    author: str
    written: datetime
    text: str


@dataclass(frozen=True)
class Signature:
    """Who stands for an entry, and when an authority has seen that.

    Parameters
    ----------
    number : int
    person, full_name : str
    meaning : str
        ``"author"`` or ``"witness"``; of a row ``"author"``, ``"review"`` or ``"approval"``.
    signed : datetime
    how : str
        How the person had shown who they are.
    hash : str
        SHA-256 of the entry.
    record : str
        SHA-256 of this signature and the one before.
    stamped : datetime or None
        What a time stamp says.
    authority : str
        Whose it is.
    token : bytes
        The time stamp itself.
    """

    number: int
    person: str
    full_name: str
    meaning: str
    signed: datetime
    how: str
    hash: str
    record: str
    stamped: datetime | None = None
    authority: str = ""
    token: bytes = b""


@dataclass(frozen=True)
class Page:
    """An entry with all that belongs to it, but for the content of its files.

    Parameters
    ----------
    entry : int
    day : date
    title, text, author : str
    made : datetime
    locked_by : str
    sealed : bool
    amended : int or None
        The entry that this one corrects or adds to.
    attachments, links, comments, signatures : sequence
    """

    entry: int
    day: date
    title: str
    text: str
    author: str
    made: datetime
    locked_by: str = ""
    sealed: bool = False
    amended: int | None = None
    attachments: Sequence[Attachment] = ()
    links: Sequence[Link] = ()
    comments: Sequence[Comment] = ()
    signatures: Sequence[Signature] = ()

    def attachment(self, number: int) -> Attachment | None:
        """The file of a number."""
        return next((a for a in self.attachments if a.number == number), None)
