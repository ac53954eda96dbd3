"""The published DataJoint beside us: each version in a virtual environment and a process of its own."""

from __future__ import annotations

import os
import pickle
import sqlite3
import struct
import subprocess
import sys
import venv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any, Final
from urllib.parse import unquote, urlsplit

ROOT: Final = Path(__file__).parent.parent.parent
REQUIREMENTS: Final = {
    "2.3.5": ("datajoint[postgres,arrow,polars]==2.3.5",),
    "0.14.6": ("datajoint==0.14.6", "numpy<2", "setuptools<81"),
}
"""The versions, and what each needs."""
CURRENT: Final = "2.3.5"
CLASSIC: Final = "0.14.6"
PATIENCE: Final = 600
"""Seconds that one process waits for another which installs the same."""


class PeerError(Exception):
    """What went wrong on the other side: the name of its exception, and what that said."""

    def __init__(self, kind: str, message: str, traceback: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.traceback = traceback


def interpreter(version: str) -> str:
    """The Python that has DataJoint of this version; it is installed when it is first asked for.

    Raises
    ------
    subprocess.CalledProcessError
        When it cannot be installed.
    """
    folder = ROOT / ".cache" / "peers" / version
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(folder.parent / f"{version}.lock", timeout=PATIENCE, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        done = folder / "installed"
        if not done.exists() or done.read_text() != repr(REQUIREMENTS[version]):
            _install(folder, python, REQUIREMENTS[version])
            done.write_text(repr(REQUIREMENTS[version]))
    finally:
        lock.close()
    return str(python)


def _install(folder: Path, python: Path, requirements: tuple[str, ...]) -> None:
    print(f"peers: installing {requirements[0]} into {folder}", file=sys.stderr)
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *requirements], check=True)


def environment(url: str) -> dict[str, str]:
    """Variables by which DataJoint finds the server at `url`."""
    parts = urlsplit(url)
    return {
        "DJ_HOST": parts.hostname or "",
        "DJ_PORT": str(parts.port or ""),
        "DJ_USER": parts.username or "",
        "DJ_PASS": unquote(parts.password or ""),
        "DJ_BACKEND": parts.scheme,
        "DJ_DATABASE_NAME": parts.path.strip("/"),
        "DJ_LOG_LEVEL": "ERROR",
    }


class Peer:
    """A process in which DataJoint does what it is told.

    Parameters
    ----------
    version : str
    url : str
        The server that it works on.
    """

    def __init__(self, version: str, url: str) -> None:
        self.version = version
        self._process = subprocess.Popen(
            [interpreter(version), str(Path(__file__).with_name("worker.py"))],
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | environment(url),
            cwd=ROOT / ".cache",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._asked, self._answers = 0, list[tuple[Any, Any]]()

    def run(self, code: str, **values: Any) -> Any:
        """Run `code` with `values` as names; return the value of its last line.

        What one call defines the next ones know, until `forget`. DataJoint is ``dj``.

        Raises
        ------
        PeerError
            When the code raises.
        """
        return self.start(code, **values)()

    def start(self, code: str, **values: Any) -> Callable[[], Any]:
        """Begin to run `code`; call what is returned to wait for its value."""
        assert self._process.stdin is not None
        message = pickle.dumps((dedent(code), values), protocol=4)
        self._process.stdin.write(struct.pack("<q", len(message)) + message)
        self._process.stdin.flush()
        self._asked += 1
        return partial(self._answer, self._asked - 1)

    def _answer(self, number: int) -> Any:
        """The answer to one question; others before it may be of tests that have failed before they heard them."""
        while len(self._answers) <= number:
            self._answers.append(self._next())
        value, error = self._answers[number]
        if error is not None:
            raise PeerError(*error)
        return value

    def _next(self) -> tuple[Any, Any]:
        assert self._process.stdout is not None
        head = self._process.stdout.read(8)
        if len(head) < 8:
            raise RuntimeError(f"datajoint {self.version} ended with {self._process.wait()}.")
        found: tuple[Any, Any] = pickle.loads(self._process.stdout.read(*struct.unpack("<q", head)))
        return found

    def forget(self) -> None:
        """Forget all that was defined."""
        self.run("__forget__")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
