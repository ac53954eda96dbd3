"""The files of a new project: settings, a folder for secrets, and what version control is to pass over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from labwright.core.errors import ConfigError
from labwright.sql.url import DatabaseUrl
from labwright.tables.settings_files import SECRETS_NAME, TOML_NAME
from labwright.tables.textfile import make_private_folder, write_text

_IGNORED = (f"{SECRETS_NAME}/", ".labwright/")

_TEMPLATE = """\
# Labwright's settings for this project. 'labwright doctor --settings' lists every setting.
# The pipeline's code is the same on a laptop and in a lab: only this file differs.

# The profile in use; the environment variable LABWRIGHT_PROFILE overrules it.
profile = {profile}

# What all profiles share. Deleting and dropping ask first.
safemode = true

[laptop.database]
url = {embedded}

[laptop.stores]
default = "local"

[laptop.stores.local]
protocol = "file"
location = ".labwright/store"

# A server. Its password goes into the file .secrets/database.password, never here.
{mark}[lab.database]
{mark}url = {server}
#
# [lab.stores]
# default = "main"
#
# [lab.stores.main]
# protocol = "s3"
# endpoint = "s3.example.org"
# bucket = "lab"
# location = "project"
# The keys go into .secrets/stores.main.access_key and .secrets/stores.main.secret_key.

# Names of your own, for the pipeline's code: lw.config["custom"]["raw_data"]
[custom]
"""


_EMBEDDED = "sqlite:///.labwright/labwright.db"
_SERVER = "postgresql://user@host:5432/database"


def init_project(
    folder: str | Path, *, overwrite: bool = False, database: DatabaseUrl | None = None
) -> tuple[Path, ...]:
    """Write the settings of a new project, and return the files that were written.

    Nothing that is there is lost: an existing ``.gitignore`` is added to, and existing settings are an error.

    Parameters
    ----------
    folder : path
        The project's folder; made when missing.
    overwrite : bool
        Whether existing settings are replaced.
    database : DatabaseUrl, optional
        Where the data are; a SQLite file under ``.labwright/`` by default. A password becomes a secret of its own.

    Raises
    ------
    ConfigError
        If there are settings already, or the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> [path.name for path in init_project(tempfile.mkdtemp())]
    ['labwright.toml', '.gitignore', '.gitignore']
    """
    root = Path(folder)
    settings = root / TOML_NAME
    if settings.exists() and not overwrite:
        raise ConfigError(f"There are settings already: {settings}. Edit them, or choose another folder.")
    try:
        return _write(root, settings, database)
    except OSError as error:
        raise ConfigError(f"The project's files cannot be written to {root}: {error.strerror or error}.") from error


def _write(root: Path, settings: Path, database: DatabaseUrl | None) -> tuple[Path, ...]:
    root.mkdir(parents=True, exist_ok=True)
    write_text(settings, _filled(database))
    secrets = {"database.password": database.password} if database is not None and database.password else {}
    written = [settings, *write_secrets(root / SECRETS_NAME, secrets)]
    if add_ignored(root / ".gitignore"):
        written.append(root / ".gitignore")
    return tuple(written)


def _filled(database: DatabaseUrl | None) -> str:
    """The settings for a database: a file is a laptop's, a server is a lab's."""
    plain = None if database is None else str(replace(database, password=""))
    server = database is not None and database.backend != "sqlite"
    values = {
        "profile": "lab" if server else "laptop",
        "embedded": _EMBEDDED if server or plain is None else plain,
        "server": plain if server else _SERVER,
    }
    # A text in JSON is one in TOML.
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    return _TEMPLATE.format(mark="" if server else "# ", **texts)


def write_secrets(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write secrets, one a file, into a folder that only its owner may open and git passes over."""
    make_private_folder(folder)
    texts = {} if (folder / ".gitignore").exists() else {".gitignore": "# Secrets stay here.\n*\n"}
    for name, text in {**texts, **files}.items():
        write_text(folder / name, text, private=True)
    return tuple(folder / name for name in (*texts, *files))


def add_ignored(path: Path) -> bool:
    """Add Labwright's folders to a ``.gitignore``; False if they are there already."""
    old = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    lines = {line.strip().lstrip("/") for line in old.splitlines()}
    new = [name for name in _IGNORED if name not in lines]
    if new:
        gap = "\n" if old and not old.endswith("\n") else ""
        write_text(path, f"{old}{gap}{chr(10).join(new)}\n")
    return bool(new)
