"""What ``labwright doctor`` asks of the database."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from labwright.cli.check_machine import nearest
from labwright.cli.finding import Finding
from labwright.core.errors import LabwrightError
from labwright.sql.ddl_writer import FORMAT
from labwright.sql.drives import network_drive
from labwright.sql.health import OLDEST, has_range_constraints, is_too_old, server_settings, service_versions
from labwright.sql.rights import SCHEMAS, Right, rights
from labwright.sql.service import is_newer
from labwright.sql.url import DatabaseUrl
from labwright.tables.project import Project

PACKET: Final = 64 << 20
"""Bytes that one value may have at least on MySQL and MariaDB without a warning."""
_TITLES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}


def check_database(project: Project, url: DatabaseUrl) -> Iterator[Finding]:
    """Whether the database answers, is new enough, lets us work, and is of our version."""
    if url.backend == "sqlite" and not url.in_memory:
        found = _check_file(Path(url.path))
        yield from found
        if not Path(url.path).exists() or any(f.level == "problem" for f in found):
            return
    try:
        project.connection.connect()
    except LabwrightError as error:
        message, _, advice = str(error).partition(". ")
        yield Finding("problem", "database", f"{message.rstrip('.')}.", advice)
        return
    yield Finding("ok", "database", f"{url} answers")
    yield from _parts(project)


def _parts(project: Project) -> Iterator[Finding]:
    for check in (_check_version, _check_server, _check_rights, _check_rules, _check_service):
        try:
            yield from check(project)
        except LabwrightError as error:
            yield Finding("problem", "database", str(error), "See the message; the other checks went on without it.")


def _check_file(path: Path) -> list[Finding]:
    kind, folder = network_drive(path), nearest(path.parent)
    if kind is not None:
        advice = "Keep it on a disk of this machine, or use PostgreSQL or MySQL for several machines."
        return [Finding("problem", "database", f"The SQLite file {path} is on a network drive ({kind}).", advice)]
    if not os.access(folder, os.W_OK):
        return [Finding("problem", "database", f"{folder} cannot be written to.", f"Allow writing to {folder}.")]
    return [] if path.exists() else [Finding("ok", "database", f"sqlite:///{path} is made at first use")]


def _check_version(project: Project) -> Iterator[Finding]:
    version = project.connection.server_version
    title = _TITLES[version.product]
    if is_too_old(version):
        oldest = ".".join(map(str, OLDEST[version.product]))
        yield Finding(
            "problem", "version", f"This is {title} {version}; Labwright needs {oldest}.", f"Upgrade {title}."
        )
    else:
        yield Finding("ok", "version", f"{title} {version}")


def _check_rights(project: Project) -> Iterator[Finding]:
    found = rights(project.connection, project.database.dialect)
    # Where tables are not to be made, somebody else makes them.
    declares = bool(project.config["database.create_tables"])
    if able := [right.what for right in found if right.answer == "yes"]:
        yield Finding("ok", "rights", f"may {', '.join(able)}")
    for right in found:
        if right.answer != "yes":
            yield _lacking(right, needed=declares and _is_needed(right, found))


def _is_needed(right: Right, found: Iterable[Right]) -> bool:
    """Whether nothing can be declared without it; schemas of other people, and new ones beside one's own, are not."""
    has_place = any(r.answer == "yes" and r.schema is not None for r in found)
    return right.schema is None and not (right.what == SCHEMAS and has_place)


def _lacking(right: Right, *, needed: bool) -> Finding:
    if right.answer == "unknown":
        return Finding("warning", "rights", f"It is not known whether this user may {right.what}.", right.advice)
    advice = f"Ask the administrator for: {right.advice}" if right.advice.startswith("GRANT") else right.advice
    return Finding("problem" if needed else "warning", "rights", f"This user may not {right.what}.", advice)


def _check_server(project: Project) -> Iterator[Finding]:
    settings = server_settings(project.connection)
    found = [*judged(settings)]
    yield from found
    if settings and not found:
        yield Finding("ok", "server", ", ".join(f"{name} {value}" for name, value in sorted(settings.items())))


def _check_rules(project: Project) -> Iterator[Finding]:
    if project.connection.backend == "postgres" and not has_range_constraints(project.connection):
        advice = "For constraints, ask the administrator for: CREATE EXTENSION btree_gist"
        yield Finding("warning", "rules", "Rules on intervals are held by triggers here, which is slower.", advice)


def judged(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Judge the settings of a server.

    Examples
    --------
    >>> [finding.level for finding in judged({"server_encoding": "LATIN1"})]
    ['problem']
    """
    yield from _judged_postgres(settings)
    yield from _judged_mysql(settings)


def _judged_postgres(settings: Mapping[str, str]) -> Iterator[Finding]:
    encoding = settings.get("server_encoding", "UTF8")
    if encoding != "UTF8":
        advice = "Make another database with: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
        yield Finding("problem", "server", f"The database is encoded in {encoding}; Labwright needs UTF8.", advice)
    if settings.get("in_hot_standby") == "on":
        yield Finding("warning", "server", "This server is a read-only copy.", "Connect to the primary one.")
    if settings.get("default_transaction_read_only") == "on":
        advice = "To write, ask for: ALTER ROLE ... SET default_transaction_read_only = off"
        yield Finding("warning", "server", "Transactions are read-only here unless they say otherwise.", advice)


def _judged_mysql(settings: Mapping[str, str]) -> Iterator[Finding]:
    packet = int(settings.get("max_allowed_packet", PACKET))
    if packet < PACKET:
        advice = f"For larger blobs, ask for: SET GLOBAL max_allowed_packet = {1 << 30}"
        yield Finding("warning", "server", f"A row may have {packet / 2**20:.0f} MiB (max_allowed_packet).", advice)
    if settings.get("log_bin") == "ON" and settings.get("log_bin_trust_function_creators") == "OFF":
        advice = "For rules held by triggers, ask for: SET GLOBAL log_bin_trust_function_creators = 1"
        yield Finding("warning", "server", "Triggers need more than the right TRIGGER, as changes are logged.", advice)
    charset = settings.get("character_set_server", "utf8mb4")
    if charset != "utf8mb4":
        collation = settings.get("collation_server", "")
        advice = "Tables of Labwright are utf8mb4 all the same; for those of others: character-set-server = utf8mb4"
        yield Finding("warning", "server", f"The server's character set is {charset} ({collation}).", advice)
    if settings.get("default_storage_engine", "InnoDB") != "InnoDB":
        engine = settings["default_storage_engine"]
        advice = "Tables of Labwright are InnoDB all the same; for those of others: default-storage-engine = InnoDB"
        yield Finding("warning", "server", f"The default storage engine is {engine}.", advice)
    if settings.get("read_only", "OFF") not in ("OFF", "0", "NO_LOCK"):
        yield Finding("warning", "server", "This server can only be read.", "Connect to the primary one.")


def _check_service(project: Project) -> Iterator[Finding]:
    database = project.database
    versions = service_versions(database.connection, database.dialect, database.schemas())
    yield from _judged_versions(versions)
    current = [schema for schema, version in versions.items() if version == FORMAT]
    if current:
        yield Finding("ok", "schemas", f"{', '.join(current)}: version {FORMAT}")
    if not versions:
        yield Finding("ok", "schemas", "none of Labwright's yet")


def _judged_versions(versions: Mapping[str, str | None]) -> Iterator[Finding]:
    for schema, version in versions.items():
        if version is None:
            advice = f"Ask the owner for the right to read the tables of {schema!r}."
            yield Finding("warning", "schemas", f"The version of schema {schema!r} cannot be read.", advice)
        elif version != FORMAT and is_newer(version):
            advice = "Upgrade Labwright with: pip install --upgrade labwright"
            text = f"Schema {schema!r} is of version {version}; this Labwright knows {FORMAT}."
            yield Finding("problem", "schemas", text, advice)
        elif version != FORMAT:
            text = f"Schema {schema!r} is of version {version}; this Labwright writes {FORMAT}."
            yield Finding("problem", "schemas", text, "Upgrade it with: labwright upgrade")
