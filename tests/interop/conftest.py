"""A project, and the published DataJoint on the same server."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator

import pytest
from tests.conftest import go_without, server_url
from tests.interop.peers import CLASSIC, CURRENT, Peer

from labwright.tables.project import Project

GetPeer = Callable[[str, str], Peer]


@pytest.fixture(scope="session")
def peer_of() -> Iterator[GetPeer]:
    """One process for each version and kind of server, started when it is first asked for."""
    found: dict[tuple[str, str], Peer] = {}

    def get(version: str, backend: str) -> Peer:
        url = server_url(backend)
        if (version, backend) not in found:
            try:
                found[version, backend] = Peer(version, url)
            except subprocess.CalledProcessError as error:
                go_without(f"datajoint {version} could not be installed: {error}")
        peer = found[version, backend]
        peer.forget()
        return peer

    with contextlib.ExitStack() as stack:
        yield get
        for peer in found.values():
            stack.callback(peer.close)


@pytest.fixture
def peer(backend: str, peer_of: GetPeer) -> Peer:
    """DataJoint of the present generation."""
    return peer_of(CURRENT, backend)


@pytest.fixture
def classic_peer(backend: str, peer_of: GetPeer) -> Peer:
    """DataJoint of the classic generation, which speaks MySQL alone."""
    assert backend == "mysql"
    return peer_of(CLASSIC, backend)


@pytest.fixture
def project(database_url: str, prefix: str) -> Iterator[Project]:
    """Labwright on the same server; the test's schemas are dropped after it."""
    with Project(database_url) as project:
        yield project
