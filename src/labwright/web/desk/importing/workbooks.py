"""Rows of workbooks: XLSX, ODS, XLS."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from labwright.web.desk.importing.limits import COLUMNS, ROWS
from labwright.web.desk.refusals import BadRequestError

BROKEN: Final = "This workbook cannot be read: it is damaged, or too large. Save it again, or save the sheet as CSV."
_PROGRAM: Final = Path(__file__).with_name("sandbox.py")
_STARTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_ROOM: Final = threading.BoundedSemaphore(2)
"""So many workbooks are read at the same time: each may take much memory."""


def is_workbook(data: bytes) -> bool:
    """Whether a file is one, whatever it is called.

    Examples
    --------
    >>> is_workbook(b"mouse,weight")
    False
    """
    return data.startswith(_STARTS)


@contextmanager
def opened(data: bytes, sheet: int) -> Iterator[tuple[list[str], Iterator[tuple[int, Sequence[Any]]]]]:
    """The names of the sheets of a workbook, and the rows of one, each with its number, the first being 1.

    Raises
    ------
    BadRequestError
        When it cannot be read.
    """
    with _ROOM, tempfile.TemporaryDirectory(prefix="labwright-") as folder:
        path = Path(folder, "workbook")
        path.write_bytes(data)
        command = [sys.executable, "-I", str(_PROGRAM), str(path), str(sheet), str(ROWS), str(COLUMNS)]
        nowhere = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere) as run:  # noqa: S603
            assert run.stdout is not None
            try:
                yield _names(run.stdout), _rows(run)
            finally:
                run.kill()


def _names(lines: IO[bytes]) -> list[str]:
    found = _line(lines.readline())
    if not isinstance(found, list):
        raise BadRequestError(BROKEN)
    return [str(name) for name in found]


def _rows(run: subprocess.Popen[bytes]) -> Iterator[tuple[int, Sequence[Any]]]:
    assert run.stdout is not None
    for line in run.stdout:
        number, cells = _line(line)
        yield number, cells
    if run.wait():
        raise BadRequestError(BROKEN)


def _line(line: bytes) -> Any:
    if not line:
        raise BadRequestError(BROKEN)
    found = json.loads(line)
    if isinstance(found, dict):
        raise BadRequestError(str(found["wrong"]))
    return found
