"""Notices to programs of people: signed, and never to a place that only this server reaches."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import time
from collections.abc import Collection
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from labwright.web.notices.outbox import SendError

if TYPE_CHECKING:
    from labwright.web.notices.outbox import Message

PATIENCE: Final = 10.0
"""Seconds that the other side has to answer."""
LATER: Final = frozenset({408, 425, 429})
"""Refusals that do not last."""
_PORTS: Final = {"https": 443, "http": 80}


def send(url: str, secret: str, message: Message, allowed: Collection[str]) -> None:
    """Tell a program by POST, with a signature.

    The header ``X-Labwright-Signature`` has the time ``t`` and, as ``v1``, the HMAC-SHA256 of the time, a dot and the
    body, in hexadecimal digits. ``id`` in the body is the same each time that the same is sent.

    Parameters
    ----------
    url, secret : str
    message : Message
    allowed : collection of str
        Hosts that may be told though they are within the own network, or without TLS.

    Raises
    ------
    SendError
        When it may not be told, or does not take it.
    """
    parts = check(url, allowed)
    at = str(int(time.time()))
    body = json.dumps(
        {
            "id": message.number,
            "kind": message.kind,
            "text": message.text,
            "link": message.link,
            "times": message.times,
            "at": message.at.isoformat(),
        }
    ).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "labwright",
        "X-Labwright-Signature": f"t={at},v1={signature(secret, at, body)}",
    }
    try:
        status = _post(parts, body, headers, is_allowed=_name(parts) in allowed)
    except (OSError, http.client.HTTPException) as error:
        raise SendError(f"{_name(parts)} cannot be reached: {error}") from error
    if not 200 <= status < 300:
        raise SendError(f"{_name(parts)} answered {status}.", is_final=300 <= status < 500 and status not in LATER)


def signature(secret: str, at: str, body: bytes) -> str:
    """What tells that a message comes from here.

    Examples
    --------
    >>> signature("secret", "0", b"{}")[:8]
    '4bbe8d39'
    """
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def check(url: str, allowed: Collection[str]) -> SplitResult:
    """The parts of an address that may be told.

    Raises
    ------
    SendError
        When it may not; says why.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SendError("This is no address.", is_final=True) from None
    if parts.scheme not in _PORTS or not host or not url.isprintable() or " " in url:
        raise SendError("A webhook is an address that begins with https://", is_final=True)
    if parts.username is not None or parts.password is not None:
        raise SendError("A webhook has no name and no password in its address.", is_final=True)
    if parts.scheme != "https" and _name(parts) not in allowed:
        raise SendError("A webhook is reached by https://", is_final=True)
    return parts


def _name(parts: SplitResult) -> str:
    """The host, with its port where that is not the usual one."""
    port = parts.port if parts.port not in (None, _PORTS.get(parts.scheme)) else None
    return f"{parts.hostname}:{port}" if port else str(parts.hostname)


def _post(parts: SplitResult, body: bytes, headers: dict[str, str], *, is_allowed: bool) -> int:
    """Send to the very address that was looked at: a name may mean another one a moment later."""
    host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
    address = _place(host, port, is_allowed=is_allowed)
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    connection.sock = socket.create_connection((address, port), PATIENCE)
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        where = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", where, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _place(host: str, port: int, *, is_allowed: bool) -> str:
    """The address of a host; of one that was not allowed all that its name means have to be out in the world."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not is_allowed and not all(_is_outside(address) for address in found):
        raise SendError(f"{host} is within the own network, and nobody has allowed it.", is_final=True)
    return found[0]


def _is_outside(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)
