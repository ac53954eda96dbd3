"""Servers for the length of a test: in a thread, or in a process that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

PATIENCE = 30
"""Seconds that a server has to start or to stop."""


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an app in a thread, and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, ws="none", server_header=False, timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="app", daemon=True)
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), "the app starts")
            assert server.started, "the app has not started; what uvicorn logged tells why"
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the app does not stop"


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s until {what}"
        time.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class Program:
    """A server in a process of its own, which can be killed and started again at the same address.

    Parameters
    ----------
    command : list of str
        ``{port}`` in it stands for the port.
    log : Path
        The file for what it prints.
    variables : mapping
        Of the environment, beside those that are there.
    folder : Path, optional
        Where it runs.
    """

    def __init__(
        self, command: list[str], log: Path, variables: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [word.replace("{port}", str(self.port)) for word in command]
        self._log = log
        self._variables = {**os.environ, **(variables or {})}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        assert self._process is None, "it is running"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env=self._variables,
                start_new_session=True,
            )
        try:
            wait_until(self._is_decided, f"{self._command[0]} answers")
            assert self._process.poll() is None, f"it has ended:\n{self.log}"
        except BaseException:
            self.kill()
            raise

    def _is_decided(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None or answers(self.port)

    def kill(self) -> None:
        """Kill it and its children, without a chance to do anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            pass
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise AssertionError(f"it did not stop:\n{self.log}") from None

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
