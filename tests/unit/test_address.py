"""From the parts of an address, as existing programs give them, to one URL."""

from __future__ import annotations

from typing import Any

import pytest

from labwright.core.errors import ConfigError
from labwright.sql.address import as_url
from labwright.sql.connection import Connection
from labwright.sql.url import DatabaseUrl


@pytest.mark.parametrize(
    ("given", "named", "expected"),
    [
        (("db.lab", "ana", "pw"), {}, DatabaseUrl("mysql", host="db.lab", user="ana", password="pw")),
        (("db.lab:3307", "ana", "pw"), {}, DatabaseUrl("mysql", host="db.lab", port=3307, user="ana", password="pw")),
        (("db.lab", "ana", "pw", 3308), {}, DatabaseUrl("mysql", host="db.lab", port=3308, user="ana", password="pw")),
        (("::1",), {"backend": "mysql"}, DatabaseUrl("mysql", host="::1")),
        (("h", "u", "p", 1, True), {}, DatabaseUrl("mysql", "h", 1, "u", "p", options=(("use_tls", "true"),))),
        (
            (None,),
            {"host": "h", "backend": "PostgreSQL", "name": "brains", "use_tls": {"ca": "ca.pem"}},
            DatabaseUrl("postgres", "h", database="brains", options=(("sslrootcert", "ca.pem"), ("use_tls", "true"))),
        ),
        ((None,), {"host": "lab.db", "backend": "sqlite"}, DatabaseUrl("sqlite", path="lab.db")),
        (("postgresql://ana@h/brains",), {}, DatabaseUrl("postgres", "h", user="ana", database="brains")),
        ((DatabaseUrl("sqlite", path="x"),), {}, DatabaseUrl("sqlite", path="x")),
    ],
    ids=["three", "port in the host", "four", "ipv6", "tls", "by name", "a file", "a url", "as it is"],
)
def test_parts_make_a_url(given: tuple[Any, ...], named: dict[str, Any], expected: DatabaseUrl) -> None:
    assert as_url(given[0], given[1:], named) == expected


@pytest.mark.parametrize(
    ("given", "named", "message"),
    [
        (("sqlite:///x", "ana"), {}, "leave out user"),
        (("h", "u", "p", 1, "SET x"), {}, "not 'SET x'"),
        (("h", "u", "p", 1, True, 6), {}, "not 6"),
        (("h",), {"hots": "x"}, "not 'hots'"),
        (("h",), {"backend": "oracle"}, "no backend 'oracle'.*sqlite"),
        ((None,), {"user": "ana"}, "Say where the database is"),
        ((None,), {}, "Say where the database is"),
    ],
)
def test_what_makes_no_address_is_refused(given: tuple[Any, ...], named: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        as_url(given[0], given[1:], named)


def test_a_connection_takes_the_classic_form_and_shows_no_password() -> None:
    connection = Connection("db.lab", "ana", "swordfish", port=3307)
    assert repr(connection) == "<Connection mysql://ana:***@db.lab:3307/>"
