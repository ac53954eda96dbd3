"""The site that the settings of projects describe."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import labwright as lw
from labwright.web.accounts.accounts import Accounts
from labwright.web.accounts.oidc import Oidc
from labwright.web.accounts.provider import Provider
from labwright.web.accounts.sessions import Lifetimes
from labwright.web.care.backups import Backups
from labwright.web.care.care import Care
from labwright.web.desk.workspace import Workspace
from labwright.web.http.certificate import Certificate, certificate_for
from labwright.web.http.entrance import Entrance
from labwright.web.keeping.keeping import SCHEMA as KEEPING
from labwright.web.roles.role import Role
from labwright.web.site import Site

Projects = Mapping[str, tuple[lw.Project, Sequence[lw.Schema]]]
ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - names for what is listened to, not a default
KEPT: Final = "tls"
"""The folder, beside the project's own, of a certificate that was made here."""


def host_names(given: Sequence[str], host: str) -> list[str]:
    """The names that a shared server goes by, the one for links first.

    Examples
    --------
    >>> host_names(["data.lab.example"], "0.0.0.0"), host_names([], "10.0.0.5")[0]
    (['data.lab.example'], '10.0.0.5')
    """
    if given:
        return list(given)
    bracketed = f"[{host}]" if ":" in host else host
    return [*([] if host in ANY else [bracketed]), socket.gethostname().lower()]


def entrance_of(project: lw.Project) -> Entrance:
    """The accounts that the settings of a project describe."""
    settings = project.config.web
    lifetimes = Lifetimes(
        timedelta(hours=settings.idle_hours),
        timedelta(days=settings.session_days),
        timedelta(minutes=settings.pin_minutes),
        timedelta(minutes=settings.sign_minutes),
    )
    own = project.in_own_name() if settings.database_roles else project
    accounts = Accounts(own, schema=settings.accounts, lifetimes=lifetimes)
    return Entrance(accounts, oidc=_oidc(accounts, settings) if settings.oidc_issuer else None)


def _oidc(accounts: Accounts, settings: Any) -> Oidc:
    if not settings.oidc_client_secret:
        raise lw.errors.ConfigError(
            "web.oidc_issuer is set and web.oidc_client_secret is not. Put what the provider gave you into the file "
            ".secrets/web.oidc_client_secret beside labwright.toml."
        )
    return Oidc(
        accounts,
        Provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value(),
            settings.oidc_title,
            roles={group: Role(role) for group, role in settings.oidc_roles.items()},
            default_role=settings.oidc_default_role and Role(settings.oidc_default_role),
            groups_claim=settings.oidc_groups_claim,
            name_claim=settings.oidc_name_claim,
            creates_accounts=settings.oidc_creates_accounts,
        ),
    )


def site_of_project(project: lw.Project, declared: Iterable[lw.Schema], care: Care | None = None) -> Site:
    """A site of one project, called ``project``, for the one person at this machine."""
    return Site({"project": Workspace(project, declared)}, care=care, backups=_backups({"project": (project, ())}))


def site_of_projects(projects: Projects, entrance: Entrance, care: Care | None = None) -> Site:
    """A site of several projects; the accounts are part of none.

    Where there are several, the schemas of each begin with its `database.prefix`: they may share a database.
    """
    several = len(projects) > 1
    made = {
        name: _workspace(project, declared, entrance, project.config.database.prefix if several else "")
        for name, (project, declared) in projects.items()
    }
    return Site(made, entrance, care, _backups(projects))


def _backups(projects: Projects) -> Mapping[str, Backups]:
    return {
        name: Backups(project, name, project.config.settings.path("web.backups"))
        for name, (project, _) in projects.items()
    }


def _workspace(project: lw.Project, declared: Iterable[lw.Schema], entrance: Entrance, prefix: str) -> Workspace:
    settings, closed = project.config.web, [entrance.schema]
    own, roles = (project.in_own_name(), settings.role_prefix) if settings.database_roles else (None, "")
    return Workspace(project, declared, closed, [f"{prefix}*"], f"{prefix}{KEEPING}", own=own, roles=roles)


def certificate_of(project: lw.Project, names: Sequence[str]) -> Certificate | None:
    """The certificate that the settings name, else one that is made for the lab; none where a proxy has it.

    Raises
    ------
    ConfigError
        When one part of it is missing.
    """
    settings = project.config.settings
    file, key = settings.path("web.certificate"), settings.path("web.key")
    if (file is None) != (key is None):
        raise lw.errors.ConfigError("A certificate needs its key: set both web.certificate and web.key, or neither.")
    for given in (file, key):
        if given is not None and not given.is_file():
            raise lw.errors.ConfigError(f"There is no file {str(given)!r}, which web.certificate or web.key names.")
    if file is not None and key is not None:
        return Certificate(file, key)
    if settings.web.proxies:
        return None
    return certificate_for([*names, "localhost", "127.0.0.1"], settings.folder / ".labwright" / KEPT)
