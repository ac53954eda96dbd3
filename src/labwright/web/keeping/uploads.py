"""Files that were sent with a form which is not finished."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from pathlib import Path, PurePosixPath
from typing import IO, Final

DAYS: Final = 7
"""For so long a file waits for its form."""
MAX_NAME: Final = 200
_TOKEN: Final = re.compile("[0-9a-f]{32}")
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


class Uploads:
    """The files that one person has sent, each under a number that nobody else knows.

    Parameters
    ----------
    person : str
    folder : Path, optional
        For the files of all; by default one of this user's own, where the system keeps what is temporary.

    Examples
    --------
    >>> import io, tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> token = Uploads("ana", folder).put("../movie.tif", io.BytesIO(b"frames"))
    >>> Uploads("ana", folder).find(token).name, Uploads("ben", folder).find(token)
    ('movie.tif', None)
    """

    def __init__(self, person: str, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"labwright-uploads-{_user()}"
        self._own = self._folder / hashlib.sha256(person.encode()).hexdigest()[:32]

    def put(self, name: str, file: IO[bytes]) -> str:
        """Keep a file; return its number."""
        self._make_sure()
        self._forget_old()
        token = secrets.token_hex(16)
        place = self._own / token
        place.mkdir(mode=0o700, parents=True)
        with (place / plain_name(name)).open("xb") as made:
            shutil.copyfileobj(file, made)
        return token

    def find(self, token: str) -> Path | None:
        """The file of a number, if this person has sent it and it still waits."""
        if not _TOKEN.fullmatch(token):
            return None
        place = self._own / token
        return next(place.iterdir(), None) if place.is_dir() else None

    def discard(self, token: str) -> None:
        """Forget a file."""
        if _TOKEN.fullmatch(token):
            shutil.rmtree(self._own / token, ignore_errors=True)

    def _make_sure(self) -> None:
        """Make the folder, which nobody else may have made here."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and self._folder.lstat().st_uid != os.getuid():
            raise PermissionError(f"{self._folder} belongs to somebody else. Remove it.")

    def _forget_old(self) -> None:
        before = time.time() - DAYS * 24 * 3600
        for place in self._folder.glob("*/*"):
            if place.stat().st_mtime < before:
                shutil.rmtree(place, ignore_errors=True)


def plain_name(name: str) -> str:
    r"""The name of a file without folders, and without what no system has in names.

    Examples
    --------
    >>> plain_name("C:\\data\\a:b.tif"), plain_name("../.."), plain_name("")
    ('a_b.tif', 'file', 'file')
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(c for c in _FORBIDDEN.sub("_", last) if c.isprintable()).strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    while len(kept.encode()) > MAX_NAME:
        stem = stem[:-1] if stem else ""
        kept = f"{stem}{dot}{suffix}" if stem else kept[:-1]
    return kept or "file"


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
