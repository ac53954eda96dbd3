"""The version of the code that a table runs: the source of its make, and the commit that it was checked out from."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from labwright.jobs.source import Source, source_of

PATIENCE: Final = 10
"""Seconds for git to answer; a folder on a slow file system has no commit rather than a worker that hangs."""


class Checkout(NamedTuple):
    """What git says of a folder; without git, or outside of a repository, no commit."""

    commit: str | None = None
    dirty: bool | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """The version of some code.

    Parameters
    ----------
    source : Source
    commit : str or None
        Of the repository that holds the class's module.
    dirty : bool or None
        Whether files of the repository differ from that commit.
    """

    source: Source
    commit: str | None = None
    dirty: bool | None = None

    @property
    def hash(self) -> str:
        """Equal for the same source of the same commit."""
        said = f"{self.source.hash} {self.commit} {self.dirty}"
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()

    @property
    def version(self) -> str:
        """The commit in short, as the second generation notes it; empty where there is none."""
        return (self.commit or "")[:7]


def code_of(cls: type) -> Code:
    """Return the version of the code of a table's make.

    Examples
    --------
    >>> class Square:
    ...     def make(self, key):
    ...         self.insert1({**key, "square": key["x"] ** 2})
    >>> code_of(Square).source.kind in ("source", "bytecode")
    True
    """
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return Code(source_of(cls), *checkout_of(Path(file).resolve().parent if file else Path.cwd()))


@functools.cache
def checkout_of(folder: Path) -> Checkout:
    """Return what git says of a folder; it is asked once per process, since that runs what it has read once."""
    command = ["git", "-C", str(folder), "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        told = subprocess.run(  # noqa: S603 - no shell, and git is what is meant
            command, capture_output=True, check=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        ).stdout.splitlines()  # fmt: skip
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return Checkout()
    commits = [line.split()[-1] for line in told if line.startswith("# branch.oid ")]
    if not commits or commits[0] == "(initial)":
        return Checkout()
    return Checkout(commits[0], any(not line.startswith("#") for line in told))
