"""What of the lab book each person may read, write and sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.stores import opened

import labwright as lw
from labwright.lab.notebook import Link, Notebook
from labwright.web.accounts.person import Person
from labwright.web.desk.desk import Desk
from labwright.web.desk.lab_book.book import LabBook, find_lab_book, lab_book, start
from labwright.web.desk.lab_book.reading import Wanted
from labwright.web.desk.past import recent, undo
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, NotThereError, RefusalError
from labwright.web.desk.workspace import Workspace
from labwright.web.notices.tables import notices
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

READ = frozenset({Verb.READ})
WRITING = frozenset({Verb.READ, Verb.INSERT, Verb.SIGN})
ALL = frozenset(Verb)
OWN = frozenset({Verb.UPDATE, Verb.DELETE})


def grant(verbs: frozenset[Verb], table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


USUAL = (grant(WRITING), grant(OWN, scope=Scope.OWN))
"""What researchers may do in the lab book unless somebody says otherwise."""


@pytest.fixture
def project(database_url: str, tmp_path: Path, prefix: str) -> Iterator[lw.Project]:
    """A project with settings of its own."""
    with opened(database_url, tmp_path) as project:
        yield project


@pytest.fixture
def place(project: lw.Project, prefix: str, schema: lw.Schema) -> Callable[..., LabBook]:
    """The lab book of the test, at the desk of whoever is named, with some rights."""
    project.config["notebook.schema_name"] = f"{prefix}notebook"
    Notebook(f"{prefix}notebook", project=project)
    table(schema, "Mouse", "mouse : int32\n---\nname : varchar(20)").insert([(3, "Ida"), (4, "Bo")])
    workspace = Workspace(project, schemas=[f"{prefix}*"], kept=f"{prefix}app")

    def at(person: str, *grants: Grant, colleagues: tuple[str, ...] = ()) -> LabBook:
        who = Person(person, person.title(), role=Role.RESEARCHER)
        return lab_book(Desk(workspace, who, Rights.of(who, grants or USUAL), colleagues))

    return at


Place = Callable[..., LabBook]


def test_whoever_writes_is_the_author(place: Place) -> None:
    book = place("ana")
    entry = book.write("A gel", "Two bands.", date(2026, 11, 23))
    page = place("ben").page(entry)
    assert (page.author, page.title, page.day) == ("ana", "A gel", date(2026, 11, 23))
    (owner,) = book.notebook.Entry.owned_by("ana").to_arrays("entry").tolist()
    assert owner == entry


def test_others_change_nothing_of_what_is_mine(place: Place) -> None:
    entry = place("ana").write("A gel")
    place("ana").attach(entry, "gel.txt", b"1", "text/plain")
    ben = place("ben")
    link = f"{ben.entries.schema.removesuffix('notebook')}lab.Mouse"
    deeds: list[Callable[[], object]] = [
        lambda: ben.edit(entry, {"title": "no"}),
        lambda: ben.attach(entry, "b.txt", b"1", "text/plain"),
        lambda: ben.remove(entry, 1),
        lambda: ben.link(entry, link, "3"),
        lambda: ben.unlink(entry, link, "{}"),
        lambda: ben.lock(entry),
        lambda: ben.restore(entry, "x"),
    ]
    before = ben.page(entry)
    for deed in deeds:
        with pytest.raises(NotAllowedError):
            deed()
    assert place("ana").page(entry) == before


def test_the_lab_s_entries(place: Place) -> None:
    entry = place("ana").write("A gel")
    rights = (grant(WRITING), grant(OWN, scope=Scope.LAB))
    place("ben", *rights, colleagues=("ana", "ben")).edit(entry, {"title": "Our gel"})
    with pytest.raises(NotAllowedError):
        place("cy", *rights, colleagues=("cy",)).edit(entry, {"title": "no"})
    assert place("ana").page(entry).title == "Our gel"


def test_what_may_not_be_read_is_not_there(place: Place) -> None:
    entry = place("ana").write("Secret gel", "bands")
    place("ana").attach(entry, "gel.txt", b"1", "text/plain")
    place("ana").comment(entry, "hm")
    only_own = place("ben", grant(WRITING, scope=Scope.OWN))
    deeds: list[Callable[[], object]] = [
        lambda: only_own.page(entry),
        lambda: only_own.attachment(entry, 1),
        lambda: only_own.comment(entry, "x"),
        lambda: only_own.sign(entry, "x"),
        lambda: only_own.verify(entry),
        lambda: only_own.to_pdf([entry]),
        lambda: only_own.to_eln([entry], "x"),
        lambda: only_own.write("x", amends=entry),
        lambda: only_own.unlock(entry),
    ]
    for deed in deeds:
        with pytest.raises(NotThereError):
            deed()
    assert len(only_own.find(Wanted(text="gel"))) == 0
    assert only_own.authors() == []
    with pytest.raises(NotThereError):
        place("ben", grant(READ, table="Template"))
    assert place("ben", grant(READ, table="Entry")).page(entry).comments == ()
    with pytest.raises(NotThereError):
        place("ben", grant(READ, table="Entry")).attachment(entry, 1)


def test_a_hidden_text_is_hidden_everywhere(place: Place) -> None:
    entry = place("ana").write("A gel", "the bands are secret")
    shy = place("ben", grant(ALL, hidden=frozenset({"text"})))
    assert shy.page(entry).text == ""
    assert len(shy.find(Wanted(text="secret"))) == 0
    assert "text" not in shy.find(Wanted()).heading
    for deed in (shy.to_pdf, lambda n: shy.to_eln(n, "x"), lambda n: shy.verify(n[0]), lambda n: shy.sign(n[0], "x")):
        with pytest.raises(NotAllowedError, match="You do not see all of the lab book"):
            deed([entry])
    with pytest.raises(NotThereError):
        place("ben", grant(ALL, hidden=frozenset({"author"})))


def test_nobody_writes_in_the_name_of_others(place: Place) -> None:
    """Forms, files and programs do not enter rows of the lab book, whatever somebody may do."""
    book = place("ana", grant(ALL))
    entry = book.write("A gel")
    for title in ("Entry", "Entry.Attachment", "Entry.Link", "Comment", "Signature", "TimeStamp"):
        sheet = book.beside(title)
        assert sheet is not None
        assert (sheet.may(Verb.INSERT), sheet.may(Verb.UPDATE)) == (False, False)
        with pytest.raises(NotAllowedError, match="are written in the lab book"):
            sheet.insert([{"entry": entry}])
    with pytest.raises(NotAllowedError):
        book.entries.update({"entry": entry}, {"author": "ben"})
    with pytest.raises(BadRequestError):
        book.edit(entry, {"author": "ben"})
    with pytest.raises(BadRequestError):
        book.edit(entry, {"sealed": True})
    template = book.beside("Template")
    assert template is not None
    template.insert([{"template": "gel", "title": "Gel", "text": "Lanes:"}])
    assert book.templates() == {"gel": ("Gel", "Lanes:")}


def test_rows_are_found_by_those_who_may_see_them(place: Place, schema: lw.Schema) -> None:
    name = schema.database_name
    mouse = f"[[{name}.Mouse/3]]"
    ana = place("ana")
    entry = ana.write("x", f"{mouse} and [[{name}.Mouse/99]] and [[{name}.Nothing/1]]")
    assert ana.page(entry).links == [Link(f"{name}.Mouse", '{"mouse":3}', True)]
    ana.link(entry, f"{name}.Mouse", "4")
    with pytest.raises(BadRequestError):
        ana.link(entry, f"{name}.Mouse", "99")
    ana.edit(entry, {"text": "none"})
    assert ana.page(entry).links == [Link(f"{name}.Mouse", '{"mouse":4}', False)]
    blind = place("ben", Grant(Role.RESEARCHER, None, "*notebook", "*", ALL))
    assert blind.resolve(f"{name}.Mouse", "3") is None
    with pytest.raises(BadRequestError, match="There is no row 3"):
        blind.link(entry, f"{name}.Mouse", "3")
    sheet = ana.desk.sheet(f"{name}.Mouse")
    assert [row["entry"] for row in ana.about(sheet, sheet.row({"mouse": 4}))] == [entry]
    assert ana.about(sheet, sheet.row({"mouse": 3})) == []
    only_own = place("ben", grant(READ, scope=Scope.OWN))
    assert only_own.about(sheet, {"mouse": 4, "name": "Bo"}) == []


def test_two_people_change_the_same_entry(place: Place) -> None:
    book = place("ana")
    entry = book.write("A gel", "Two bands.")
    book.edit(entry, {"text": "Three bands."}, {"text": "Two bands."})
    with pytest.raises(lw.errors.ConflictError):
        book.edit(entry, {"text": "Four bands."}, {"text": "Two bands."})
    book.edit(entry, {"title": "The gel"}, {"title": "A gel"})
    assert (book.page(entry).title, book.page(entry).text) == ("The gel", "Three bands.")


def test_what_was_before_is_written_again(place: Place) -> None:
    book = place("ana")
    entry = book.write("A gel", "Two bands.")
    book.edit(entry, {"text": "oops", "title": "?"})
    change = book.notebook.Entry.history({"entry": entry})[0]
    book.restore(entry, change.id)
    assert (book.page(entry).title, book.page(entry).text) == ("A gel", "Two bands.")
    with pytest.raises(NotThereError):
        book.restore(entry, "no such")


def test_a_deletion_is_taken_back(place: Place) -> None:
    book = place("ana", grant(ALL))
    entry = book.write("A gel")
    with book.desk.acting():
        (book.notebook.Entry & {"entry": entry}).delete(prompt=False)
    undo(book.desk, recent(book.desk)[0])
    assert book.page(entry).title == "A gel"


def test_comments_need_the_right_to_comment(place: Place) -> None:
    entry = place("ana").write("A gel")
    silent = place("ben", grant(READ))
    assert not silent.may_comment()
    with pytest.raises(NotAllowedError):
        silent.comment(entry, "hm")
    place("cy").comment(entry, "@ana well")
    assert [(c.author, c.text) for c in silent.page(entry).comments] == [("cy", "@ana well")]
    told = notices(silent.desk.workspace.keeping).to_dicts()
    said = "Cy mentions you in a comment on entry 1 of the lab book."
    assert [(n["person"], n["kind"], n["text"]) for n in told] == [("ana", "mention", said)]
    assert told[0]["link"] == f"/notebook/{entry}#comment-1"


def test_who_signs(place: Place) -> None:
    ana, ben = place("ana"), place("ben")
    entry = ana.write("A gel")
    for book in (ben, place("ana", grant(frozenset({Verb.READ, Verb.UPDATE})))):
        assert not book.may_sign(book.page(entry))
        with pytest.raises((NotAllowedError, lw.LabwrightError)):
            book.sign(entry, "x")
    ana.sign(entry, "by password")
    ben.sign(entry, "by oidc")
    found = ben.page(entry).signatures
    assert [(s.person, s.full_name, s.meaning, s.how) for s in found] == [
        ("ana", "Ana", "author", "by password"),
        ("ben", "Ben", "witness", "by oidc"),
    ]
    assert ben.verify(entry).is_good
    with pytest.raises(lw.errors.RuleError):
        ana.edit(entry, {"title": "no"})
    with pytest.raises(lw.errors.IntegrityError, match="a signature is not taken back"):
        undo(place("ana", grant(ALL)).desk, recent(place("ana", grant(ALL)).desk)[0])
    assert ben.verify(entry).is_good


def test_a_lock_is_opened_by_who_made_it(place: Place) -> None:
    rights = (grant(WRITING | OWN),)
    ana, ben = place("ana", *rights), place("ben", *rights)
    entry = ana.write("A gel")
    ana.lock(entry)
    with pytest.raises(lw.errors.RuleError, match="this entry is locked"):
        ben.edit(entry, {"title": "x"})
    with pytest.raises(NotAllowedError, match="ana has locked this entry"):
        ben.unlock(entry)
    place("cy", grant(ALL)).unlock(entry, "ana is away")
    ben.edit(entry, {"title": "x"})
    told = [c for c in ana.notebook.Entry.history({"entry": entry}) if c.why == "ana is away"]
    assert [c.who for c in told] == ["cy"]


def test_entries_are_found(place: Place, schema: lw.Schema) -> None:
    ana, ben = place("ana"), place("ben")
    one = ana.write("A gel", "100% agarose_", date(2026, 1, 1), about=f"{schema.database_name}.Mouse/3")
    two = ben.write("Notes", "the GEL of ana", date(2026, 2, 1))
    ben.sign(two, "x")

    def found(**wanted: Any) -> list[int]:
        return [int(n) for n in ana.find(Wanted(**wanted)).to_arrays("entry", order_by="entry")]

    assert found() == [one, two]
    assert found(text="gel") == [one, two]
    assert found(text="gel ana") == [two]
    assert found(text="100% agarose_") == [one]
    assert found(text="agaroseX") == []
    assert found(author="ben") == [two]
    assert found(signed=True) == [two]
    assert found(signed=False) == [one]
    assert found(since=date(2026, 1, 2)) == [two]
    assert found(until=date(2026, 1, 1)) == [one]
    assert found(target=f"{schema.database_name}.Mouse") == [one]
    assert (ana.authors(), ana.targets()) == (["ana", "ben"], [f"{schema.database_name}.Mouse"])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_lab_book_is_begun(project: lw.Project) -> None:
    def desk(*grants: Grant) -> Desk:
        who = Person("ana", role=Role.RESEARCHER)
        return Desk(workspace, who, Rights.of(who, grants))

    workspace = Workspace(project)
    assert find_lab_book(desk(grant(ALL))) is None
    with pytest.raises(RefusalError):
        start(desk(grant(WRITING)))
    with pytest.raises(NotThereError):
        lab_book(desk(grant(ALL)))
    start(desk(grant(ALL)))
    assert lab_book(desk(grant(ALL))).write("x") == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_everybody_may_do_at_first(project: lw.Project) -> None:
    Notebook(project=project)
    workspace = Workspace(project)
    for role in (Role.TECHNICIAN, Role.RESEARCHER):
        who = Person(f"a {role}", role=role)
        book = lab_book(Desk(workspace, who, Rights.of(who)))
        entry = book.write("mine")
        book.edit(entry, {"title": "still mine"})
        book.comment(entry, "well")
        book.sign(entry, "x")
    reader = Person("r", role=Role.READER)
    book = lab_book(Desk(workspace, reader, Rights.of(reader)))
    assert not book.may_write()
    assert book.page(1).title == "still mine"
