"""Changing the password and ending connections, with a user of the test's own on each server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import labwright as lw
from labwright.compat.admin import kill, kill_quick, set_password
from labwright.sql.url import DatabaseUrl, parse_url

AWKWARD = "p'\\\"; DROP -- %s ü"
CREATE = {
    "postgres": ["CREATE ROLE {name} LOGIN PASSWORD '{old}'"],
    "mysql": ["CREATE USER {name}@'%%' IDENTIFIED BY '{old}'", "CREATE USER {name}@localhost IDENTIFIED BY '{old}'"],
}
DROP = {"postgres": ["DROP ROLE {name}"], "mysql": ["DROP USER {name}@'%%'", "DROP USER {name}@localhost"]}


@pytest.fixture
def administrator(database_url: str) -> Iterator[lw.Connection]:
    with lw.Connection(database_url) as connection:
        yield connection


@pytest.fixture
def user(administrator: lw.Connection) -> Iterator[DatabaseUrl]:
    """The address of a user who was made for the test."""
    backend, name = administrator.backend, f"t{secrets.token_hex(6)}"
    for statement in CREATE[backend]:
        administrator.query(statement.format(name=name, old="old"))
    yield replace(parse_url(str(administrator.url)), user=name, password="old")
    for statement in DROP[backend]:
        administrator.query(statement.format(name=name))


servers = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
no_server = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@servers
@pytest.mark.parametrize("new", ["new", AWKWARD])
def test_a_password_is_changed(user: DatabaseUrl, new: str) -> None:
    with lw.Connection(user) as connection:
        set_password(new, connection, update_config=False)
        with connection.transaction:
            list(connection.stream("SELECT 1"))
        assert list(connection.stream("SELECT 1")) == [[(1,)]]
        connection.close()
        connection.connect()
    with lw.Connection(replace(user, password=new)) as connection:
        assert connection.fetch("SELECT 1") == [(1,)]
    with lw.Connection(user) as connection, pytest.raises(lw.errors.AccessError):
        connection.connect()


@servers
def test_a_password_is_asked_for(
    user: DatabaseUrl, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter(["one", "another", "same", "same"])
    monkeypatch.setattr("labwright.compat.admin.getpass", lambda _: next(answers))
    with lw.Connection(user) as connection:
        set_password(connection=connection, update_config=False)
        assert "nothing was changed" in caplog.text
        assert connection.url.password == "old"
        set_password(connection=connection, update_config=False)
        assert connection.url.password == "same"
    assert "same" not in caplog.text.replace("the same", "")


@servers
def test_the_settings_may_have_it_as_well(user: DatabaseUrl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with lw.Connection(user) as connection, lw.config.override(database__password="old"):
        set_password("new", connection)
        assert lw.config["database.password"] == "new"
    texts = {p.name: p.read_text() for p in tmp_path.rglob("*") if p.is_file()}
    assert texts.pop("database.password").strip() == "new"
    assert not any("new" in text for text in texts.values())


@no_server
def test_a_file_has_neither_passwords_nor_sessions(administrator: lw.Connection) -> None:
    asked: list[Callable[[], object]] = [
        lambda: set_password("new", administrator, update_config=False),
        lambda: kill(connection=administrator),
        lambda: kill_quick(connection=administrator),
    ]
    for ask in asked:
        with pytest.raises(lw.LabwrightError, match="SQLite"):
            ask()


@pytest.mark.parametrize("wrong", ["", "a\0b", 5])
def test_what_is_no_password_is_refused(administrator: lw.Connection, wrong: str) -> None:
    with pytest.raises(lw.errors.DataError, match="A password is a text"):
        administrator.set_password(wrong)


@servers
def test_sessions_are_ended(administrator: lw.Connection, user: DatabaseUrl) -> None:
    with lw.Connection(user) as victim, lw.Connection(user) as other:
        ended, kept = victim.connection_id, other.connection_id
        assert {p["user"] for p in administrator.processes() if p["id"] in (ended, kept)} == {user.user}
        assert kill_quick(f'USER = "{user.user}" and ID = {ended}', administrator) == 1
        assert kept in [p["id"] for p in administrator.processes()]
        assert victim.connection_id != ended
        assert other.connection_id == kept
        assert kill_quick({"user": user.user, "id": ended}, administrator) == 0
        assert not administrator.end_process(ended)


@servers
@pytest.mark.parametrize("restriction", ["1 = 1) or (1 = 1", "id = 1; select 1", "uzer = 'x'"])
def test_a_restriction_is_no_statement(administrator: lw.Connection, restriction: str) -> None:
    with pytest.raises(lw.LabwrightError):
        kill_quick(restriction, administrator)
    with pytest.raises(lw.LabwrightError):
        kill(connection=administrator, order_by=restriction)


@servers
def test_sessions_are_shown_and_chosen(
    administrator: lw.Connection,
    user: DatabaseUrl,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with lw.Connection(user) as victim:
        ended = victim.connection_id
        answers = iter(["", "nothing", str(ended), str(ended), "q"])
        monkeypatch.setattr("builtins.input", lambda _: next(answers))
        kill({"user": user.user}, administrator, order_by=["TIME", "id desc"])
        shown = capsys.readouterr().out
        assert shown.count(str(ended)) == 3
        assert "HOST" in shown
        assert victim.connection_id != ended


@servers
def test_others_may_not_be_ended_without_the_right(administrator: lw.Connection, user: DatabaseUrl) -> None:
    number = administrator.connection_id
    with lw.Connection(user) as stranger:
        seen = [p["id"] for p in stranger.processes()]
        if number in seen:  # PostgreSQL lists the sessions of others, though not what they do
            with pytest.raises(lw.errors.AccessError):
                stranger.end_process(number)
        else:
            assert not stranger.end_process(number)
    assert administrator.connection_id == number
