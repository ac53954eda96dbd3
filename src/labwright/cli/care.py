"""What those who look after a server ask of it in the browser: the same as on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labwright.cli.diff import differences
from labwright.cli.doctor import examine
from labwright.cli.finding import Finding
from labwright.cli.store_check import look
from labwright.tables.project import Project
from labwright.tables.schema import Schema


@dataclass(frozen=True)
class Care:
    """How projects are.

    Parameters
    ----------
    projects : mapping of str to (Project, sequence of Schema)
        By name, each with its schemas that have classes in Python.
    """

    projects: Mapping[str, tuple[Project, Sequence[Schema]]]

    def findings(self, project: str) -> Sequence[Finding]:
        """What ``labwright doctor`` finds."""
        return list(examine(self.projects[project][0].config))

    def differences(self, project: str) -> Sequence[str]:
        """What ``labwright diff`` finds."""
        return list(differences(*self.projects[project]))

    def stores(self, project: str) -> Sequence[Finding]:
        """What ``labwright store check`` finds."""
        return list(look(self.projects[project][0]))
