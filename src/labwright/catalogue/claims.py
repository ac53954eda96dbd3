"""Who uses a store: each schema leaves a claim in it, so that nobody collects what others need."""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from labwright.core.errors import ConfigError, DataError, DuplicateError, LabwrightError, MissingExternalFile
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.object_references import identity
from labwright.sql.objects import STORE, add_claim, change_claim, claims_of
from labwright.storage.base import Store
from labwright.storage.files import FileStore
from labwright.storage.layout import OWN
from labwright.storage.stores import OpenStore, Stores

logger = logging.getLogger(__name__)
FOLDER: Final = f"{OWN}/claims/"
_TRIES: Final = 5
"""So often claims are looked at that other collections are putting anew."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a schema leaves in a store.

    Parameters
    ----------
    number : str
        What tells it from all others.
    schema : str
    database : str
        What tells the database from its copies elsewhere.
    follows : str
        The number of the claim that it was made in place of, if any. A database that was copied, with all that it
        tells of itself, knows its own of two that follow the same.
    """

    number: str
    schema: str
    database: str
    follows: str = ""

    @property
    def key(self) -> str:
        """Where the store has it."""
        return f"{FOLDER}{self.number}.json"

    def __str__(self) -> str:
        return f"{self.number} (schema {self.schema!r} of {self.database})"


def make_claim(database: Database, schema: str, opened: OpenStore) -> None:
    """Say in the store that the schema uses it, and in the schema by which claim, unless others do it meanwhile."""
    with suppress(DuplicateError):
        leave_claim(database, schema, opened)


def leave_claim(database: Database, schema: str, opened: OpenStore) -> Claim:
    """The same where nobody has, and return the claim."""
    claim = _put(database, opened, secrets.token_hex(16), schema)
    try:
        database.connection.execute(add_claim(database.dialect, schema), (opened.name, claim.number), write=True)
    except BaseException:
        opened.store.delete(claim.key)  # nobody knows it
        raise
    return claim


def _put(database: Database, opened: OpenStore, number: str, schema: str, follows: str = "") -> Claim:
    claim = Claim(number, schema, _here(database, opened), follows)
    content = {"schema": schema, "database": claim.database} | ({"follows": follows} if follows else {})
    opened.store.put_create(claim.key, json.dumps(content).encode())
    return claim


def renew_claims(database: Database, opened: OpenStore, schemas: Collection[str]) -> None:
    """Put new claims in place of those that were found, so that a copy of this database finds its own gone.

    It is cut off at any time: what a claim of ours has followed, or will, is known as ours.
    """
    for schema in schemas:
        for before in _numbers(database, schema, opened.name):
            with database.connection.atomic():
                if _replace(database, opened, schema, before) is None:
                    continue  # another collection of ours has
            opened.store.delete(f"{FOLDER}{before}.json")


def keep_claim(database: Database, schema: str, opened: OpenStore) -> None:
    """Make sure that a claim is there before anything is written; where others took it away, leave another."""
    for before in _numbers(database, schema, opened.name):
        try:
            opened.store.head(f"{FOLDER}{before}.json")
        except MissingExternalFile:
            with database.connection.atomic() as connection:
                claim = _replace(database, opened, schema, before, keep=True)
                if claim is not None:
                    connection.after_rollback(partial(opened.store.delete, claim.key))


def _replace(database: Database, opened: OpenStore, schema: str, before: str, *, keep: bool = False) -> Claim | None:
    """Put another claim, unless somebody of ours has, who is waited for."""
    number, sql = secrets.token_hex(16), change_claim(database.dialect, schema)
    if not database.connection.execute(sql, (number, opened.name, before), write=True).rowcount:
        return None
    if not keep:
        opened.store.delete_many(_left_behind(opened, schema, before))
    return _put(database, opened, number, schema, before)


def _left_behind(opened: OpenStore, schema: str, number: str) -> list[str]:
    """Claims of collections that died: one that was to follow this one, and the one that it has followed."""
    found = [claim for claim in claims_in(opened.store) if claim.schema == schema]
    older = {claim.follows for claim in found if claim.number == number}
    return [claim.key for claim in found if claim.follows == number or claim.number in older]


def _here(database: Database, opened: OpenStore) -> str:
    """What tells the database from its copies elsewhere; a file beside its store may move together with it."""
    found, store = identity(database.connection, database.dialect), opened.store
    if isinstance(store, FileStore) and not database.dialect.native_schemas and not database.connection.url.in_memory:
        return os.path.relpath(found, store.folder)
    return found


def claims_in(store: Store) -> Iterator[Claim]:
    """Yield the claims that a store holds.

    Raises
    ------
    DataError
        When one cannot be read.
    """
    for info in store.list(FOLDER):
        try:
            content = json.loads(store.get(info.key))
            number = info.key.removeprefix(FOLDER).removesuffix(".json")
            follows = str(content.get("follows", ""))
            yield Claim(number, str(content["schema"]), str(content["database"]), follows)
        except MissingExternalFile:  # it was taken back at this moment
            continue
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"The claim {info.key!r} in the store {store.name!r} cannot be read: {error!r}.") from error


def check_claims(database: Database, opened: OpenStore, schemas: Collection[str]) -> list[str]:
    """Make sure that all who use a store are known here, and return their schemas.

    Raises
    ------
    ConfigError
        When a schema uses it that is not among `schemas`, or one of another database, or of a copy of this one.
    """
    for left in reversed(range(_TRIES)):
        try:
            return _checked(database, opened, schemas)
        except ConfigError:
            if not left:
                raise
    raise AssertionError


def _checked(database: Database, opened: OpenStore, schemas: Collection[str]) -> list[str]:
    here = _here(database, opened)
    known = {number: schema for schema in schemas for number in _numbers(database, schema, opened.name)}
    found = list(claims_in(opened.store))
    before = {claim.follows for claim in found if claim.number in known}
    copies = [c for c in found if c.follows and not {c.number, c.follows} & known.keys() and c.number not in before]
    hiding = database.dialect.name == "mysql"  # elsewhere a schema that is not seen is gone: ours was renamed
    others = [c for c in found if (hiding or c.number not in known) and c.schema not in schemas]
    strangers = [claim for claim in found if claim.database != here or claim in others or claim in copies]
    if strangers:
        raise ConfigError(
            f"The store {opened.name!r} is used by others than the schemas that are seen here, so nobody can say from "
            f"here what is garbage. It is claimed by: {'; '.join(map(str, strangers))}. Collect the garbage as "
            "somebody who may read them all. If one of these is gone for good, or has moved here, say so with: "
            f"labwright store release {opened.name} {strangers[0].number}"
            + " This database seems to have been copied, or restored to what it was some time ago."
            * bool(copies)
        )
    missing = sorted(set(known) - {claim.number for claim in found})
    if missing:
        raise ConfigError(
            f"The store {opened.name!r} lacks the claim of the schema {known[missing[0]]!r}: it may be another store "
            f"than the one that was filled; look at its settings (stores.{opened.name}). Or a copy of this database "
            "has taken it. Whatever is put next claims the store again."
        )
    return sorted(set(known.values()))


def _numbers(database: Database, schema: str, store: str) -> list[str]:
    return [str(n) for name, n in database.look_up(claims_of(database.dialect, schema)) if name == store]


def claims_by_store(database: Database, schema: str) -> list[tuple[str, str]]:
    """Return the stores that a schema uses, each with the number of its claim."""
    if STORE not in table_names(database.connection, database.dialect, schema):
        return []
    return [(str(store), str(number)) for store, number in database.look_up(claims_of(database.dialect, schema))]


def take_back(stores: Stores, claims: Collection[tuple[str, str]]) -> None:
    """Delete the claims of a schema that is gone; one in a store that cannot be reached is to be released by hand."""
    for name, number in claims:
        try:
            stores(name).store.delete(f"{FOLDER}{number}.json")
        except LabwrightError as error:
            logger.warning(
                "The claim of the dropped schema stays in the store %r. Take it back with: labwright store release "
                "%s %s (%s)", name, name, number, error, extra={"action": "drop"},
            )  # fmt: skip


def release(database: Database, opened: OpenStore, number: str, schemas: Collection[str]) -> Claim:
    """Take a claim away: of a schema that is gone, or make it that of this database, to which it has moved.

    Returns
    -------
    Claim
        As it was.

    Raises
    ------
    MissingExternalFile
        When the store has no such claim.
    """
    claim = next((c for c in claims_in(opened.store) if c.number == number), None)
    if claim is None:
        raise MissingExternalFile(f"The store {opened.name!r} has no claim {number!r}.")
    moved = [schema for schema in schemas if number in _numbers(database, schema, opened.name)]
    opened.store.delete(claim.key)
    for schema in moved:  # there is one, which may have another name now
        _put(database, opened, number, schema)
    if not moved and claim.schema in schemas:  # of a copy of this database
        keep_claim(database, claim.schema, opened)
    return claim
