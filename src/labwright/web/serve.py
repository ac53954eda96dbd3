"""Running the app."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import uvicorn

import labwright as lw
from labwright.web.app import create_app
from labwright.web.building import (
    KEPT,
    Projects,
    certificate_of,
    entrance_of,
    host_names,
    site_of_project,
    site_of_projects,
)
from labwright.web.care.care import Care
from labwright.web.http.certificate import Certificate
from labwright.web.http.entrance import Entrance
from labwright.web.http.hosts import LOOPBACK

Tell = Callable[[str], object]


def serve_project(
    project: lw.Project, declared: Iterable[lw.Schema], host: str, port: int, tell: Tell, care: Care | None = None
) -> None:
    """Serve the app for one project, to whoever is at this machine, until the program is told to stop.

    Parameters
    ----------
    project : Project
    declared : iterable of Schema
        Those with classes in Python.
    host : str
        The address to listen on.
    port : int
        0 for any that is free.
    tell : callable
        Told the address of the app, when it answers.
    care : Care, optional
        Knows how the project is, which it calls ``project``.
    """
    site = site_of_project(project, declared, care)
    app = create_app(site)
    config = uvicorn.Config(app, host, port, log_level="warning", server_header=False, proxy_headers=False)
    _Server(config, lambda address: tell(f"Labwright is at {address}"), site.hush).run()


def serve_shared(projects: Projects, tell: Tell, care: Care | None = None) -> None:
    """Serve the app to those who have accounts, by TLS, as the settings of the first project say.

    Parameters
    ----------
    projects : mapping of str to (Project, sequence of Schema)
        By name, each with its schemas that have classes in Python.
    tell : callable
        Told what whoever runs it has to know: where the app is, how the first person comes in, what to trust.
    care : Care, optional
        Knows how the projects are.

    Raises
    ------
    ConfigError
        When the settings contradict each other.
    """
    first = next(iter(projects.values()))[0]
    settings = first.config.web
    names = host_names(settings.names, settings.host)
    with first:
        entrance = entrance_of(first)
        site = site_of_projects(projects, entrance, care)
        app = create_app(site, hosts={*names, *LOOPBACK})
        certificate = certificate_of(first, names)
        announce = _announcement(entrance, names, certificate, tell)
        _Server(_config(app, settings, certificate), announce, site.hush).run()


def _config(app: Any, settings: Any, certificate: Certificate | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        settings.host,
        settings.port,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        ssl_certfile=None if certificate is None else str(certificate.file),
        ssl_keyfile=None if certificate is None else str(certificate.key),
    )


def _announcement(entrance: Entrance, names: Sequence[str], certificate: Certificate | None, tell: Tell) -> Tell:
    """What is told when it answers: behind a proxy its own port is nobody's business."""
    told = threading.Event()

    def announce(address: str) -> None:
        if told.is_set():
            return
        told.set()
        port = f":{address.rpartition(':')[2].rstrip('/')}" if certificate is not None else ""
        home = f"https://{names[0]}{port}/"
        tell(f"Labwright is at {home}")
        if certificate is not None and certificate.file.parent.name == KEPT:
            tell(f"Its certificate was made here. Its SHA-256 fingerprint is {certificate.fingerprint}")
        invitation = entrance.accounts.invitations.first_admin()
        if invitation is not None:
            tell(f"Nobody administers it yet. Become the first, within an hour: {home}invitation/{invitation}")

    return announce


class _Server(uvicorn.Server):
    """Says where it is, and does not wait for pages that listen when it is told to stop."""

    def __init__(self, config: uvicorn.Config, started: Tell, hush: Callable[[], object]) -> None:
        super().__init__(config)
        self._tell, self._hush = started, hush

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, after what is being done."""
        self._hush()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        for server in self.servers:
            for bound in server.sockets:
                host, port = bound.getsockname()[:2]
                self._tell(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
