"""By what each person wants to be told of what, and where."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labwright.web.notices.kind import DEFAULT, Channel, Kind
from labwright.web.notices.tables import addresses, choices

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping


@dataclass(frozen=True)
class Address:
    """Where a person is told outside the app; what is empty is not used.

    Parameters
    ----------
    mail, webhook : str
    secret : str
        Signs what is sent to the webhook.
    """

    mail: str = ""
    webhook: str = ""
    secret: str = ""


def channels_of(keeping: Keeping, person: str, kind: Kind) -> frozenset[Channel]:
    """By what a person is told of a kind of things."""
    return chosen(keeping, person)[kind]


def chosen(keeping: Keeping, person: str) -> Mapping[Kind, frozenset[Channel]]:
    """By what a person is told of what."""
    found = (choices(keeping) & {"person": person}).to_dicts()
    own = {row["kind"]: frozenset(c for c in Channel if row[c.value]) for row in found}
    return {kind: own.get(kind.value, DEFAULT[kind]) for kind in Kind}


def choose(keeping: Keeping, person: str, wanted: Mapping[Kind, Collection[Channel]]) -> None:
    """Keep what a person has chosen."""
    rows = [
        {"person": person, "kind": kind.value, **{c.value: c in channels for c in Channel}}
        for kind, channels in wanted.items()
    ]
    choices(keeping).insert(rows, replace=True)


def address_of(keeping: Keeping, person: str) -> Address:
    """Where a person is told outside the app."""
    found = (addresses(keeping) & {"person": person}).to_dicts()
    return Address(found[0]["mail"], found[0]["webhook"], found[0]["secret"]) if found else Address()


def keep_address(keeping: Keeping, person: str, mail: str, webhook: str) -> Address:
    """Keep where a person is told; a webhook elsewhere has another secret."""
    old = address_of(keeping, person)
    secret = old.secret if old.secret and webhook == old.webhook else secrets.token_hex(32)
    made = Address(mail, webhook, secret)
    addresses(keeping).insert1({"person": person, "mail": mail, "webhook": webhook, "secret": secret}, replace=True)
    return made
