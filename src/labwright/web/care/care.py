"""What those who look after a server can ask of it: the command line knows, which stands above the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Finding(Protocol):
    """One thing that was looked at: how it is, and what to do where it is not well."""

    @property
    def level(self) -> str:
        """One of ok, warning, problem."""

    @property
    def subject(self) -> str:
        """What was looked at, in a word or two."""

    @property
    def message(self) -> str:
        """What was found."""

    @property
    def advice(self) -> str:
        """What to do."""


class Care(Protocol):
    """How the projects of a server are."""

    def findings(self, project: str) -> Sequence[Finding]:
        """What ``labwright doctor`` finds."""

    def differences(self, project: str) -> Sequence[str]:
        """What ``labwright diff`` finds: how the code of a project differs from its database."""

    def stores(self, project: str) -> Sequence[Finding]:
        """What ``labwright store check`` finds. It writes into the stores and removes that again."""
