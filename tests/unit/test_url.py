from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import ConfigError
from labwright.sql.url import DatabaseUrl, parse_url


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///lab.db", "lab.db"),
        ("sqlite:///data/lab.db", "data/lab.db"),
        ("sqlite:////srv/lab.db", "/srv/lab.db"),
        ("sqlite:///C:/data/lab.db", "C:/data/lab.db"),
        ("sqlite:///:memory:", ":memory:"),
        ("sqlite://", ":memory:"),
        ("sqlite:///a%20b%23c.db", "a b#c.db"),
        ("sqlite:///a#b.db", "a#b.db"),
    ],
)
def test_sqlite_path(text: str, path: str) -> None:
    assert parse_url(text) == DatabaseUrl("sqlite", path=path)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (
            "postgresql://ana:pw@db.lab:5433/brains",
            DatabaseUrl("postgres", "db.lab", 5433, "ana", "pw", "brains"),
        ),
        ("postgres://ana@db.lab", DatabaseUrl("postgres", "db.lab", user="ana")),
        ("POSTGRESQL://db.lab", DatabaseUrl("postgres", "db.lab")),
        ("mysql://root@127.0.0.1:3307", DatabaseUrl("mysql", "127.0.0.1", 3307, "root")),
        ("mariadb://u:p%40%3A%2F@h/d%20e", DatabaseUrl("mysql", "h", None, "u", "p@:/", "d e")),
        ("mysql://u:p#x@h", DatabaseUrl("mysql", "h", None, "u", "p#x")),
        ("postgresql://u@[::1]:5432/d", DatabaseUrl("postgres", "::1", 5432, "u", "", "d")),
        (
            "postgresql:///d?host=/run/pg&sslmode=disable",
            DatabaseUrl("postgres", database="d", options=(("unix_socket", "/run/pg"), ("sslmode", "disable"))),
        ),
    ],
)
def test_server(text: str, url: DatabaseUrl) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oracle://h/d", "unknown scheme 'oracle'"),
        ("postgress://h/d", "Did you mean 'postgres'"),
        ("lab.db", "no scheme"),
        ("", "no scheme"),
        ("mysql://h:port/d", "a number as port"),
        ("mysql://h:99999/d", "a number as port"),
        ("mysql://h/d?tls=1", "unknown option 'tls'"),
        ("mysql://h/d?sslmod=1", "Did you mean 'sslmode'"),
        ("sqlite://lab.db", "'sqlite:///lab.db'"),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url(text)
    assert said in str(caught.value)


def test_unknown_scheme_lists_the_valid_ones() -> None:
    with pytest.raises(ConfigError, match="mariadb, mysql, postgres, postgresql, sqlite"):
        parse_url("mongodb://h")


@pytest.mark.parametrize("text", ["mysql://u:s3cret@h:x/d", "mysql://u:s3cret@h/d?zip=1", "nodb://u:s3cret@h"])
def test_refusal_keeps_the_password(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url(text)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(caught.value.__cause__)


def test_password_is_neither_shown_nor_lost() -> None:
    url = parse_url("postgresql://ana:s3cret@db/brains")
    assert "s3cret" not in f"{url} {url!r}"
    assert str(url) == "postgresql://ana:***@db/brains"
    assert pickle.loads(pickle.dumps(url)).password == "s3cret"
    assert url.with_password("other").password == "other"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("NO", False), ("off", False)])
def test_flag(text: str, value: bool) -> None:
    assert parse_url(f"mysql://h?use_tls={text}").flag("use_tls") is value
    assert parse_url("mysql://h").flag("use_tls") is None


def test_option_values_are_checked() -> None:
    with pytest.raises(ConfigError, match="'true' or 'false', not 'maybe'"):
        parse_url("mysql://h?use_tls=maybe").flag("use_tls")
    for text in ("soon", "-1", "inf", "nan"):
        with pytest.raises(ConfigError, match="number of seconds"):
            parse_url(f"mysql://h?connect_timeout={text}").seconds("connect_timeout", 10)


_names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(
    st.sampled_from(["postgres", "mysql"]),
    st.from_regex(r"[a-z][a-z0-9]{0,10}(\.[a-z]{2,5})?", fullmatch=True),
    st.none() | st.integers(1, 65535),
    _names,
    _names,
)
def test_what_is_written_is_read(backend: str, host: str, port: int | None, user: str, database: str) -> None:
    url = DatabaseUrl(backend, host, port, user, "", database, options=(("connect_timeout", "3"),))
    assert parse_url(str(url)) == url
