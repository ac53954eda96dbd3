"""Servers for the tests of stores, each started by the test that needs it and ended after it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from tests.conftest import go_without

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROOT = Path(__file__).resolve().parents[2]
AZURITE = ROOT / ".venv" / "azurite" / "node_modules" / ".bin" / "azurite-blob"
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account of every azurite, which its manual tells."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class OneWriter:
    """Takes requests that write one after another: moto looks for an object and puts it in two steps, S3 in one."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock if environ["REQUEST_METHOD"] in ("PUT", "POST") else nullcontext():
            return self._app(environ, start_response)


@contextmanager
def s3_server() -> Iterator[str]:
    """A server of S3's protocol: `host:port`. Each test makes a bucket of its own."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    app = OneWriter(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_bucket(address: str, name: str) -> None:
    urlopen(Request(f"http://{address}/{name}", method="PUT"), timeout=10).close()


class ForgetfulHandler(BaseHTTPRequestHandler):
    """Passes requests on to another server, without the header that forbids to overwrite."""

    protocol_version = "HTTP/1.1"
    behind = ""
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        passed = {name: value for name, value in self.headers.items() if name.lower() not in ("if-none-match", "host")}
        connection = http.client.HTTPConnection(self.behind, timeout=10)
        connection.request(self.command, self.path, body, passed)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                self.send_header(name, value)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(data)

    do_PUT = do_HEAD = do_DELETE = do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def forgetful_s3_server(behind: str) -> Iterator[tuple[str, list[str]]]:
    """A server of S3's protocol that overwrites although it is told not to, and what it is asked."""
    seen: list[str] = []
    handler = type("Handler", (ForgetfulHandler,), {"behind": behind, "seen": seen})
    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as port:
        yield f"127.0.0.1:{port}", seen


@contextmanager
def silent_server() -> Iterator[str]:
    """A server that lets clients connect, and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def _serving(server: ThreadingHTTPServer) -> Iterator[int]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def azure_server() -> Iterator[str]:
    """A server of Azure's protocol: the address of its account. Each test makes a container of its own."""
    if not AZURITE.exists() or not shutil.which("node"):
        go_without("azurite is not installed: scripts/setup installs it where there is npm")
    port = free_port()
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with running([AZURITE, "--blobPort", str(port), *options], port):
        yield f"http://127.0.0.1:{port}/{ACCOUNT}"


@contextmanager
def running(command: Sequence[str | Path], port: int) -> Iterator[None]:
    """A program that answers on a port within the block."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield
    finally:
        server.terminate()
        server.wait(10)


def make_container(address: str, name: str) -> None:
    """Send the one request that a store does not: signed as Azure wants it."""
    date, version = formatdate(usegmt=True), "2020-10-02"
    said = f"PUT{chr(10) * 12}x-ms-date:{date}\nx-ms-version:{version}\n/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    signed = hmac.new(base64.b64decode(ACCOUNT_KEY), said.encode(), hashlib.sha256).digest()
    headers = {
        "x-ms-date": date,
        "x-ms-version": version,
        "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(signed).decode()}",
        "Content-Length": "0",
    }
    urlopen(Request(f"{address}/{name}?restype=container", method="PUT", headers=headers), timeout=10).close()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, "the server has ended"
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


@dataclass
class SftpServer:
    """An SSH server on this machine that gives a folder by SFTP.

    Parameters
    ----------
    port : int
    known_hosts : Path
        The file that names its key.
    """

    port: int
    known_hosts: Path
    user: str = "lab"
    password: str = field(default_factory=lambda: base64.b32encode(os.urandom(10)).decode())


@contextmanager
def sftp_server(folder: Path, again: SftpServer | None = None) -> Iterator[SftpServer]:
    """A server on a folder, or one that was there before."""
    import asyncssh

    server = again or SftpServer(free_port(), folder / "known_hosts")
    home, key_file = folder / "home", folder / "key"
    if not again:
        home.mkdir()
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(key_file)
        server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {key.export_public_key().decode()}")
    program = Path(__file__).with_name("sftp_process.py")
    command: list[str | Path] = [
        sys.executable,
        program,
        home,
        str(server.port),
        key_file,
        server.user,
        server.password,
    ]
    with running(command, server.port):
        yield server


@dataclass
class WebServer:
    """A web server that gives the files of a folder, with ranges.

    Parameters
    ----------
    folder : Path
    url : str
    token : str or None
        What a request has to bring, if anything.
    requests : list of str
        What was asked for.
    """

    folder: Path
    url: str = ""
    token: str | None = None
    ranges: bool = True
    cut: bool = False
    requests: list[str] = field(default_factory=list)


class WebHandler(BaseHTTPRequestHandler):
    web: WebServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.web.requests.append(f"{self.command} {self.headers.get('Range', '')}".strip())
        if self.web.token and self.headers.get("Authorization") != f"Bearer {self.web.token}":
            return self.answer(http.HTTPStatus.UNAUTHORIZED, b"")
        path = self.web.folder / unquote(urlsplit(self.path).path).lstrip("/")
        if not path.is_file():
            return self.answer(http.HTTPStatus.NOT_FOUND, b"")
        return self.give(path.read_bytes())

    do_HEAD = do_GET

    def give(self, data: bytes) -> None:
        asked = self.headers.get("Range")
        if not asked or not self.web.ranges:
            return self.answer(http.HTTPStatus.OK, data)
        start, _, last = asked.removeprefix("bytes=").partition("-")
        if int(start) >= len(data):
            return self.answer(http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"")
        part = data[int(start) : int(last) + 1 if last else None]
        said = f"bytes {start}-{int(start) + len(part) - 1}/{len(data)}"
        return self.answer(http.HTTPStatus.PARTIAL_CONTENT, part, said)

    def answer(self, status: http.HTTPStatus, data: bytes, said: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Last-Modified", formatdate(usegmt=True))
        if said:
            self.send_header("Content-Range", said)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[: len(data) // 2] if self.web.cut else data)
        self.close_connection = self.web.cut

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web_server(folder: Path) -> Iterator[WebServer]:
    web = WebServer(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (WebHandler,), {"web": web}))
    with _serving(server) as port:
        web.url = f"http://127.0.0.1:{port}"
        yield web
