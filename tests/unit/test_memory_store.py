"""The store in memory passes what every store passes."""

from __future__ import annotations

import pytest

from labwright.core.errors import DuplicateError, MissingExternalFile
from labwright.storage.base import Store
from labwright.storage.protocols import open_store
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_suite import StoreSuite


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> Store:
        return open_store("scratch", {"protocol": "memory"})


def test_errors_name_the_store_and_near_keys() -> None:
    store = MemoryStore("scratch")
    store.put_create("scan/1", b"")
    with pytest.raises(
        MissingExternalFile, match=r"The store 'scratch' has no object 'scan/2'\. Did you mean 'scan/1'"
    ):
        store.get("scan/2")
    with pytest.raises(DuplicateError, match="The store 'scratch' has an object 'scan/1' already"):
        store.put_create("scan/1", b"")
