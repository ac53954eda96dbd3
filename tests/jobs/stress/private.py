"""A database server of a test's own, which may be stopped and killed, and listen where nobody else's does."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from secrets import token_hex
from typing import Any

from tests.conftest import go_without
from tests.jobs.stress.fleet import ROOT

KINDS = {"postgres": "PostgreSQL", "mysql": "MariaDB"}
LISTENS = {"postgres": "listen_addresses", "mysql": "bind-address"}


@dataclass
class Private:
    """A server of the test's own."""

    server: Any
    port: int
    password: str

    def start(self) -> str:
        return str(self.server.start(self.port, self.password))

    def stop(self) -> None:
        self.server.stop()

    def die(self) -> None:
        """Have it killed; what keeps another from starting goes, too: its processes, and what says that it runs."""
        file = self.server.data / "postmaster.pid" if self.server.name == "PostgreSQL" else self.server.pid_file
        os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
        while any(at(self.server.data)):
            time.sleep(0.05)
        for note in (file, *self.server.folder.glob(".s.PGSQL.*.lock")):
            note.unlink()


def at(folder: Path) -> Iterator[Path]:
    """The processes whose working directory is this; zombies have none."""
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # it has just ended, or is somebody else's
            if place.readlink() == folder:
                yield place


def servers_script() -> Any:
    """``scripts/servers`` as a module."""
    loader = SourceFileLoader("labwright_servers", str(ROOT / "scripts" / "servers"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[loader.name] = module  # where its dataclasses look for it
    loader.exec_module(module)
    return module


@contextmanager
def private_server(backend: str, *addresses: str) -> Iterator[Private]:
    """A server that is not running yet; it listens on more addresses than that of this machine."""
    module = servers_script()
    kind = getattr(module, KINDS[backend])
    if kind.program() is None:
        go_without(f"{kind.name} is not installed")
    listens = {LISTENS[backend]: ",".join(["127.0.0.1", *addresses])}
    folder = module.new_folder()
    server = type(kind.__name__, (kind,), {"settings": {**kind.settings, **listens}})(folder)
    private = Private(server, module.free_port(), token_hex(8))
    server.create(private.password)
    try:
        yield private
    finally:
        private.stop()
        shutil.rmtree(folder, ignore_errors=True)
