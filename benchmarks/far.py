"""A server of S3's protocol, reached through a relay that counts what is fetched."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE = 1 << 18


class Relay:
    """Passes bytes on to a server.

    Parameters
    ----------
    host : str
    port : int
        Of the server.

    Attributes
    ----------
    fetched : int
        As many bytes as the server has sent, headers and all.
    """

    def __init__(self, host: str, port: int) -> None:
        self.fetched = 0
        self._server = host, port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._start(self._accept)

    def close(self) -> None:
        """Accept no more."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._start(self._pass, client, server, False)
                self._start(self._pass, server, client, True)

    def _pass(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        with suppress(OSError):  # one of them has hung up
            while piece := source.recv(PIECE):
                self.fetched += len(piece) * counts
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _start(run: object, *args: object) -> None:
        threading.Thread(target=run, args=args, daemon=True).start()  # type: ignore[arg-type]  # a method of ours


@contextmanager
def far_server(bucket: str) -> Iterator[Relay]:
    """A server with an empty bucket, behind a relay."""
    from tests.storage.servers import make_bucket, s3_server

    with s3_server() as address:
        make_bucket(address, bucket)
        host, _, port = address.partition(":")
        relay = Relay(host, int(port))
        try:
            yield relay
        finally:
            relay.close()
