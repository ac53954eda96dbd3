"""Keys that workers of other programs hold: they are reserved there as well, so that nobody computes one twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from labwright.core.errors import DuplicateError
from labwright.core.generation import CLASSIC
from labwright.define.service_tables import JOBS
from labwright.define.table import TableDef
from labwright.jobs.job import WorkerId
from labwright.sql.database import Database
from labwright.sql.peer_jobs import Entry, PeerJobs, entry, holder, peers_of
from labwright.sql.statement import Statement
from labwright.tables.tiers import tiers

Key = Mapping[str, Any]
PAUSE: Final = 2.0
"""Seconds before a key is asked for again that somebody else holds."""


class Peers:
    """The tables of jobs that other programs keep for a table that fills itself.

    Parameters
    ----------
    database : Database
    found : sequence of PeerJobs
    """

    def __init__(self, database: Database, found: Sequence[PeerJobs]) -> None:
        self._database = database
        self._found = tuple(found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def take(self, key: Key, worker: WorkerId) -> Entry | None:
        """Reserve a key; return what stands in the way, where something does."""
        who = holder(worker.user, worker.host, worker.pid, worker.version)
        for index, peer in enumerate(self._found):
            if not self._taken(peer, key, who):
                self._run(taken.let_go(key) for taken in self._found[:index])
                return self._look(peer, key)
        return None

    def _taken(self, peer: PeerJobs, key: Key, who: Mapping[str, Any]) -> bool:
        ways = (self._take, self._enter) if peer.lists_all else (self._enter, self._take)
        return any(way(peer, key, who) for way in ways)

    def _take(self, peer: PeerJobs, key: Key, who: Mapping[str, Any]) -> bool:
        return bool(self._run([peer.take(key, who)]))

    def _enter(self, peer: PeerJobs, key: Key, who: Mapping[str, Any]) -> bool:
        try:
            return bool(self._run([peer.enter(key, who)]))
        except DuplicateError:
            return False

    def _look(self, peer: PeerJobs, key: Key) -> Entry:
        rows = self._database.look_up(peer.look(key))
        return entry(rows[0]) if rows else Entry("pending", "", "", 0, "", "")  # somebody was done meanwhile

    def entries(self, key: Key) -> list[Entry]:
        """What they say of a key."""
        return [entry(row) for peer in self._found for row in self._database.look_up(peer.look(key))]

    def done(self, keys: Iterable[Key]) -> list[Statement]:
        """What is to be run with the results of keys."""
        return [peer.done(key) for key in keys for peer in self._found]

    def let_go(self, keys: Iterable[Key]) -> None:
        """Let anybody have keys that workers of ours held."""
        self._run(peer.let_go(key) for key in keys for peer in self._found)

    def failed(self, key: Key, message: str, stack: str) -> None:
        """Note an error."""
        self._run(peer.failed(key, message, stack) for peer in self._found)

    def ignore(self, key: Key) -> None:
        """Let nobody compute a key."""
        for peer in self._found:
            if not self._run([peer.update(key, {"status": "ignore"})]):
                self._run([peer.add(key, {"status": "ignore"})])

    def clear(self, keys: Iterable[Key]) -> None:
        """Forget that keys failed, or are to be ignored."""
        self._run(peer.clear(key) for key in keys for peer in self._found)

    def known(self, keys: Sequence[Key]) -> list[set[str]]:
        """What they say of keys: statuses, and ``ours`` for one that a worker of ours holds; empty where it is free."""
        found: list[set[str]] = [set() for _ in keys]
        for peer in self._found:
            rows = self._database.look_up(peer.known())
            said = {peer.read(row[:-2]): Entry(row[-2], row[-1], "", 0, "", "") for row in rows}
            for key, states in zip(keys, found, strict=True):
                told = said.get(peer.ident(key))
                if told is not None:
                    states.add("ours" if told.is_ours else told.status)
        return found

    def held(self) -> list[dict[str, Any]]:
        """The keys that workers of ours hold there."""
        return [key for peer in self._found for key in peer.keys(self._database.look_up(peer.held()))]

    def _run(self, statements: Iterable[Statement]) -> int:
        execute = self._database.connection.execute
        return sum(execute(s.sql, s.params, write=True).rowcount for s in statements)


def find_peers(database: Database, jobs: TableDef, target: Any) -> Peers:
    """Look which there are; in the classic generation there always is one, as programs look into it.

    Parameters
    ----------
    database : Database
    jobs : TableDef
        Our table of jobs.
    target : AutoPopulate
        The table that is filled.
    """
    if target.generation == CLASSIC:
        service: Any = tiers["service"]
        service(target.project, f"{target.id.schema}.{JOBS}", generation=CLASSIC).ready()
    key = [jobs.heading[n] for n in jobs.heading.primary_key]
    return Peers(database, peers_of(database.connection, database.dialect, target.id, key))
