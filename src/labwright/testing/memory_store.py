"""A store in memory, for tests."""

from __future__ import annotations

from labwright.storage.memory import MemoryStore

__all__ = ["MemoryStore"]
