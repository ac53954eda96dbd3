"""The settings of the web app. This module loads pydantic, so it is imported on first use."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from labwright.tables.settings_section import Section

Role = Literal["reader", "technician", "researcher", "data_manager", "admin"]


class WebSettings(Section):
    """How `labwright serve` serves the web app, and to whom."""

    shared: bool = Field(default=False, description="Whether several people use it, who log in.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8421, ge=0, le=65535, description="The port; 0 for any that is free.")
    names: list[str] = Field(
        default_factory=list,
        description="The names that people reach a shared server by, the first one in links; that of the machine "
        "when not given.",
    )
    certificate: str | None = Field(
        default=None, description="The file with the certificate for TLS, and those between it and an authority."
    )
    key: str | None = Field(default=None, description="The file with the certificate's private key.")
    proxies: list[str] = Field(
        default_factory=list,
        description="Addresses or networks of proxies that do TLS; they are believed who asks, and nobody else "
        "comes in.",
    )
    modules: list[str] = Field(
        default_factory=list, description="Modules that declare tables: what they compute can be started."
    )
    database_roles: bool = Field(
        default=False,
        description="Whether what people do is done with the rights of their roles in the database, which "
        "`labwright roles apply` makes.",
    )
    role_prefix: str = Field(
        default="lw_",
        min_length=1,
        max_length=16,
        description="With what the names of these roles begin: roles belong to the whole server of the database.",
    )
    frames: list[str] = Field(
        default_factory=list,
        description="Addresses of other programs whose pages may stand in frames, such as https://panel.lab.example.",
    )
    projects: list[str] = Field(
        default_factory=list, description="Profiles that one server serves, each a project; the first has the accounts."
    )
    accounts: str = Field(default="labwright_accounts", description="The schema in which accounts are kept.")
    backups: str | None = Field(
        default=None, description="The folder for backups that are taken from the app; without, none are."
    )
    statement_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Seconds that the database may work on one statement of a page or of the API, then it gives up.",
    )
    unpacked_mb: int = Field(
        default=64, gt=0, description="Megabytes that one compressed blob may hold to be shown, sent or taken."
    )
    idle_hours: float = Field(default=8.0, gt=0, description="Hours after which a session ends that nobody uses.")
    session_days: float = Field(default=7.0, gt=0, description="Days after which a session ends in any case.")
    pin_minutes: float = Field(
        default=15.0, gt=0, description="Minutes after which a turn at a rig ends that nobody uses."
    )
    sign_minutes: float = Field(
        default=10.0, gt=0, description="Minutes after a login for which one may sign without the password."
    )
    oidc_issuer: str | None = Field(
        default=None, description="The provider of identities (OpenID Connect), as it writes its own address."
    )
    oidc_client_id: str = Field(default="labwright", description="What the provider calls this server.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="What it shares with it. Keep it in `.secrets/web.oidc_client_secret`."
    )
    oidc_title: str = Field(default="Single sign-on", description="What the button says.")
    oidc_roles: dict[str, Role] = Field(
        default_factory=dict, description="The roles of the provider's groups; the first one in the list decides."
    )
    oidc_default_role: Role | None = Field(
        default="reader", description="The role of those who are in none of these groups; null lets them not come in."
    )
    oidc_groups_claim: str = Field(default="groups", description="Where the provider names groups.")
    oidc_name_claim: str = Field(
        default="preferred_username", description="Where the provider names what a new account is called."
    )
    oidc_creates_accounts: bool = Field(
        default=True, description="Whether those who come for the first time get an account."
    )
