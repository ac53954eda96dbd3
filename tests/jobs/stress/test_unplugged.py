"""A worker on a machine of its own, as far as the network knows, whose cable is pulled and put in again."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.jobs.stress.fleet import LEASE, STRESS, opened_lab
from tests.jobs.stress.private import KINDS, Private, private_server

from labwright.sql.connection import Connection
from labwright.sql.url import parse_url

TIMES = 2


@dataclass(frozen=True)
class Cable:
    """The line to another machine, which is a network namespace of this one."""

    name: str
    here: str
    there: str

    @property
    def within(self) -> list[str]:
        """What starts a program there."""
        return ["ip", "netns", "exec", self.name]

    def pull(self) -> None:
        ip(f"link set {self.name} down")

    def put_in(self) -> None:
        ip(f"link set {self.name} up")


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)


@contextmanager
def plugged() -> Iterator[Cable]:
    """A machine with a cable."""
    name, net = f"lw{secrets.token_hex(4)}", f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
    cable = Cable(name, f"{net}.1", f"{net}.2")
    ip(f"netns add {name}")
    try:
        ip(f"link add {name} type veth peer name eth0 netns {name}")
        ip(f"addr add {cable.here}/30 dev {name}")
        ip(f"-n {name} addr add {cable.there}/30 dev eth0")
        ip(f"-n {name} link set eth0 up")
        ip(f"-n {name} link set lo up")
        cable.put_in()
        yield cable
    finally:
        ip(f"netns del {name}")  # and the cable with it


@pytest.fixture
def cable() -> Iterator[Cable]:
    if os.geteuid() != 0:
        pytest.skip("only root makes network namespaces")
    if shutil.which("ip") is None:
        pytest.skip("the package iproute2 is not installed")
    try:
        with plugged() as cable:
            yield cable
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.decode().strip()}")


@pytest.fixture
def private(backend: str, cable: Cable) -> Iterator[Private]:
    with private_server(backend, cable.here) as private:
        if backend == "postgres":
            with (private.server.data / "pg_hba.conf").open("a") as file:
                file.write(f"host all all {cable.there}/32 scram-sha-256\n")
        yield private


def let_in(address: str, cable: Cable, password: str) -> None:
    """Open an account of MariaDB to who comes from there."""
    with Connection(address) as connection:
        connection.execute(f"CREATE USER root@'{cable.there}' IDENTIFIED BY '{password}'")
        connection.execute(f"GRANT ALL ON *.* TO root@'{cable.there}'")


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
@pytest.mark.parametrize("backend", list(KINDS))
def test_the_cable_is_pulled(private: Private, cable: Cable, backend: str) -> None:
    source, url = random.Random(1), private.start()
    if backend == "mysql":
        let_in(url, cable, private.password)
    with tempfile.TemporaryDirectory() as folder, opened_lab(parse_url(url), "stress", Path(folder)) as lab:
        far = lab.start(more=(), url=replace(parse_url(url), host=cable.here), within=cable.within, SLOW=0.3)
        lab.start(more=(), SLOW=0.3)
        for turn in range(STRESS or TIMES):
            while not lab.is_busy(far):
                if lab.count("Summary") == lab.entered:
                    lab.enter(6)
                time.sleep(0.02)
            cable.pull()
            lab.figures["cuts"] += 1
            if turn % 2:
                time.sleep(source.uniform(0, LEASE))
            else:
                lab.until(lambda: far.pid not in lab.holders, "another to take what it had")
            cable.put_in()
            time.sleep(source.uniform(0, 1))
        lab.settle(forgiving=True)
        assert len(lab.running) == 2, lab.said()
        lab.dismiss()
        lab.figures["refusals"] = lab.reported("lost")
        assert lab.figures["refusals"]
        lab.check()
