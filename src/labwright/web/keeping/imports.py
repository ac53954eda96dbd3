"""Imports that people have begun: the file, its rows as they stand, and what was found out about them."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import labwright as lw
from labwright.web.keeping.keeping import Keeping

CHUNK: Final = 2**19
"""Bytes of a file that are kept together."""
_IMPORT: Final = """
# Imports that somebody has begun
import_id : uuid
---
person : varchar(64)
table_name : varchar(255)
begun : datetime
state : enum('reading', 'new', 'checked', 'done')
about : bytes
"""
_FILE: Final = """
-> Import
chunk : int32
---
data : bytes
"""
_PIECE: Final = """
# Rows, some hundred at a time
-> Import
piece : int32
---
first : int32    # number of the first one in the file
last : int32
bad : int32
held : bytes
found : bytes
"""
_CHOICE: Final = """
# Which column went where the last time
person : varchar(64)
table_name : varchar(255)
header : uuid
---
about : bytes
"""


@dataclass(frozen=True)
class Begun:
    """An import.

    Parameters
    ----------
    id : str
    person, table : str
        Whose it is, and into which table, as the app calls it.
    begun : datetime
    state : str
        ``reading`` the file, ``new``, ``checked`` when its rows were tried, ``done``.
    about : mapping
        What else is known of it, as JSON has it.
    """

    id: str
    person: str
    table: str
    begun: datetime.datetime
    state: str
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """Some of its rows.

    Parameters
    ----------
    number : int
    first, last : int
        The numbers in the file of the first and the last row.
    bad : int
        How many of them cannot be entered as they are.
    held, found : bytes
        The rows, and what was found out about them; packed.
    """

    number: int
    first: int
    last: int
    bad: int
    held: bytes
    found: bytes


class Imports:
    """The imports of all people.

    Parameters
    ----------
    keeping : Keeping
    """

    def __init__(self, keeping: Keeping) -> None:
        self._imports = keeping.table("Import", _IMPORT)
        self._files = keeping.table("ImportFile", _FILE)
        self._pieces = keeping.table("ImportPiece", _PIECE)
        self._choices = keeping.table("ImportChoice", _CHOICE)

    def begin(self, person: str, table: str, about: Mapping[str, Any], data: bytes) -> Begun:
        """Keep the file of a new import."""
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
        made = Begun(str(uuid.uuid4()), person, table, now, "reading", about)
        self._imports.insert1({**_key(made), "begun": now, **_of(made)})
        for number, start in enumerate(range(0, len(data), CHUNK)):
            self._files.insert1({**_key(made), "chunk": number, "data": data[start : start + CHUNK]})
        return made

    def find(self, person: str, table: str, id_: str) -> Begun | None:
        """An import of this person into this table."""
        try:
            key = {"import_id": uuid.UUID(id_), "person": person, "table_name": table}
        except ValueError:
            return None
        return next(iter(self._read(key)), None)

    def of(self, person: str) -> list[Begun]:
        """Those of a person, newest first."""
        return sorted(self._read({"person": person}), key=lambda b: b.begun, reverse=True)

    def _read(self, condition: Mapping[str, Any]) -> Iterator[Begun]:
        for row in (self._imports & condition).to_dicts():
            about = json.loads(row["about"])
            yield Begun(str(row["import_id"]), row["person"], row["table_name"], row["begun"], row["state"], about)

    def save(self, begun: Begun, was: str | None = None) -> Begun:
        """Keep an import as it has become.

        Parameters
        ----------
        begun : Begun
        was : str, optional
            The state that it must have been in till now.

        Raises
        ------
        ConflictError
            When it was in another one.
        """
        self._imports.update1({**_key(begun), **_of(begun)}, expected=None if was is None else {"state": was})
        return begun

    def file(self, begun: Begun) -> bytes:
        """The file, as it was sent."""
        return b"".join((self._files & _key(begun)).to_arrays("data", order_by="chunk"))

    def keep_piece(self, begun: Begun, piece: Piece) -> None:
        """Keep a piece as well."""
        self._pieces.insert1({**_key(begun), **_columns(piece)})

    def change_piece(self, begun: Begun, piece: Piece) -> None:
        """Keep a piece as it has become."""
        self._pieces.update1({**_key(begun), **_columns(piece)})

    def forget_pieces(self, begun: Begun, *, file_too: bool = False) -> None:
        """Keep its rows no longer."""
        (self._pieces & _key(begun)).delete_quick()
        if file_too:
            (self._files & _key(begun)).delete_quick()

    def numbers(self, begun: Begun, *, bad: bool = False, after: int = -1) -> list[int]:
        """The numbers of its pieces, in order.

        Parameters
        ----------
        begun : Begun
        bad : bool
            Of those with rows that cannot be entered.
        after : int
            Of those with rows whose numbers are greater.
        """
        found = self._pieces & _key(begun) & lw.Where("last", ">", after)
        found = found & lw.Where("bad", ">", 0) if bad else found
        return [int(n) for n in found.to_arrays("piece", order_by="piece")]

    def findings(self, begun: Begun) -> list[tuple[int, bytes]]:
        """The numbers of its pieces, in order, with what was found out about each."""
        rows = (self._pieces & _key(begun)).proj("found").to_dicts(order_by="piece")
        return [(row["piece"], row["found"]) for row in rows]

    def numbers_with(self, begun: Begun, rows: Iterable[int]) -> list[int]:
        """The numbers of the pieces in which rows with these numbers are."""
        places = (self._pieces & _key(begun)).proj("first", "last").to_dicts(order_by="piece")
        wanted = sorted(rows)
        return [p["piece"] for p in places if any(p["first"] <= n <= p["last"] for n in wanted)]

    def pieces(self, begun: Begun, numbers: Sequence[int] | None = None) -> Iterator[Piece]:
        """Its pieces, one at a time, without those that are gone when it is their turn: they were entered meanwhile."""
        for number in self.numbers(begun) if numbers is None else numbers:
            for row in (self._pieces & _key(begun) & {"piece": number}).to_dicts():
                yield Piece(number, row["first"], row["last"], row["bad"], row["held"], row["found"])

    def discard(self, begun: Begun) -> None:
        """Keep nothing of it."""
        self.forget_pieces(begun, file_too=True)
        (self._imports & _key(begun)).delete_quick()

    def remember(self, person: str, table: str, header: Sequence[str], about: Mapping[str, str]) -> None:
        """Note which column went where."""
        key = {"person": person, "table_name": table, "header": _header(header)}
        self._choices.insert1({**key, "about": json.dumps(about).encode()}, replace=True)

    def recall(self, person: str, table: str, header: Sequence[str]) -> dict[str, str] | None:
        """What was noted of such a file."""
        key = {"person": person, "table_name": table, "header": _header(header)}
        found = (self._choices & key).to_dicts(limit=1)
        return dict(json.loads(found[0]["about"])) if found else None


def changed(begun: Begun, state: str | None = None, **about: Any) -> Begun:
    """An import of which more is known."""
    return replace(begun, state=state or begun.state, about={**begun.about, **about})


def _key(begun: Begun) -> dict[str, Any]:
    return {"import_id": uuid.UUID(begun.id)}


def _of(begun: Begun) -> dict[str, Any]:
    about = json.dumps(begun.about).encode()
    return {"person": begun.person, "table_name": begun.table, "state": begun.state, "about": about}


def _columns(piece: Piece) -> dict[str, Any]:
    return {
        "piece": piece.number, "first": piece.first, "last": piece.last, "bad": piece.bad, "held": piece.held,
        "found": piece.found,
    }  # fmt: skip


def _header(header: Sequence[str]) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([name.casefold() for name in header]))
