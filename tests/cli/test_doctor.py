"""doctor: it tells what is wrong, shows no password and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import Command
from typer.testing import CliRunner

from labwright.cli.check_database import judged
from labwright.cli.check_machine import REQUIRED, room
from labwright.cli.main import app
from labwright.sql import drives
from labwright.sql.connection import Connection
from labwright.sql.drivers import ServerVersion
from labwright.sql.health import is_too_old
from labwright.sql.rights import Grant, read_grants
from labwright.sql.url import DatabaseUrl, parse_url

PASSWORD = "sw0rdfish"


def report(command: Command, *arguments: object) -> tuple[int, list[dict[str, str]]]:
    """The exit code, and what was found."""
    done = command("doctor", "--json", *arguments)
    assert PASSWORD not in done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["ok"] is (done.returncode == 0)
    return done.returncode, found["findings"]


def about(findings: list[dict[str, str]], subject: str) -> list[dict[str, str]]:
    return [finding for finding in findings if finding["subject"] == subject]


def problems(findings: list[dict[str, str]]) -> list[dict[str, str]]:
    return [finding for finding in findings if finding["level"] == "problem"]


def left(url: str) -> list[str]:
    """What is in the database that the doctor might have made."""
    with Connection(url) as connection:
        if connection.backend == "sqlite":
            return [str(row[0]) for row in connection.fetch("SELECT name FROM sqlite_master")]
        if connection.backend == "postgres":
            return [
                str(row[0]) for row in connection.fetch("SELECT nspname::text FROM pg_namespace") if "doctor" in row[0]
            ]
        return []  # others may be asking the doctor at this moment: see the test with a pattern


def test_all_is_well(command: Command, database_url: str, lab: str) -> None:
    before = left(database_url)
    code, findings = report(command, "--database", database_url)
    assert (code, problems(findings)) == (0, [])
    (rights,) = about(findings, "rights")
    assert "create tables, create temporary tables" in rights["message"]
    assert lab in " ".join(f["message"] for f in about(findings, "schemas"))
    assert left(database_url) == before


def test_packages_that_are_asked_for_are_those_that_are_installed() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert list(REQUIRED) == [re.split(r"[^\w-]", text)[0] for text in project["dependencies"]]


def test_a_report_for_people(command: Command, database_url: str, lab: str) -> None:
    done = command("doctor", "--database", database_url)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok       python    Python 3.")
    assert lines[-1] == "All is well." or lines[-1].endswith("found.")


def test_without_a_database_file(command: Command) -> None:
    code, findings = report(command)
    assert code == 0
    assert "is made at first use" in about(findings, "database")[0]["message"]
    assert list(command.folder.iterdir()) == []


def test_settings_are_listed(command: Command) -> None:
    (command.folder / "labwright.toml").write_text(f'[database]\npassword = "{PASSWORD}"\n', encoding="utf-8")
    done = command("doctor", "--settings")
    assert PASSWORD not in done.stdout
    assert "database.password = " in done.stdout
    assert "safemode = True  (default)" in done.stdout
    assert "holds a secret" in done.stdout


def test_settings_that_cannot_be_read(command: Command) -> None:
    (command.folder / "labwright.toml").write_text("safemod = true\n", encoding="utf-8")
    code, findings = report(command)
    assert code == 1
    (problem,) = problems(findings)
    assert "Did you mean 'safemode'" in problem["message"]


def test_a_server_that_is_not_there(command: Command) -> None:
    code, findings = report(command, "--database", f"postgresql://ana:{PASSWORD}@127.0.0.1:1/lab")
    assert code == 1
    (problem,) = problems(findings)
    assert problem["subject"] == "database"
    assert "127.0.0.1:1 cannot be reached" in problem["message"]
    assert problem["advice"]


def test_a_file_that_is_no_database(command: Command) -> None:
    (command.folder / "x.db").write_text("This is a letter, and no database.\n" * 40, encoding="utf-8")
    code, findings = report(command, "--database", "sqlite:///x.db")
    assert code == 1
    assert "is not a SQLite database" in problems(findings)[0]["message"]


@pytest.mark.skipif(not Path("/proc/mounts").exists(), reason="no table of mounts that could be another")
def test_a_network_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mounts").write_text(f"/dev/sda / ext4 rw 0 0\nnas:/lab {tmp_path.resolve()} cifs rw 0 0\n")
    monkeypatch.setattr(drives, "TABLE", tmp_path / "mounts")
    done = CliRunner().invoke(app, ["doctor", "--database", f"sqlite:///{tmp_path / 'x.db'}"])
    assert done.exit_code == 1
    assert "is on a network drive (cifs)" in done.stdout
    assert not (tmp_path / "x.db").exists()


def quoted(backend: str, name: str) -> str:
    return f"`{name}`" if backend == "mysql" else f'"{name}"'


@contextmanager
def user(url: DatabaseUrl, *grants: str) -> Iterator[DatabaseUrl]:
    """A user with these rights and no more; ``@`` in a grant is the user."""
    name = f"doctor_{secrets.token_hex(4)}"
    made = {"mysql": f"`{name}`@`%%` IDENTIFIED BY", "postgres": f'"{name}" LOGIN PASSWORD'}[url.backend]
    known = {"mysql": f"`{name}`@`%%`", "postgres": f'"{name}"'}[url.backend]
    kind = {"mysql": "USER", "postgres": "ROLE"}[url.backend]
    with Connection(url) as connection:
        connection.script([f"CREATE {kind} {made} '{PASSWORD}'", *(grant.replace("@", known) for grant in grants)])
        try:
            yield replace(url, user=name, password=PASSWORD)
        finally:
            connection.script([*([f"DROP OWNED BY {known}"] if kind == "ROLE" else []), f"DROP {kind} {known}"])


def spelled(url: DatabaseUrl) -> str:
    return str(url).replace(":***@", f":{PASSWORD}@")


@pytest.fixture
def server(backend: str, database_url: str) -> DatabaseUrl:
    if backend == "sqlite":
        pytest.skip("a file has no users")
    return parse_url(database_url)


def test_a_wrong_password(command: Command, server: DatabaseUrl) -> None:
    code, findings = report(command, "--database", spelled(replace(server, password=PASSWORD)))
    assert code == 1
    assert "password" in problems(findings)[0]["advice"]


def test_a_user_without_rights(command: Command, server: DatabaseUrl) -> None:
    with user(server) as guest:
        code, findings = report(command, "--database", spelled(guest))
    assert code == 1
    (problem,) = problems(findings)
    assert problem["message"] == "This user may not create schemas."
    assert problem["advice"].startswith("Ask the administrator for: GRANT ")
    assert guest.user in problem["advice"]


def test_the_advice_helps(command: Command, server: DatabaseUrl) -> None:
    with user(server) as guest:
        _, before = report(command, "--database", spelled(guest))
        with Connection(server) as connection:
            grant = problems(before)[0]["advice"].removeprefix("Ask the administrator for: ")
            connection.script([grant.rstrip(";").replace("%", "%%")])
        code, after = report(command, "--database", spelled(guest))
    assert (code, problems(after)) == (0, [])


def test_who_makes_no_tables_is_only_warned(command: Command, server: DatabaseUrl) -> None:
    (command.folder / "labwright.toml").write_text("[database]\ncreate_tables = false\n", encoding="utf-8")
    with user(server) as guest:
        code, findings = report(command, "--database", spelled(guest))
    assert code == 0
    assert [f["level"] for f in about(findings, "rights") if "may not" in f["message"]] == ["warning"]


def test_a_schema_that_is_only_read(command: Command, backend: str, server: DatabaseUrl, lab: str) -> None:
    name = quoted(backend, lab)
    some = {"mysql": f"GRANT SELECT ON {name}.* TO @", "postgres": f"GRANT USAGE ON SCHEMA {name} TO @"}
    with user(server, some[backend]) as guest:
        code, findings = report(command, "--database", spelled(guest))
    assert code == 1
    assert [f["message"] for f in problems(findings)] == ["This user may not create schemas."]
    (told,) = [f for f in about(findings, "rights") if f["message"] == f"This user may not create tables in '{lab}'."]
    assert "CREATE" in told["advice"]
    assert "SELECT" not in told["advice"]


def test_one_schema_is_enough(command: Command, backend: str, server: DatabaseUrl, lab: str) -> None:
    name = quoted(backend, lab)
    full = {"mysql": f"GRANT ALL ON {name}.* TO @", "postgres": f"GRANT ALL ON SCHEMA {name} TO @"}
    with user(server, full[backend]) as owner:
        code, findings = report(command, "--database", spelled(owner))
    assert code == 0
    rights = {f["level"]: f["message"] for f in about(findings, "rights")}
    assert f"create tables in '{lab}'" in rights["ok"]
    assert rights["warning"] == "This user may not create schemas."


@pytest.mark.mysql
def test_a_user_with_a_pattern_of_schemas(command: Command, backend: str, server: DatabaseUrl, prefix: str) -> None:
    if backend != "mysql":
        pytest.skip("schemas have no patterns here")
    with user(server, f"GRANT ALL PRIVILEGES ON `{prefix.replace('_', chr(92) + '_')}%%`.* TO @") as guest:
        code, findings = report(command, "--database", spelled(guest))
        with Connection(guest) as connection:
            there = [str(name) for (name,) in connection.fetch("SHOW DATABASES")]
    assert (code, problems(findings)) == (0, [])
    assert [name for name in there if name.startswith(prefix)] == []


@pytest.mark.mysql
def test_nothing_is_made_that_could_not_be_removed(
    command: Command, backend: str, server: DatabaseUrl, prefix: str
) -> None:
    if backend != "mysql":
        pytest.skip("elsewhere it is undone")
    with user(server, f"GRANT CREATE ON `{prefix.replace('_', chr(92) + '_')}%%`.* TO @") as guest:
        code, findings = report(command, "--database", spelled(guest))
    assert code == 1
    assert "may not create schemas" in problems(findings)[0]["message"]
    with Connection(server) as connection:
        assert [name for (name,) in connection.fetch("SHOW DATABASES") if str(name).startswith(prefix)] == []


@pytest.mark.skipif(os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may write anywhere")
def test_a_folder_that_is_read_only(command: Command) -> None:
    folder = command.folder / "closed"
    folder.mkdir(mode=0o500)
    code, findings = report(command, "--database", "sqlite:///closed/x.db")
    assert code == 1
    assert "cannot be written to" in problems(findings)[0]["message"]


def test_a_read_only_file(command: Command, tmp_path: Path) -> None:
    with Connection(f"sqlite:///{tmp_path / 'x.db'}") as connection:
        connection.script(["CREATE TABLE t (x INTEGER)"])
    code, findings = report(command, "--database", f"sqlite:///{tmp_path / 'x.db'}?mode=ro")
    assert code == 1
    assert "may not create tables" in problems(findings)[0]["message"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_allowed_packet": "16777216"}, "16 MiB"),
        ({"log_bin": "ON", "log_bin_trust_function_creators": "OFF"}, "Triggers"),
        ({"character_set_server": "latin1", "collation_server": "latin1_swedish_ci"}, "latin1_swedish_ci"),
        ({"default_storage_engine": "MyISAM"}, "MyISAM"),
        ({"read_only": "ON"}, "only be read"),
        ({"server_encoding": "SQL_ASCII"}, "SQL_ASCII"),
        ({"in_hot_standby": "on"}, "read-only copy"),
        ({"default_transaction_read_only": "on"}, "read-only here"),
    ],
)
def test_settings_of_servers(settings: dict[str, str], said: str) -> None:
    (finding,) = judged(settings)
    assert said in finding.message
    assert finding.advice


def test_good_settings_of_servers() -> None:
    good = {"log_bin": "ON", "log_bin_trust_function_creators": "ON", "read_only": "OFF", "server_encoding": "UTF8"}
    assert list(judged(good)) == []


VERSIONS: list[tuple[str, tuple[int, ...], bool]] = [
    ("sqlite", (3, 36, 9), True),
    ("sqlite", (3, 37), False),
    ("postgres", (11, 22), True),
    ("postgres", (12,), False),
    ("mysql", (8, 0, 15), True),
    ("mysql", (8, 0, 16), False),
    ("mysql", (9, 1, 0), False),
    ("mariadb", (10, 5, 99), True),
    ("mariadb", (10, 6, 0), False),
]


@pytest.mark.parametrize(("product", "numbers", "old"), VERSIONS)
def test_old_servers(product: str, numbers: tuple[int, ...], old: bool) -> None:
    assert is_too_old(ServerVersion(product, numbers, "")) is old


@pytest.mark.parametrize(("free", "level"), [(1 << 40, "ok"), (1 << 29, "warning"), (1 << 20, "problem")])
def test_room(free: int, level: str) -> None:
    assert room(Path("data"), free).level == level


def test_grants_are_read() -> None:
    lines = [
        "GRANT USAGE ON *.* TO `ana`@`%%` IDENTIFIED BY PASSWORD '*0123'",
        "GRANT SELECT, CREATE, DROP ON `ana\\_%`.* TO `ana`@`%`",
        "GRANT ALL PRIVILEGES ON `we``ird`.* TO `ana`@`%` WITH GRANT OPTION",
        "GRANT SELECT ON `one`.`table` TO `ana`@`%`",
        "GRANT `role`@`%` TO `ana`@`%`",
    ]
    usage, mine, weird = read_grants(lines)
    assert (usage.is_open, usage.has("CREATE")) == (True, False)
    assert (mine.is_open, mine.has("CREATE"), mine.has("ALTER"), mine.name("x")) == (True, True, False, "ana_x")
    assert (weird.is_open, weird.pattern, weird.has("ALTER")) == (False, "we`ird", True)


@pytest.mark.parametrize(("pattern", "name"), [("*", "x"), ("a%", "ax"), (r"a\_b\_%", "a_b_x"), (r"a%\%%", "ax%")])
def test_a_name_for_a_pattern(pattern: str, name: str) -> None:
    assert Grant(pattern, frozenset()).name("x") == name
