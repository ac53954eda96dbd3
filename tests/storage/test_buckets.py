"""Buckets of S3 and Azure, on servers that speak their protocols, and files of a web server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from tests.storage.servers import (
    ACCOUNT_KEY,
    WebServer,
    azure_server,
    free_port,
    make_bucket,
    make_container,
    s3_server,
    web_server,
)

from labwright.storage.base import Store
from labwright.storage.objects import AT_ONCE, PART
from labwright.storage.protocols import open_store
from labwright.testing.store_suite import DownSuite, ReadableStoreSuite, StoreSuite

SECRET = "tHe/SeCrEt+kEy"
KEY_NAME = "AKIATHENAME"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


def s3_settings(address: str, bucket: str = "") -> dict[str, Any]:
    name = bucket or f"b{uuid.uuid4().hex}"
    if not bucket:
        make_bucket(address, name)
    return {
        "protocol": "s3",
        "endpoint": address,
        "secure": False,
        "bucket": name,
        "location": "lab one/é",
        "access_key": KEY_NAME,
        "secret_key": SECRET,
    }


class TestS3(StoreSuite):
    @pytest.fixture
    def store(self, s3: str) -> Store:
        store = open_store("cloud", s3_settings(s3))
        assert store.capabilities.create_only  # found out, and remembered in the store
        store.delete("_labwright/capabilities.json")
        return store

    def test_no_part_is_left_of_a_broken_stream(self, s3: str) -> None:
        def chunks() -> Iterator[bytes]:
            yield bytes(PART * (AT_ONCE + 2))
            raise ConnectionError("the source is gone")

        settings = s3_settings(s3)
        with pytest.raises(ConnectionError):
            open_store("cloud", settings).put_stream("a", chunks())
        with urlopen(f"http://{s3}/{settings['bucket']}?uploads", timeout=10) as answer:
            assert b"<Upload>" not in answer.read()


class TestS3Down(DownSuite):
    secrets = (SECRET, KEY_NAME)

    @pytest.fixture
    def down(self) -> Store:
        return open_store("cloud", s3_settings(f"127.0.0.1:{free_port()}", "bucket"))


@pytest.fixture(scope="module")
def azure() -> Iterator[str]:
    with azure_server() as address:
        yield address


def azure_settings(address: str, container: str = "") -> dict[str, Any]:
    name = container or f"c{uuid.uuid4().hex}"
    if not container:
        make_container(address, name)
    said = f"AccountName=devstoreaccount1;AccountKey={ACCOUNT_KEY};BlobEndpoint={address};"
    return {"protocol": "azure", "container": name, "connection_string": said}


class TestAzure(StoreSuite):
    @pytest.fixture
    def store(self, azure: str) -> Store:
        return open_store("azure", azure_settings(azure))


class TestAzureDown(DownSuite):
    secrets = (ACCOUNT_KEY,)

    @pytest.fixture
    def down(self) -> Store:
        return open_store("azure", azure_settings(f"http://127.0.0.1:{free_port()}/devstoreaccount1", "container"))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as server:
        yield server


class TestWeb(ReadableStoreSuite):
    @pytest.fixture
    def store(self, web: WebServer) -> Store:
        self.folder = web.folder / "open data"
        return open_store("web", {"protocol": "http", "url": web.url, "location": "open data"})

    def fill(self, store: Store, key: str, data: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
