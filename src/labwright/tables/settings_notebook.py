"""The settings of the lab book. This module loads pydantic, so it is imported on first use."""

from __future__ import annotations

from pydantic import Field

from labwright.tables.settings_section import Section


class NotebookSettings(Section):
    """Where the lab book is, and who stamps what is signed in it."""

    schema_name: str = Field(
        default="notebook", description="The schema with the tables of the lab book, without `database.prefix`."
    )
    authority: str | None = Field(
        default=None, description="The address of an authority that stamps signatures (RFC 3161), https://..."
    )
    certificates: str | None = Field(
        default=None, description="The PEM file with the certificates that vouch for the authority."
    )
