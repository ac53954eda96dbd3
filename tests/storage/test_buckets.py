"""Buckets of S3 and Azure, on servers that speak their protocols, and files of a web server."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from tests.storage.servers import (
    ACCOUNT_KEY,
    WebServer,
    azure_server,
    forgetful_s3_server,
    free_port,
    make_bucket,
    make_container,
    s3_server,
    silent_server,
    web_server,
)

from labwright.core.errors import BucketInaccessible, ConfigError
from labwright.storage import buckets
from labwright.storage.base import ByteRange, Capabilities, Store
from labwright.storage.objects import AT_ONCE, PART
from labwright.storage.probe import REMEMBERED, probe, recall
from labwright.storage.protocols import open_store
from labwright.testing.store_suite import DownSuite, ReadableStoreSuite, StoreSuite, shown_of

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
        store.delete(REMEMBERED)
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


def test_a_container_that_is_not_there_is_told(azure: str) -> None:
    store = open_store("azure", azure_settings(azure, "no-such-container"))
    with pytest.raises(BucketInaccessible, match="The store 'azure' cannot be used, at 'a': its bucket is not there"):
        store.put_create("a", b"abc")


def test_a_key_that_is_wrong_is_told_and_not_shown(azure: str) -> None:
    settings = azure_settings(azure)
    wrong = base64.b64encode(b"not the key of the account").decode()
    settings["connection_string"] = settings["connection_string"].replace(ACCOUNT_KEY, wrong)
    store = open_store("azure", settings)
    with pytest.raises(BucketInaccessible, match=r"'azure' cannot be used, at 'a': .*403 Forbidden") as caught:
        store.put_create("a", b"abc")
    assert wrong not in shown_of(caught.value)


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


def test_a_range_is_one_request(web: WebServer) -> None:
    (web.folder / "a").write_bytes(b"0123456789")
    store = open_store("web", {"protocol": "http", "url": web.url})
    assert list(store.get_ranges("a", [ByteRange(2, 4)])) == [b"23"]
    assert web.requests == ["GET bytes=2-3"]


def test_near_ranges_are_read_together(web: WebServer) -> None:
    (web.folder / "a").write_bytes(bytes(range(250)) * 4000)
    store = open_store("web", {"protocol": "http", "url": web.url})
    store.get_ranges("a", [ByteRange(start, start + 10) for start in range(0, 10_000, 100)])
    assert web.requests == ["GET bytes=9900-9909", "GET bytes=0-9809"]


def test_a_server_without_ranges_is_read_from_whole(web: WebServer) -> None:
    web.ranges = False
    (web.folder / "a").write_bytes(b"0123456789")
    store = open_store("web", {"protocol": "http", "url": web.url})
    assert list(store.get_ranges("a", [ByteRange(2, 4), ByteRange(0, 1)])) == [b"23", b"0"]


def test_a_token_opens_a_web_server_and_is_not_shown(web: WebServer) -> None:
    web.token = "ToKeN"
    (web.folder / "a").write_bytes(b"abc")
    assert open_store("web", {"protocol": "http", "url": web.url, "token": "ToKeN"}).get("a") == b"abc"
    wrong = open_store("web", {"protocol": "http", "url": web.url, "token": "WrOnG"})
    with pytest.raises(BucketInaccessible, match="The store 'web' cannot be used, at 'a'") as caught:
        wrong.get("a")
    assert "WrOnG" not in shown_of(caught.value)


def test_what_is_cut_off_is_told(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(buckets._RETRIES, "max_retries", 0)
    web.cut = True
    (web.folder / "a").write_bytes(b"0123456789" * 100)
    store = open_store("web", {"protocol": "http", "url": web.url})
    with pytest.raises(BucketInaccessible, match="at 'a'"):
        store.get("a")
    with pytest.raises(BucketInaccessible, match="at 'a'"):
        store.get_ranges("a", [ByteRange(5, 900)])


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for long."""
    monkeypatch.setitem(buckets._READING, "read_timeout", "1s")
    monkeypatch.setitem(buckets._WRITING, "timeout", "1s")
    monkeypatch.setitem(buckets._RETRIES, "max_retries", 1)


@pytest.mark.usefixtures("hasty")
class TestS3Silent(DownSuite):
    """A server that never answers is not waited for for ever."""

    secrets = (SECRET, KEY_NAME)

    @pytest.fixture
    def down(self) -> Iterator[Store]:
        with silent_server() as address:
            yield open_store("cloud", s3_settings(address, "bucket"))


class TestForgetfulS3(StoreSuite):
    """A server that overwrites although it is told not to is found out."""

    @pytest.fixture
    def store(self, s3: str) -> Iterator[Store]:
        with forgetful_s3_server(s3) as (address, _):
            store = open_store("cloud", s3_settings(s3) | {"endpoint": address})
            assert not store.capabilities.create_only
            store.delete(REMEMBERED)
            yield store


def test_what_was_found_out_is_remembered(s3: str) -> None:
    settings = s3_settings(s3)
    with forgetful_s3_server(s3) as (address, seen):
        first = open_store("cloud", settings | {"endpoint": address})
        assert not seen
        first.put_create("a", b"abc")
        assert [info.key for info in first.list()] == [REMEMBERED, "a"]
        seen.clear()
        second = open_store("cloud", settings | {"endpoint": address})
        second.put_create("b", b"abc")
        assert [request.partition(" ")[0] for request in seen] == ["GET", "HEAD", "PUT"]
        assert second.capabilities == recall(second) == Capabilities(create_only=False, signing=True)


def test_a_probe_leaves_nothing(s3: str) -> None:
    store = open_store("cloud", s3_settings(s3))
    assert probe(store) == Capabilities(signing=True)
    store.delete(REMEMBERED)
    assert list(store.list()) == []


def test_a_bucket_that_is_not_there_is_told(s3: str) -> None:
    store = open_store("cloud", s3_settings(s3, "no-such-bucket"))
    for act in (store.get, lambda key: store.put_create(key, b"abc"), lambda key: list(store.list(key))):
        with pytest.raises(BucketInaccessible, match=r"'cloud' cannot be used, at .*its bucket is not there"):
            act("a")


@pytest.mark.parametrize(
    "settings",
    [
        {"protocol": "azure", "container": "c", "account_key": "KeY!"},
        {"protocol": "gcs", "bucket": "b", "token": '{"private_key": "KeY!"}'},
        {"protocol": "http", "url": "KeY!"},
    ],
    ids=lambda settings: settings["protocol"],
)
def test_settings_that_are_wrong_are_not_shown(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"The store 'x' cannot be opened with its settings .*\[stores.x\]") as caught:
        open_store("x", settings)
    assert "KeY!" not in str(caught.value)


def test_a_stream_takes_little_memory(s3: str) -> None:
    """Nobody keeps the bytes here: what this process takes more is what the stream takes."""
    program = Path(__file__).with_name("stream_process.py")
    settings = json.dumps(s3_settings(s3))
    grown = subprocess.run([sys.executable, program, settings, "300"], capture_output=True, text=True, check=True)
    assert int(grown.stdout) < 60_000  # kilobytes


def forked(store: Store, answer: Connection) -> None:
    try:
        answer.send(store.get("a"))
    except BucketInaccessible as error:
        answer.send(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_process_is_told_to_begin_anew(s3: str) -> None:
    store = open_store("bucket", s3_settings(s3))
    store.put_create("a", b"1")
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=forked, args=(store, there))
    process.start()
    try:
        assert here.poll(30)
        assert re.search(r"'bucket' cannot be used, at 'a'.*get_context\('spawn'\)", here.recv())
    finally:
        process.kill()
        process.join()
    assert store.get("a") == b"1"
