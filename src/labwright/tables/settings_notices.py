"""The settings of what people are told. This module loads pydantic, so it is imported on first use."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from labwright.tables.settings_section import Section


class NoticesSettings(Section):
    """How the web app tells people what happens when they do not look: by mail, and to programs of theirs."""

    smtp_host: str | None = Field(default=None, description="The server that takes mails; without it none are sent.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the way to it is encrypted; none is for a server on the same machine."
    )
    smtp_user: str | None = Field(default=None, description="The name to log in with there.")
    smtp_password: SecretStr | None = Field(
        default=None, description="The password. Keep it in `.secrets/notices.smtp_password`."
    )
    sender: str = Field(default="labwright@localhost", description="Whom mails are from.")
    address: str = Field(
        default="", description="The address of the app in messages, https://..., without a stroke at its end."
    )
    webhook_hosts: list[str] = Field(
        default_factory=list,
        description="Names of hosts, as `chat.lab.example` or `localhost:8080`, that may be told though they are in "
        "the own network, or without TLS.",
    )
