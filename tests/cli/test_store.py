"""`labwright store`, as people run it, in projects with a database of their own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backends.stores import own_database
from tests.cli.conftest import Command

import labwright as lw
from labwright.tables.config import Config
from labwright.tables.store_files import adding_store

SETTINGS = """\
[database]
url = {url}

[stores]
default = "main"

[stores.main]
protocol = "file"
location = "main"

[stores.spare]
protocol = "file"
location = "spare"
"""


@pytest.fixture
def schema(command: Command, database_url: str, prefix: str) -> Iterator[lw.Schema]:
    """Three values in the store `main` of a project, in the folder where commands run."""
    with own_database(database_url, prefix) as url:
        text = str(url).replace(":***@", f":{url.password}@")
        (command.folder / "labwright.toml").write_text(SETTINGS.format(url=json.dumps(text)), encoding="utf-8")
        with lw.Project(settings=Config(command.folder)) as project:
            schema = lw.Schema(f"{prefix}lab", connection=project)

            @schema
            class Scan(lw.Manual):
                history = False
                definition = """
                scan : int32
                ---
                raw : <hash@>
                """

            Scan.insert([(i, b"%d" % i) for i in range(3)])
            yield schema


def table(schema: lw.Schema) -> type[lw.Table]:
    return lw.virtual_schema(schema.database_name, connection=schema.project)["Scan"]


def files(folder: Path) -> list[bytes]:
    return sorted(p.read_bytes() for p in (folder / "_hash").rglob("*") if p.is_file())


def test_stores_are_listed(command: Command, schema: lw.Schema) -> None:
    first, second = command.out("store", "list").splitlines()
    assert first == f"main (default)  file: {command.folder / 'main'}  3 objects, 3 B"
    assert second == f"spare  file: {command.folder / 'spare'}  0 objects, 0 B"


def test_a_store_that_is_only_read_from(command: Command, schema: lw.Schema) -> None:
    with (command.folder / "labwright.toml").open("a", encoding="utf-8") as file:
        file.write('\n[stores.web]\nprotocol = "http"\nurl = "http://me:SwOrDfIsH@127.0.0.1:9/x?sig=SwOrDfIsH"\n')
    assert (
        command.out("store", "list").splitlines()[2].startswith("web  http: http://me:**********@127.0.0.1:9/x?sig=*")
    )
    assert command.out("store", "check", "web").startswith("web: it can only be read, ")
    done = command("store", "copy", "main", "web")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Error: The store 'web' cannot put ")
    assert "SwOrDfIsH" not in done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("verify", "mian"), "There is no store 'mian'.*main"),
        (("gc", "--grace-days", "inf"), "Invalid value for '--grace-days'"),
    ],
    ids=["verify", "gc"],
)
def test_what_is_misspelt_is_told(command: Command, schema: lw.Schema, given: tuple[str, ...], said: str) -> None:
    done = command("store", *given)
    assert done.returncode
    assert re.search(said, done.stderr)
    assert "Traceback" not in done.stderr


def test_damage_is_found_and_mended(command: Command, schema: lw.Schema) -> None:
    assert command.out("store", "copy", "main", "spare").startswith("3 objects with 3 B were copied")
    assert files(command.folder / "spare") == [b"0", b"1", b"2"]
    bad, gone, _ = sorted(p for p in (command.folder / "main" / "_hash").rglob("*") if p.is_file())
    bad.write_bytes(b"x")
    gone.unlink()
    done = command("store", "verify")
    assert done.returncode == 1
    assert "damaged  main: " in done.stdout
    assert "missing  main: " in done.stdout
    assert done.stdout.endswith("6 objects were looked at; 2 are not as they should be.\n")
    assert command.out("store", "verify", "spare").startswith("3 objects")
    assert command("store", "verify", "main", "--quick").returncode == 1
    said = command.out("store", "verify", "--repair")
    assert said.count("repaired  main: ") == 2
    assert command.out("store", "verify") == "6 objects were looked at; 0 are not as they should be.\n"


def test_garbage_goes_in_two_steps(command: Command, schema: lw.Schema) -> None:
    (table(schema) & "scan > 0").delete(prompt=False)
    said = command.out("store", "gc", "--delete", "--grace-days", 0)
    assert said.startswith("2 objects (2 B) put into quarantine, since no row refers to them.\n  main: _hash/")
    said = command.out("store", "gc", "--grace-days", 0)
    assert "2 objects (2 B) would be deleted.\n" in said
    assert said.endswith("Nothing was changed. Do it with: labwright store gc --delete\n")
    assert "2 objects (2 B) in quarantine, and not long enough to be deleted.\n" in command.out("store", "gc")
    assert files(command.folder / "main") == [b"0", b"1", b"2"]
    assert "2 objects (2 B) deleted.\n" in command.out("store", "gc", "--delete", "--grace-days", 0)
    assert files(command.folder / "main") == [b"0"]


def test_a_scan_finds_what_nobody_knows(command: Command, schema: lw.Schema) -> None:
    stray = command.folder / "main" / "_hash" / schema.database_name / "stray"
    stray.write_bytes(b"left by a program that died")
    assert "0 objects that nobody knows" in command.out("store", "gc", "--scan")
    os.utime(stray, (0, 0))
    assert "1 objects that nobody knows (27 B) would be quarantined.\n" in command.out("store", "gc", "--scan")
    assert "1 objects that nobody knows (27 B) quarantined.\n" in command.out("store", "gc", "--scan", "--delete")
    command.out("store", "gc", "--delete", "--grace-days", 0)
    assert files(command.folder / "main") == [b"0", b"1", b"2"]


def test_what_datajoint_has_stored_is_adopted(command: Command, schema: lw.Schema) -> None:
    database = schema.project.database
    (path,) = (p for p in (command.folder / "main" / "_hash").rglob("*") if p.is_file() and p.read_bytes() == b"1")
    other = path.with_name("foreign")
    other.write_bytes(b"foreign")
    key = other.relative_to(command.folder / "main").as_posix()
    name, mark = database.dialect.table(schema.database_name, "scan"), database.dialect.placeholder
    told = json.dumps({"path": key, "store": "main", "hash": "x", "size": 7})
    database.connection.execute(f"INSERT INTO {name} (scan, raw) VALUES (9, {mark})", (told,), write=True)
    assert command.out("store", "adopt") == "1 objects entered the catalogue.\n"
    assert command.out("store", "adopt") == "0 objects entered the catalogue.\n"
    assert command.out("store", "list").startswith("main (default)  file: ")
    assert "4 objects, 10 B" in command.out("store", "list")
    assert command.out("store", "verify").startswith("4 objects were looked at; 0 ")


def test_a_claim_that_is_not_known_is_told_and_released(command: Command, schema: lw.Schema) -> None:
    (claim,) = (command.folder / "main" / "_labwright" / "claims").iterdir()
    other = claim.with_name(f"{'ab' * 16}.json")
    other.write_text(json.dumps({"schema": "gone", "database": "elsewhere"}), encoding="utf-8")
    release = f"labwright store release main {'ab' * 16}"
    assert release in command("store", "gc").stderr
    done = command("store", "check", "main")
    assert (done.returncode, release in done.stdout) == (1, True)
    assert command.out(*release.split()[1:]) == f"Released: {'ab' * 16} (schema 'gone' of elsewhere).\n"
    assert command.out("store", "check", "main").endswith(f"main: used by {schema.database_name}\n")


def test_what_a_backup_needs_is_held(command: Command, schema: lw.Schema) -> None:
    said = command.out("backup", "rows.zip", schema.database_name, "--no-objects")
    holder = said.partition("keep them for '")[2].partition("'")[0]
    assert command.out("store", "holds") == f"{holder}  3 objects\n"
    table(schema).delete(prompt=False)
    assert command.out("store", "gc").startswith("0 objects")
    assert "Nobody holds objects as 'rows'" in command("store", "let-go", "rows").stderr
    assert command.out("store", "let-go", holder) == f"3 objects are no longer held for {holder!r}.\n"
    assert command.out("store", "holds") == ""
    assert command.out("store", "gc").startswith("3 objects (3 B) would be put into quarantine")


def test_a_backup_tells_of_its_objects(command: Command, schema: lw.Schema, prefix: str) -> None:
    name = schema.database_name
    assert "\n3 objects (3 bytes)\nWritten to lab.zip" in command.out("backup", "lab.zip", name)
    assert command.out("verify", "lab.zip").endswith("\n3 objects (3 bytes)\nlab.zip is sound.\n")
    command.out("backup", "rows.zip", name, "--no-objects")
    (command.folder / "main").rename(command.folder / "away")
    said = command.out("restore", "rows.zip", "--rename", f"{name}={prefix}copy")
    assert said.count("missing  main: _hash/") == 3
    assert "3 objects that rows refer to are not in the stores of this project." in said


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
class TestAdd:
    def test_a_store_is_written_into_the_settings(self, command: Command, backend: str) -> None:
        command.out("init", ".")
        said = command.out("store", "add", "raw", "--protocol", "file", "--set", "location=data/raw")
        assert said.startswith(f"wrote {command.folder / 'labwright.toml'}\nraw: it can be written, never overwrites")
        assert command.out("store", "check", "raw").endswith("raw: no schema uses it yet\n")
        assert "local (default)" in command.out("store", "list")
        assert "There is a store 'raw' already" in command("store", "add", "raw", "--protocol", "file").stderr

    def test_the_first_store_does_not_become_the_default(self, command: Command, backend: str) -> None:
        command.out("store", "add", "raw", "--protocol", "file", "--set", "location=raw", "--set", "subfolding=[2, 2]")
        settings = Config(command.folder).settings
        assert settings.stores.default == "local"
        assert settings.stores.named["raw"].subfolding == (2, 2)
        command.out("store", "add", "more", "--protocol", "file", "--set", "location=more")
        assert set(Config(command.folder).settings.stores.named) == {"raw", "more"}

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("x",), "Which protocol"),
            (("x", "--protocol", "file"), "lacks stores.x.location"),
            (("x", "--protocol", "file", "--set", "location"), "--set wants KEY=VALUE"),
            (("x", "--protocol", "file", "--set", "location=a", "--set", "bucket=b"), "no setting 'bucket'"),
            (("x y", "--protocol", "memory"), "letters, digits"),
            (("x", "--protocol", "carrier-pigeon"), "carrier-pigeon"),
            (("x", "--protocol", "file", "--set", "location=labwright.toml/x"), "labwright.toml"),
            ((), "takes 1 names"),
        ],
    )
    def test_nothing_is_written_that_cannot_be_used(
        self, command: Command, backend: str, arguments: tuple[str, ...], said: str
    ) -> None:
        command.out("init", ".")
        before = (command.folder / "labwright.toml").read_text(encoding="utf-8")
        done = command("store", "add", *arguments)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
        assert (command.folder / "labwright.toml").read_text(encoding="utf-8") == before

    @pytest.mark.parametrize("profile", [None, "lab"])
    def test_secrets_go_into_files_of_their_own(self, tmp_path: Path, backend: str, profile: str | None) -> None:
        if profile:
            (tmp_path / "labwright.toml").write_text(f"profile = '{profile}'\n[lab]\n", encoding="utf-8")
        given = {"protocol": "s3", "bucket": "b", "secret_key": "hunter2"}
        with adding_store(Config(tmp_path).settings, "far", given) as (written, secret):
            found = Config(tmp_path).settings.stores.named["far"]
            assert found.secret_key is not None
            assert found.secret_key.get_secret_value() == "hunter2"
            assert "hunter2" not in written.read_text(encoding="utf-8")
            assert secret.read_text(encoding="utf-8") == "hunter2"
        assert (tmp_path / ".secrets" / ".gitignore").exists()

    def test_a_secret_is_asked_for_and_not_left(self, command: Command, backend: str) -> None:
        given = ("--protocol", "s3", "--set", "bucket=b", "--set", "endpoint=127.0.0.1:1", "--set", "secure=false")
        done = command(
            "store", "add", "far", *given, "--set", "access_key=left", "--set", "secret_key", typed="hunter2\n"
        )
        assert done.returncode == 1
        assert "hunter2" not in done.stdout + done.stderr
        assert not (command.folder / "labwright.toml").exists()
        assert not list((command.folder / ".secrets").glob("stores.*"))


def interrupted(table: type[lw.Manual]) -> None:
    """Stage a file, and no more."""
    with table.staged_insert(resume="monday") as staged:
        staged.row(movie=7).store("frames")["1.raw"] = b"frame"
        raise InterruptedError


def test_what_is_being_staged_is_listed_and_given_up(command: Command, schema: lw.Schema) -> None:
    @schema
    class Movie(lw.Manual):
        definition = """
        movie : int32
        ---
        frames : <object@>
        """

    with pytest.raises(InterruptedError):
        interrupted(Movie)
    first, second = command.out("store", "staging").splitlines()
    assert first.startswith("main: monday  1 files, 5 B, the newest of ")
    assert second.startswith(f"  {schema.database_name}.movie.frames  movie=7  begun by ")
    assert command.out("store", "staging", "spare") == ""
    assert "0 stagings that nobody goes on with (0 B) would be removed." in command.out("store", "gc", "--scan")
    told = command.out("store", "gc", "--scan", "--delete", "--grace-days", "0")
    assert "1 stagings that nobody goes on with (5 B) removed." in told
    assert command.out("store", "staging") == ""
    assert files(command.folder / "main") == [b"0", b"1", b"2"]
