"""What ``labwright doctor`` asks of the machine: Python, packages, room on the disks."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from labwright._version import __version__
from labwright.cli.finding import Finding, Level
from labwright.sql.url import DatabaseUrl

REQUIRED: Final = ("numpy", "pydantic", "rich", "typer")
OPTIONAL: Final = {
    "psycopg": "postgres",
    "psycopg-pool": "postgres",
    "mysqlclient": "mysql-fast",
    "pymysql": "mysql",
    "pandas": "pandas",
    "polars": "polars",
    "pyarrow": "arrow",
    "matplotlib": "demo",
    "scikit-image": "demo",
    "ipython": "",
}
"""Packages that some features need, and the extra of Labwright that installs each."""
_DRIVERS: Final = {"postgres": (("psycopg",), "postgres"), "mysql": (("mysqlclient", "pymysql"), "mysql")}

LITTLE: Final = 1 << 30
"""Bytes below which a disk is worth a warning."""
TOO_LITTLE: Final = 100 << 20
"""Bytes below which nothing can be relied on."""


def check_python() -> Finding:
    """Which Python this is; one that is too old could not have come this far."""
    system = f"{platform.system()} {platform.release()}"
    return Finding("ok", "python", f"Python {platform.python_version()}, Labwright {__version__}, on {system}")


def check_packages(url: DatabaseUrl | None) -> Iterator[Finding]:
    """Which packages there are, and whether the database's driver is among them."""
    found = {name: installed(name) for name in (*REQUIRED, *OPTIONAL)}
    there = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    yield Finding("ok", "packages", there)
    if lacking := [name for name in REQUIRED if not found[name]]:
        advice = f"Install what is missing with: pip install {' '.join(lacking)}"
        yield Finding("problem", "packages", f"Labwright cannot work without {', '.join(lacking)}.", advice)
    absent = [f"{name} ({extra})" if extra else name for name, extra in OPTIONAL.items() if not found[name]]
    if absent:
        yield Finding("ok", "packages", f"not installed, and needed for some things only: {', '.join(absent)}")
    if url is not None and url.backend in _DRIVERS:
        names, extra = _DRIVERS[url.backend]
        if not any(found[name] for name in names):
            advice = f"Install it with: pip install 'labwright[{extra}]'"
            yield Finding("problem", "packages", f"{url} needs the package {' or '.join(names)}.", advice)


def installed(name: str) -> str | None:
    """Return the version of an installed package.

    Examples
    --------
    >>> installed("a-package-of-this-name") is None
    True
    """
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_room(folders: Iterable[Path]) -> Iterator[Finding]:
    """How much room there is where data are kept, each disk once."""
    seen = set()
    for folder in map(nearest, folders):
        device = folder.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield room(folder, shutil.disk_usage(folder).free)


def room(folder: Path, free: int) -> Finding:
    """Judge the room on one disk.

    Examples
    --------
    >>> room(Path("data"), 2 * 10**8).level
    'warning'
    """
    text = f"{free / 2**30:.1f} GiB are free for {folder}"
    if free >= LITTLE:
        return Finding("ok", "disk", text)
    level: Level = "problem" if free < TOO_LITTLE else "warning"
    return Finding(level, "disk", f"{text}.", "Free some, or move the data to another disk.")


def nearest(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    return next(p for p in (folder.absolute(), *folder.absolute().parents) if p.is_dir())
