"""From a store to files on this machine: whole or not at all, and never outside of the folder that was named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath

from labwright.core.errors import DataError
from labwright.storage.digest import Digest, Hasher
from labwright.storage.handle import Handle, damaged
from labwright.storage.layout import new_token
from labwright.storage.manifest import Entry, manifest_of


def download(handle: Handle, to: Path, *, sha256: str | None = None) -> Path:
    """Write a stored file or folder to the path `to`.

    Parameters
    ----------
    handle : Handle
    to : Path
        The file or folder that is made. A file that is there is replaced; a folder that is there gets the files of
        the stored one, each of which replaces its namesake.
    sha256 : str, optional
        What the content is to have; for a folder its manifest.

    Raises
    ------
    DataError
        When the content has another hash, or a file would be written outside of `to`; `to` is then not made.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    if not handle.is_dir:
        _check(handle, _fetch_file(handle, to, sha256).sha256, sha256)
    elif to.is_dir():
        _check(handle, _fetch_files(handle, to), sha256)
    else:
        with _part(to) as part:
            part.mkdir()
            _check(handle, _fetch_files(handle, part), sha256)
            part.rename(to)
    return to


def _fetch_files(handle: Handle, folder: Path) -> str:
    """Fetch all files of a folder and return the hash of their manifest."""
    entries = []
    for path in handle.paths():
        to = _inside(folder, path)
        to.parent.mkdir(parents=True, exist_ok=True)
        found = _fetch_file(handle.child(path), to, None)
        entries.append(Entry(path, found.sha256, found.size))
    return manifest_of(entries).sha256


def _fetch_file(handle: Handle, to: Path, sha256: str | None) -> Digest:
    hasher = Hasher()
    with _part(to) as part:
        with part.open("xb") as file:
            for chunk in hasher.passing(handle.chunks()):
                file.write(chunk)
        _check(handle, hasher.digest().sha256, sha256)
        part.replace(to)
    return hasher.digest()


def _check(handle: Handle, found: str, sha256: str | None) -> None:
    if sha256 not in (None, found):
        raise damaged(handle, f"its hash is not {sha256!r}")


def _inside(folder: Path, path: str) -> Path:
    """The place of `path` in `folder`, when no drive and no link on the way leads out of it."""
    to = folder / path
    if PureWindowsPath(path).drive or not to.parent.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{path!r} would be written outside of {os.fspath(folder)!r}; nothing is written there.")
    return to


@contextmanager
def _part(to: Path) -> Iterator[Path]:
    """A path beside `to` of which nothing is left in the end."""
    part = to.with_name(f".{to.name[:100]}.{new_token()}.part")
    try:
        yield part
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
