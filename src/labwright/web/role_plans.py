"""The roles of people in the databases of a server's projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import labwright as lw
from labwright.web.building import Projects, entrance_of, site_of_projects
from labwright.web.roles.in_database import roles_for


def plans_for(projects: Projects, service: str = "") -> Mapping[str, lw.RolePlan]:
    """What is to be said to each database so that people may do there what they may do in the app.

    Parameters
    ----------
    projects : mapping of str to (Project, sequence of Schema)
        By name; the accounts are in the first. Projects that share a database share the roles in it.
    service : str
        The user as whom the app logs in, if it is to take these roles.

    Returns
    -------
    mapping of str to RolePlan
        By the addresses of the databases.
    """
    first = next(iter(projects.values()))[0]
    with first:
        entrance = entrance_of(first)
        prefix: str = first.config.web.role_prefix
        people, grants = entrance.accounts.people.all(), entrance.accounts.grants.all()
        site = site_of_projects(projects, entrance)
    found: dict[str, tuple[lw.Project, dict[str, Any]]] = {}
    for workspace in site.workspaces.values():
        project = workspace.project
        with project:
            found.setdefault(str(project.database.connection.url), (project, {}))[1].update(workspace.tables())
    return {
        address: lw.plan_roles(project, roles_for(people, grants, tables, prefix), prefix=prefix, service=service)
        for address, (project, tables) in found.items()
    }
