"""Stores on Globus collections, against what globus-sdk gives for tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import responses
from globus_sdk.testing import get_response_set
from tests.storage.globus_service import GlobusService

from labwright.core.errors import BucketInaccessible, MissingExternalFile
from labwright.storage.base import Store
from labwright.storage.protocols import open_store
from labwright.testing.store_suite import StoreSuite

THERE, HERE = str(uuid.uuid4()), str(uuid.uuid4())
TOKEN = "ThE-ToKeN"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[GlobusService]:
    (tmp_path / "archive" / "lab").mkdir(parents=True)
    found = GlobusService({THERE: tmp_path / "archive", HERE: Path("/")})
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        found.register(mock)
        yield found


def opened(tmp_path: Path, collection: str = THERE) -> Store:
    return open_store(
        "archive",
        {
            "protocol": "globus",
            "collection": collection,
            "local_collection": HERE,
            "location": "/lab",
            "stage": str(tmp_path / "stage"),
            "token": TOKEN,
        },
    )


@pytest.mark.usefixtures("service")
class TestGlobus(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path, service: GlobusService) -> Store:
        return opened(tmp_path)


def test_jobs_are_checksummed_and_leave_nothing_on_the_way(tmp_path: Path, service: GlobusService) -> None:
    opened(tmp_path).put_create("a/b", b"abc")
    assert [job["verify_checksum"] for job in service.jobs] == [True]
    assert list((tmp_path / "stage").iterdir()) == []
    assert (tmp_path / "archive" / "lab" / "a" / "b").read_bytes() == b"abc"


def test_a_job_that_failed_is_told(tmp_path: Path, service: GlobusService) -> None:
    service.fails = "quota exceeded"
    with pytest.raises(BucketInaccessible, match=r"Globus could not do its job in .*'archive', at 'a': quota exceeded"):
        opened(tmp_path).put_create("a", b"abc")
    assert list((tmp_path / "stage").iterdir()) == []


@pytest.mark.parametrize("answer", ["default", "not_found", "permission_denied"])
def test_its_real_answers_are_understood(tmp_path: Path, answer: str) -> None:
    found = get_response_set("transfer.operation_stat")
    store = opened(tmp_path, found.metadata["endpoint_id"])
    with responses.RequestsMock() as mock:
        found.lookup(answer).add(requests_mock=mock)
        if answer == "default":
            info = store.head("a")
            assert (info.size, str(info.modified)) == (4, "2023-12-18 16:52:50+00:00")
            return
        error = MissingExternalFile if answer == "not_found" else BucketInaccessible
        with pytest.raises(error, match="'a'") as caught:
            store.head("a")
        assert TOKEN not in str(caught.getrepr(showlocals=False))
