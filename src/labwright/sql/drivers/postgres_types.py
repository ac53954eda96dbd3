"""How values come from PostgreSQL where psycopg by itself would give something else, or be slow."""

from __future__ import annotations

from typing import Any

from labwright.sql.drivers.base import Raw


class Loaders:
    """Reads json as text, and types of the user's own as text where they can be.

    An enum has a number that only its database knows. It is learnt when the type is met first: until then its
    values are read one by one in Python, afterwards by compiled code.
    """

    def __init__(self) -> None:
        from psycopg.adapt import Loader
        from psycopg.pq import Format
        from psycopg.types.string import TextBinaryLoader, TextLoader

        self.met: set[int] = set()
        self._enums: set[int] = set()
        self._others: set[int] = set()
        self._quick = TextBinaryLoader
        meet = self._meet

        class JsonbLoader(Loader):
            format = Format.BINARY

            def load(self, data: Any) -> str:
                return str(data[1:], "utf-8")  # after the number of the format

        class UnknownLoader(Loader):
            format = Format.BINARY

            def __init__(self, oid: int, context: Any = None) -> None:
                super().__init__(oid, context)
                meet(oid, context)

            def load(self, data: Any) -> str | bytes:
                try:
                    return str(data, "utf-8")
                except UnicodeDecodeError:
                    return bytes(data)

        self._fixed: list[tuple[str | int, Any]] = [
            ("json", TextLoader),
            ("json", TextBinaryLoader),
            ("jsonb", TextLoader),
            ("jsonb", JsonbLoader),
            (0, UnknownLoader),
        ]

    def register(self, raw: Raw) -> None:
        """Have a new connection read values this way."""
        for name, loader in self._fixed:
            raw.adapters.register_loader(name, loader)
        for oid in self._enums:
            raw.adapters.register_loader(oid, self._quick)

    def learn(self, raw: Raw) -> None:
        """Ask which of the types that were met are enums; once for each type."""
        met = list(self.met)
        self.met.clear()
        found = raw.execute("SELECT oid::int8 FROM pg_type WHERE typtype = 'e' AND oid = ANY(%s)", (met,), binary=True)
        enums = {oid for (oid,) in found.fetchall()}
        self._enums |= enums
        self._others |= set(met) - enums
        for oid in enums:
            raw.adapters.register_loader(oid, self._quick)

    def _meet(self, oid: int, context: Any) -> None:
        if oid in self._enums and context is not None and context.connection is not None:
            context.connection.adapters.register_loader(oid, self._quick)
        elif oid not in self._enums and oid not in self._others and oid:
            self.met.add(oid)
