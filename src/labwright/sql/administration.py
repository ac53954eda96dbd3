"""What a user does to the server itself: changing the password, and ending connections that hang."""

from __future__ import annotations

import operator
import time
from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from labwright.core.errors import LabwrightError
from labwright.sql.raw_query import RawQueries

_ID: Final[Mapping[str, str]] = MappingProxyType(
    {"mysql": "SELECT CONNECTION_ID()", "postgres": "SELECT pg_backend_pid()"}
)
_PROCESSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mysql": "SELECT id, user, host, db, command, time, state, info FROM information_schema.processlist "
        "WHERE id <> CONNECTION_ID() ORDER BY id",
        "postgres": "SELECT pid, usename::text, COALESCE(client_hostname, host(client_addr), ''), datname::text, "
        "CASE state WHEN 'active' THEN 'Query' ELSE 'Sleep' END, "
        "EXTRACT(EPOCH FROM clock_timestamp() - state_change)::bigint, state, query FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY pid",
    }
)
_NAMES: Final = ("id", "user", "host", "db", "command", "time", "state", "info")
PATIENCE: Final = 2.0
"""Seconds in which a session that is told to end is waited for."""
_END: Final[Mapping[str, str]] = MappingProxyType({"mysql": "KILL %s", "postgres": "SELECT pg_terminate_backend(%s)"})


class Administration(RawQueries):
    """What a connection does for a user beyond rows."""

    @property
    def connection_id(self) -> int:
        """The number by which the server knows the session that answers; 0 on SQLite, which has no server.

        Outside of a transaction each statement may go over another session.
        """
        return int(self.execute(_ID[self.backend]).rows[0][0]) if self.backend in _ID else 0

    def processes(self) -> list[dict[str, Any]]:
        """The other sessions at the server: id, user, host, db, command, time in seconds, state and info.

        Without the rights for more they are those of the same user.

        Raises
        ------
        LabwrightError
            On SQLite, which has no server.
        """
        return [dict(zip(_NAMES, row, strict=True)) for row in self.execute(self._at_server(_PROCESSES)).rows]

    def end_process(self, number: int) -> bool:
        """End another session; return False when there is none of this number any more.

        Raises
        ------
        LabwrightError
            When it may not be ended, and on SQLite.
        """
        sql, number = self._at_server(_END), operator.index(number)
        if not self._is_there(number):
            return False
        try:
            self.execute(sql, (number,), write=True)
        except LabwrightError:
            if self._is_there(number):
                raise
        deadline = time.monotonic() + PATIENCE
        while self._is_there(number) and time.monotonic() < deadline:
            time.sleep(0.01)
        return True

    def _is_there(self, number: int) -> bool:
        return number in [p["id"] for p in self.processes()]

    @abstractmethod
    def set_password(self, new: str) -> None:
        """Change the password of this connection's user, and use it from now on."""

    def _at_server(self, statements: Mapping[str, str]) -> str:
        if self.backend not in statements:
            raise LabwrightError("SQLite is a file without a server: it has no sessions to be listed or ended.")
        return statements[self.backend]
