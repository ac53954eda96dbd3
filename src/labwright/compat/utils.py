"""``datajoint.utils``: names of classes and tables, and a question to the user."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from labwright import from_camel_case, to_camel_case

_PART = re.compile(r"(?P<master>`\w+`\.`#?\w+?)__\w+`")


def user_choice(prompt: str, choices: Sequence[str] = ("yes", "no"), default: str | None = None) -> str:
    """Ask until the answer is one of `choices`; an empty answer is the default."""
    shown = ", ".join(choice.title() if choice == default else choice for choice in choices)
    while (answer := input(f"{prompt} [{shown}]: ").lower() or default) not in choices:
        pass
    return str(answer)


def get_master(full_table_name: str) -> str:
    """The quoted name of a part's master; an empty text when it is no part.

    Examples
    --------
    >>> get_master("`ephys`.`session__recording`")
    '`ephys`.`session`'
    """
    match = _PART.fullmatch(full_table_name.replace('"', "`"))
    return f"{match['master']}`" if match else ""


def is_camel_case(s: str) -> bool:
    """Whether `s` may be the name of a table's class.

    Examples
    --------
    >>> is_camel_case("MouseWeight"), is_camel_case("mouse_weight")
    (True, False)
    """
    return re.fullmatch(r"[A-Z][A-Za-z0-9]*", s) is not None


def safe_write(filepath: str | Path, blob: bytes) -> None:
    """Write a file that appears whole or not at all; one that is there stays."""
    target = Path(filepath)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(target.suffix + ".saving")
        unfinished.write_bytes(blob)
        unfinished.rename(target)


def safe_copy(src: str | Path, dest: str | Path, overwrite: bool = False) -> None:
    """Copy a file so that it appears whole or not at all."""
    source, target = Path(src), Path(dest)
    if target.exists() and (target.samefile(source) or not overwrite):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(target.suffix + ".copy")
    shutil.copyfile(source, unfinished)
    unfinished.replace(target)


__all__ = [
    "from_camel_case",
    "get_master",
    "is_camel_case",
    "safe_copy",
    "safe_write",
    "to_camel_case",
    "user_choice",
]
