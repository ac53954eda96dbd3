"""The same over a real connection, as no client would ask."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from tests.web.http.test_protect import app
from tests.web.serving import serving

CHUNK = b"190\r\n" + b"x" * 400 + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
POST, GET, LAB = b"POST /form HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n", b"Host: lab\r\nConnection: close\r\n"


def ask(url: str, data: bytes) -> int:
    """Send bytes; return the status of what comes back, also when the server hangs up in the middle of them."""
    parts, answer = urlsplit(url), b""
    place = (parts.hostname or "", parts.port or 0)
    with socket.create_connection(place, timeout=30) as connection, suppress(ConnectionError):
        connection.sendall(data)
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split(b" ")[1])


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (POST + LAB + CHUNKED + b"\r\n" + CHUNK * 2 + b"0\r\n\r\n", 200),
        (POST + LAB + CHUNKED + b"\r\n" + CHUNK * 50 + b"0\r\n\r\n", 413),
        (POST + LAB + CHUNKED + b"\r\n" + CHUNK * 50, 413),
        (POST + LAB + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n" + CHUNK * 50 + b"0\r\n\r\n", 413),
        (POST + LAB + b"Content-Length: 999999999999\r\n\r\n", 413),
        (GET + LAB + b"Host: evil.example\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 421),
        (b"GET http://lab/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
    ],
    ids=["short", "long", "endless", "two lengths", "announced", "two hosts", "no host", "another host in the line"],
)
def test_what_a_server_answers(data: bytes, status: int) -> None:
    with serving(app()) as url:
        assert ask(url, data) == status
