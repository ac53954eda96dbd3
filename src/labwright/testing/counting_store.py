"""A store that counts what is fetched from it, for tests of laziness."""

from __future__ import annotations

from labwright.storage.counting import CountingStore

__all__ = ["CountingStore"]
