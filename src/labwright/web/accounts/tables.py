"""The tables of accounts: a schema like any other, that is kept from the pipeline's."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.roles.role import Role, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA: Final = "labwright_accounts"


def _enum(names: type[Role] | type[Scope]) -> str:
    return ", ".join(f"'{name.value}'" for name in names)


_WITH_HISTORY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Person": f"""
            # who may come in
            name : varchar(64)
            ---
            full_name = "" : varchar(200)
            email = "" : varchar(254)
            role : enum({_enum(Role)})
            lab = "" : varchar(64)
            is_active = true : bool
            made : datetime_utc(6)
            """,
        "GrantRow": f"""
            # who may do what; empty: any
            role : varchar(20)
            person : varchar(64)
            schema_pattern : varchar(64)
            table_pattern : varchar(128)
            scope : enum({_enum(Scope)})
            ---
            verbs : json
            hidden : json
            """,
        "Audit": """
            # what was done with accounts
            at : datetime_utc(6)
            nonce : char(16)
            ---
            event : varchar(40)
            person : varchar(64)      # who is meant; empty when there is no such person
            actor : varchar(64)       # who did it
            address : varchar(64)
            result : enum('ok', 'refused')
            details : json
            index (person, event, at)
            """,
    }
)
_WITHOUT_HISTORY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Password": """
            -> Person
            ---
            hash : varchar(255)
            changed : datetime_utc(6)
            """,
        "Pin": """
            -> Person
            ---
            hash : varchar(255)
            changed : datetime_utc(6)
            """,
        "Totp": """
            # time-based one-time passwords
            -> Person
            ---
            secret : varchar(64)
            is_confirmed : bool
            """,
        "RecoveryCode": """
            -> Person
            digest : char(64)
            """,
        "Session": """
            digest : char(64)
            ---
            -> Person
            how : enum('password', 'oidc', 'pin')
            made : datetime_utc(6)
            seen : datetime_utc(6)
            idle_until : datetime_utc(6)
            until : datetime_utc(6)
            proved = null : datetime_utc(6)   # when the person last showed who they are
            address : varchar(64)
            agent : varchar(200)
            device = "" : varchar(64)         # a rig that people share
            parent = "" : char(64)            # the session of the device
            viewing = "" : varchar(64)        # as whom somebody looks who administers the server
            index (parent)
            """,
        "ApiToken": """
            token_id : char(16)
            ---
            -> Person
            digest : char(64)
            label : varchar(100)
            verbs : json
            schemas : json
            made : datetime_utc(6)
            until : datetime_utc(6)
            used = null : datetime_utc(6)
            is_revoked = false : bool
            unique index (digest)
            """,
        "Identity": """
            # who a person is for a provider of identities
            issuer : varchar(255)
            subject : varchar(255)
            ---
            -> Person
            """,
        "Invitation": f"""
            digest : char(64)
            ---
            role : enum({_enum(Role)})
            name = "" : varchar(64)         # of the account; empty: whoever comes chooses one
            lab = "" : varchar(64)
            invited_by : varchar(64)
            until : datetime_utc(6)
            """,
        "Flow": """
            # logins that a provider of identities is asked for
            digest : char(64)
            ---
            nonce : varchar(64)
            verifier : varchar(128)
            browser : char(64)
            redirect : varchar(500)
            person : varchar(64)    # to whom the identity is to be linked
            back : varchar(1000)    # the page to go to
            anew : bool             # whether the provider was to ask also somebody whom it knows
            until : datetime_utc(6)
            """,
        "Spent": """
            # what can be used once, and was
            digest : char(64)
            ---
            until : datetime_utc(6)
            index (until)
            """,
        "Attempt": """
            bucket : char(64)
            at : datetime_utc(6)
            nonce : char(16)
            ---
            until : datetime_utc(6)
            index (until)
            """,
    }
)


@dataclass(frozen=True)
class Tables:
    """The tables of accounts in one database, as classes. Nothing is declared before one is used.

    Parameters
    ----------
    project : lw.Project
    schema : lw.Schema
    classes : mapping of str to table class
    """

    project: lw.Project
    schema: lw.Schema
    classes: Mapping[str, Any]

    @classmethod
    def of(cls, project: lw.Project, name: str = SCHEMA) -> Tables:
        """The tables in a database."""
        schema, made = lw.Schema(name, connection=project), dict[str, Any]()
        for definitions, history in ((_WITH_HISTORY, True), (_WITHOUT_HISTORY, False)):
            for title, definition in definitions.items():
                body = {"definition": definition, "history": history}
                made[title] = schema(type(title, (lw.Manual,), body), context=made)
        return cls(project, schema, MappingProxyType(made))

    def __getitem__(self, title: str) -> Any:
        return self.classes[title]
