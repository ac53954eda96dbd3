"""Stores on file systems of fsspec: SFTP on a server of the test's own, and those that need none."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem
from tests.storage.servers import SftpServer, free_port, sftp_server

from labwright.core.errors import BucketInaccessible, ConfigError, DataJointError, MissingPackageError
from labwright.storage.base import Store
from labwright.storage.protocols import open_store
from labwright.testing.store_suite import DownSuite, StoreSuite, shown_of


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with sftp_server(tmp_path_factory.mktemp("sftp")) as server:
        yield server


def sftp_settings(server: SftpServer) -> dict[str, Any]:
    return {
        "protocol": "sftp",
        "host": "127.0.0.1",
        "port": server.port,
        "username": server.user,
        "password": server.password,
        "known_hosts": str(server.known_hosts),
        "location": f"data {uuid.uuid4().hex}",
    }


class TestSftp(StoreSuite):
    @pytest.fixture
    def store(self, sftp: SftpServer) -> Store:
        return open_store("nas", sftp_settings(sftp))

    def test_it_never_overwrites(self, store: Store) -> None:
        assert store.capabilities.create_only

    def test_it_connects_anew(self, tmp_path: Path) -> None:
        with sftp_server(tmp_path) as server:
            store = open_store("nas", sftp_settings(server))
            store.put_create("a", b"abc")
        with pytest.raises(BucketInaccessible):
            store.get("a")
        with sftp_server(tmp_path, server):
            assert store.get("a") == b"abc"


def test_a_server_that_is_not_known_is_refused(sftp: SftpServer, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    with pytest.raises(BucketInaccessible, match=r"The store 'nas' cannot be reached: .*not trusted"):
        open_store("nas", sftp_settings(sftp) | {"known_hosts": str(tmp_path / "known_hosts")}).get("a")


def test_a_wrong_password_is_told_and_not_shown(sftp: SftpServer) -> None:
    store = open_store("nas", sftp_settings(sftp) | {"password": "not-this-one"})
    with pytest.raises(BucketInaccessible, match=r"The store 'nas' cannot be reached: .*denied") as caught:
        store.get("a")
    assert "not-this-one" not in shown_of(caught.value)


class TestSftpDown(DownSuite):
    @pytest.fixture
    def down(self, sftp: SftpServer) -> Store:
        self.secrets = (sftp.password,)
        return open_store("nas", sftp_settings(sftp) | {"port": free_port()})


class TestFsspecLocal(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return open_store("files", {"protocol": "fsspec", "filesystem": "file", "location": str(tmp_path / "store")})


class TestFsspecMemory(StoreSuite):
    @pytest.fixture
    def store(self) -> Store:
        return open_store("scratch", {"protocol": "fsspec", "filesystem": "memory", "location": f"/{uuid.uuid4().hex}"})


def test_a_file_system_that_is_none_is_told() -> None:
    with pytest.raises(ConfigError, match="The store 'x' cannot be opened with its settings"):
        open_store("x", {"protocol": "fsspec", "filesystem": "no-such-system"}).get("a")
    with pytest.raises(MissingPackageError, match=r"The store 'x' needs a package that is not installed"):
        open_store("x", {"protocol": "fsspec", "filesystem": "gcs"}).get("a")


class LabAdapter:
    """Made as packages make one for DataJoint."""

    protocol = "lab"

    def validate_spec(self, spec: dict[str, Any]) -> None:
        if "shelf" not in spec:
            raise DataJointError("lab store is missing: shelf")

    def create_filesystem(self, spec: dict[str, Any]) -> Any:
        return fsspec.filesystem("memory", skip_instance_cache=True)

    def full_path(self, spec: Mapping[str, Any], relpath: str) -> str:
        return f"/{spec['shelf']}/{relpath}"


class TestDataJointAdapter(StoreSuite):
    @pytest.fixture
    def store(self) -> Store:
        path = f"{__name__}:LabAdapter"
        return open_store("lab", {"protocol": path, "shelf": uuid.uuid4().hex})


class ShortFile(MemoryFile):  # type: ignore[misc]  # the package carries no types
    """Loses its last byte when it is closed, as on a server that is full and does not say so."""

    def close(self) -> None:
        self.truncate(max(0, self.seek(0, 2) - 1))
        super().close()


class ShortFiles(MemoryFileSystem):  # type: ignore[misc]  # the package carries no types
    """A file system of such files."""

    store: ClassVar[dict[str, Any]] = {}

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        file = super()._open(path, mode, **options)
        if mode == "wb":
            file = self.store[path] = ShortFile(self, path)
        return file


class ShortAdapter(LabAdapter):
    def create_filesystem(self, spec: dict[str, Any]) -> Any:
        return ShortFiles(skip_instance_cache=True)


def test_what_the_file_system_has_lost_is_told_and_not_there() -> None:
    store = open_store("lab", {"protocol": f"{__name__}:ShortAdapter", "shelf": "short"})
    with pytest.raises(BucketInaccessible, match="Of 4 bytes at 'a/b' the store 'lab' has kept 3"):
        store.put_create("a/b", b"calm")
    assert list(store.list()) == []


def test_an_adapter_refuses_settings() -> None:
    with pytest.raises(DataJointError, match="shelf"):
        open_store("lab", {"protocol": f"{__name__}:LabAdapter"})
