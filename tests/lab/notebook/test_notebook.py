"""The lab book in Python: written, signed, kept as it was signed, stamped and verified."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.backends.stores import opened
from tests.lab.notebook.local_authority import LocalAuthority

import labwright as lw
from labwright.lab.notebook import Authority, Link, Notebook
from labwright.lab.notebook.canonical import entry_bytes


def trusting(authority: LocalAuthority) -> Authority:
    return Authority(authority.url, authority.certificates)


def test_an_entry_is_what_was_written(notebook: Notebook, mouse: Any, gel: Path) -> None:
    entry = notebook.write("Ä gel", "a" * 70_000 + "😀\n", author="ana", day="2026-11-23", files=[gel], about=[mouse])
    page = notebook.page(entry)
    assert (page.entry, page.day, page.title, page.author) == (1, date(2026, 11, 23), "Ä gel", "ana")
    assert page.text == "a" * 70_000 + "😀\n"
    assert abs(datetime.now(UTC) - page.made) < timedelta(minutes=1)
    assert [(a.number, a.name, a.media_type, a.size) for a in page.attachments] == [(1, "gel 1.txt", "text/plain", 9)]
    assert notebook.content(entry, 1) == b"two bands"
    target = f"{mouse.id.schema}.Mouse"
    assert page.links == [Link(target, '{"mouse":3}'), Link(target, '{"mouse":4}')]
    assert len(notebook.about(mouse & "mouse = 3")) == 1
    assert len(notebook.about(mouse & "mouse = 5")) == 0


def test_entries_are_numbered_whoever_writes_at_once(notebook: Notebook) -> None:
    def write() -> None:
        with notebook.schema.project:
            numbers.extend(notebook.write("x", author="ana") for _ in range(5))

    numbers: list[int] = []
    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 21))


def test_nothing_is_written_when_a_file_is_not_there(notebook: Notebook) -> None:
    with pytest.raises(FileNotFoundError):
        notebook.write("x", files=["/nowhere"])
    assert len(notebook.Entry) == 0


def test_files_are_in_the_default_store_where_there_is_one(database_url: str, prefix: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path, "raw") as project:
        project.config["stores.default"] = "raw"
        notebook = Notebook(f"{prefix}stored", project=project)
        entry = notebook.write("x", author="ana")
        notebook.attach(entry, b"\0\1", "a.bin")
        assert str(notebook.Entry.Attachment.heading["content"].type) == "<attach@>"
        assert any(path.is_file() for path in (tmp_path / "raw").rglob("*"))
        assert notebook.content(entry, 1) == b"\0\1"
        notebook.sign(entry, "ana")
        for path in (tmp_path / "raw").rglob("*"):
            if path.is_file() and path.read_bytes().endswith(b"\0\1"):
                path.chmod(0o600)
                path.write_bytes(path.read_bytes()[:-1] + b"\2")
        assert not notebook.verify(entry).is_good


def test_a_lab_book_that_is_there_keeps_its_files_where_they_are(notebook: Notebook, tmp_path: Path) -> None:
    entry = notebook.write("x", author="ana")
    project = notebook.schema.project
    project.config.update(
        {"stores.raw.protocol": "file", "stores.raw.location": str(tmp_path), "stores.default": "raw"}
    )
    again = Notebook(notebook.schema.database_name, project=project)
    assert again.attach(entry, b"1", "a.txt") == 1
    assert notebook.content(entry, 1) == b"1"


@pytest.fixture
def signed(notebook: Notebook, gel: Path, mouse: Any) -> int:
    entry = notebook.write("A gel", "Two bands.", author="ana", files=[gel], about=[mouse & "mouse = 3"])
    notebook.sign(entry, "ana", "Ana Silva")
    return entry


CHANGES: list[Callable[[Notebook, dict[str, Any]], object]] = [
    lambda n, key: n.Entry.update1({**key, "title": "no"}),
    lambda n, key: n.Entry.update1({**key, "sealed": False}),
    lambda n, key: n.Entry.update1({**key, "locked_by": "ben"}),
    lambda n, key: (n.Entry & key).delete(prompt=False),
    lambda n, key: (n.Entry & key).delete_quick(),
    lambda n, key: n.Entry.insert1(n.page(key["entry"]).__dict__, replace=True, ignore_extra_fields=True),
    lambda n, key: n.attach(key["entry"], b"1", "b.txt"),
    lambda n, key: n.remove(key["entry"], 1),
    lambda n, key: n.Entry.Attachment.update1({**key, "attachment": 1, "name": "b"}),
    lambda n, key: n.add_links(key["entry"], [Link("lab.Mouse", '{"mouse":9}')]),
    lambda n, key: n.unlink(key["entry"], n.page(key["entry"]).links),
    lambda n, key: (n.Entry.Link & key).delete_quick(),
    lambda n, key: n.Entry.Amended.insert1({**key, "amended": key["entry"]}),
    lambda n, key: n.Signature.update1({**key, "signature": 1, "person": "ben"}),
    lambda n, key: (n.Signature & key).delete(prompt=False),
    lambda n, key: (n.Signature & key).delete_quick(),
    lambda n, key: lw.undo(n.Signature.changes()[0]),
]


def test_what_is_signed_stays(notebook: Notebook, signed: int) -> None:
    before = notebook.page(signed)
    for change in CHANGES:
        with pytest.raises(lw.LabwrightError):
            change(notebook, {"entry": signed})
    assert notebook.page(signed) == before
    assert notebook.verify(signed).is_good
    with pytest.raises(lw.errors.RuleError, match="this entry is signed"):
        notebook.attach(signed, b"1", "b.txt")


def test_what_is_not_sealed_is_not_signed(notebook: Notebook) -> None:
    entry = notebook.write("x", author="ana")
    row = {"entry": entry, "signature": 1, "person": "ana", "full_name": "", "meaning": "author", "how": ""}
    with pytest.raises(lw.errors.RuleError, match="an entry is sealed when it is signed"):
        notebook.Signature.insert1({**row, "signed": datetime.now(UTC), "hash": "0" * 64, "record": "0" * 64})
    assert "It is not signed." in notebook.verify(entry).problems


def test_who_signs(notebook: Notebook) -> None:
    entry = notebook.write("x", author="ana")
    with pytest.raises(lw.LabwrightError, match="The first to sign entry 1 is its author, ana"):
        notebook.sign(entry, "ben")
    assert not notebook.page(entry).sealed
    notebook.sign(entry, "ana")
    notebook.sign(entry, "ben", "Ben Ito", how="by password")
    with pytest.raises(lw.LabwrightError, match="ben has signed entry 1 already"):
        notebook.sign(entry, "ben")
    found = notebook.page(entry).signatures
    assert [(s.person, s.meaning, s.how) for s in found] == [
        ("ana", "author", "in Python"),
        ("ben", "witness", "by password"),
    ]
    assert notebook.verify(entry).is_good


def test_an_amendment_refers_to_what_it_amends(notebook: Notebook, signed: int) -> None:
    entry = notebook.write("Correction", "Three bands.", author="ana", amends=signed)
    assert notebook.page(entry).amended == signed
    notebook.sign(entry, "ana")
    assert b'"amended":1' in entry_bytes(notebook.page(entry))
    assert notebook.verify(signed).is_good


def test_an_entry_that_is_locked_waits(notebook: Notebook, gel: Path) -> None:
    entry = notebook.write("x", author="ana", files=[gel])
    notebook.lock(entry, "ana")
    for change in (*CHANGES[:2], *CHANGES[3:10]):
        with pytest.raises(lw.LabwrightError):
            change(notebook, {"entry": entry})
    with pytest.raises(lw.errors.ConflictError):
        notebook.lock(entry, "ben")
    notebook.comment(entry, "still open for talk", "ben")
    with lw.acting_as("ana", why="found a typo"):
        notebook.unlock(entry)
    notebook.Entry.update1({"entry": entry, "title": "y"})
    told = notebook.Entry.history({"entry": entry})[1]
    assert (told.who, told.why) == ("ana", "found a typo")


def test_others_do_not_sign_away_a_lock(notebook: Notebook) -> None:
    entry = notebook.write("x", author="ana")
    notebook.lock(entry, "ben")
    with pytest.raises(lw.LabwrightError, match="is locked by ben"):
        notebook.sign(entry, "ana")
    notebook.unlock(entry)
    notebook.lock(entry, "ana")
    notebook.sign(entry, "ana")
    assert notebook.page(entry).locked_by == ""


def test_the_hash_can_be_computed_by_others(notebook: Notebook, signed: int) -> None:
    row = (notebook.Entry & {"entry": signed}).fetch1()
    files = (notebook.Entry.Attachment & {"entry": signed}).proj("name", "media_type", "size", "sha256").to_dicts()
    links = (notebook.Entry.Link & {"entry": signed}).to_dicts()
    document = {
        "format": "labwright notebook entry 1",
        "entry": row["entry"], "day": str(row["day"]), "title": row["title"], "text": row["text"],
        "author": row["author"], "made": row["made"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "amended": None,
        "attachments": [{k: v for k, v in file.items() if k != "entry"} for file in files],
        "links": [{"target": link["target"], "row": link["row"]} for link in links],
    }  # fmt: skip
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    expected = (notebook.Signature & {"entry": signed}).fetch1("hash")
    assert hashlib.sha256(text.encode()).hexdigest() == expected


def test_what_is_signed_comes_back_from_a_backup(
    notebook: Notebook, signed: int, prefix: str, tmp_path: Path, mouse: Any
) -> None:
    schema, project = notebook.schema.database_name, notebook.schema.project
    notebook.write("Correction", author="ana", amends=signed)
    lw.backup(tmp_path / "book.zip", schema, connection=project)
    lw.restore(tmp_path / "book.zip", rename={schema: f"{prefix}again"}, connection=project)
    again = Notebook(f"{prefix}again", project=project)
    assert again.verify(signed).is_good
    assert again.page(signed) == notebook.page(signed)
    with pytest.raises(lw.errors.RuleError, match="this entry is signed"):
        again.attach(signed, b"1", "b.txt")


def test_comments_are_no_part_of_what_is_signed(notebook: Notebook, signed: int) -> None:
    assert [notebook.comment(signed, "well, @ana and @ben.b", "cy"), notebook.comment(signed, "!", "cy")] == [1, 2]
    assert [(c.author, c.text) for c in notebook.page(signed).comments] == [
        ("cy", "well, @ana and @ben.b"),
        ("cy", "!"),
    ]
    assert set(notebook.Comment.Mention.to_arrays("person")) == {"ana", "ben.b"}
    assert notebook.verify(signed).is_good


@pytest.mark.parametrize("backend", ["postgres", "mysql"])
def test_nothing_slips_in_while_somebody_signs(notebook: Notebook) -> None:
    """A file that is added at the same time is signed, or refused."""
    entry = notebook.write("x", author="ana")
    added, may_end = threading.Event(), threading.Event()
    problems: list[Exception] = []

    def add() -> None:
        with notebook.schema.project as project:
            try:
                with project.connection.transaction:
                    notebook.attach(entry, b"1", "late.txt")
                    added.set()
                    may_end.wait(30)
            except lw.LabwrightError as error:
                problems.append(error)
                added.set()

    thread = threading.Thread(target=add)
    thread.start()
    assert added.wait(30)
    timer = threading.Timer(0.3, may_end.set)
    timer.start()
    notebook.sign(entry, "ana")
    thread.join()
    timer.join()
    assert notebook.verify(entry).is_good
    assert len(notebook.page(entry).attachments) == 1 - len(problems)


def test_a_signature_is_stamped_and_the_stamp_verified(
    notebook: Notebook, signed: int, authority: LocalAuthority
) -> None:
    notebook.sign(signed, "ben")
    assert notebook.unstamped() == [(signed, 1), (signed, 2)]
    assert notebook.stamp(trusting(authority)) == 2
    assert notebook.unstamped() == []
    assert notebook.stamp(trusting(authority)) == 0
    found = notebook.verify(signed, trusting(authority))
    assert (found.is_good, found.is_stamped) == (True, True)
    for signature in notebook.page(signed).signatures:
        assert signature.stamped is not None
        assert abs(signature.stamped - signature.signed) < timedelta(minutes=1)
    others = notebook.verify(signed, Authority(authority.url, authority.strangers))
    assert not others.is_good
    assert others.problems[0].startswith("The time stamp on the signature of ana does not hold")
    with pytest.raises(lw.errors.RuleError, match="a time stamp is not taken back"):
        (notebook.TimeStamp & {"entry": signed}).delete(prompt=False)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_authority_that_is_away_is_asked_later(notebook: Notebook, signed: int, authority: LocalAuthority) -> None:
    away = Authority("http://127.0.0.1:9/", authority.certificates, timeout=2)
    with pytest.raises(lw.LabwrightError, match="cannot be reached"):
        notebook.stamp(away)
    assert notebook.unstamped() == [(signed, 1)]
    assert notebook.verify(signed).is_good
    assert notebook.stamp(trusting(authority), signed) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    "damage",
    [lambda a: a[:-1] + bytes([a[-1] ^ 1]), lambda a: b"<html>", lambda a: b"", lambda a: b"x" * 2**21],
    ids=["signature", "no answer", "empty", "long"],
)
def test_what_is_no_time_stamp_is_not_kept(
    notebook: Notebook, signed: int, authority: LocalAuthority, damage: Callable[[bytes], bytes]
) -> None:
    authority.damage = damage
    try:
        with pytest.raises(lw.LabwrightError, match=r"does not hold|more than a time stamp"):
            notebook.stamp(trusting(authority))
    finally:
        authority.damage = lambda answer: answer
    assert len(notebook.TimeStamp) == 0


@pytest.mark.parametrize("backend", ["sqlite"])
def test_only_the_web_is_asked(notebook: Notebook, signed: int, gel: Path) -> None:
    with pytest.raises(lw.errors.ConfigError, match="An authority is at https"):
        notebook.stamp(Authority(gel.as_uri(), b""))


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_authority_of_the_settings(project: lw.Project, authority: LocalAuthority, tmp_path: Path) -> None:
    assert Authority.of(project) is None
    project.config["notebook.authority"] = authority.url
    with pytest.raises(lw.errors.ConfigError, match=r"notebook\.certificates is not"):
        Authority.of(project)
    (tmp_path / "root.pem").write_bytes(authority.certificates)
    project.config["notebook.certificates"] = str(tmp_path / "root.pem")
    assert Authority.of(project) == trusting(authority)
