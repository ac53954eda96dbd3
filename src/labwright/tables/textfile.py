"""Text files that are written as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from uuid import uuid4

PRIVATE = 0o600
SHARED = 0o644


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write `text` as UTF-8; a reader, and a crash, find the old file or the new one.

    Parameters
    ----------
    path : Path
        The file; its folder must be there.
    text : str
        What it is to hold.
    private : bool
        Whether only the owner may read it, where the system knows of that.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> write_text(target, "naïve")
    >>> target.read_text(encoding="utf-8")
    'naïve'
    """
    new = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with open(new, "x", encoding="utf-8", newline="\n", opener=_open_privately) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _set_mode(new, PRIVATE if private else _mode_of(path))
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _open_privately(name: str, flags: int) -> int:
    return os.open(name, flags, PRIVATE)


def _mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return SHARED


def _set_mode(path: Path, mode: int) -> None:
    # Windows, and file systems that it shares, have no such modes.
    with contextlib.suppress(OSError, NotImplementedError):
        path.chmod(mode)


def make_private_folder(path: Path) -> None:
    """Make a folder that only the owner may open, where the system knows of that."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _set_mode(path, 0o700)
