"""``datajoint.connection``: connections, and the function that remembers the one in use."""

from __future__ import annotations

from typing import Any, Final

import labwright
from labwright import Connection


class _Conn:
    """The connection of the default project, connected; see `labwright.conn`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Connection:
        return labwright.conn(*args, **kwargs)

    @property
    def connection(self) -> Connection:
        """The same; classic code reaches for it rather than calling."""
        return labwright.conn()


conn: Final = _Conn()

__all__ = ["Connection", "conn"]
