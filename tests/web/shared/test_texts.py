"""Texts of people are texts at every address, whatever they have written and wherever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import part, table
from tests.backends.stores import opened
from tests.web.accounts.bench import OFFICE
from tests.web.pages.form import Filled
from tests.web.shared.routes import USES, there
from tests.web.shared.server import Server, server_of

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.accounts.person import Person
from labwright.web.notices.notify import notify
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Role, Verb

EVIL = "zq<img src=x onerror=zq()>'\"><script>zq()</script>{{9973*9967}}"
"""What would do something, were it taken for more than a text; `zq` is nowhere else."""
HOME = "notebook"
"""The schema of the lab book, which is that of all others here."""
ATTACK = re.compile(r"^on|^style$|^srcdoc$")
RUNS = ("javascript:", "data:text/html", "vbscript:")
ENDLESS = frozenset({"/events"})


class Seen(HTMLParser):
    """What a browser would make of a page: elements and attributes that nobody of us has written."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_ours = tag == "script" and given.get("src", "").startswith("/static/")
        if (tag in ("script", "iframe", "object", "embed", "base") and not is_ours) or given.get("src") == "x":
            self.wrong.append(self.get_starttag_text() or tag)
        for name, value in given.items():
            if ATTACK.search(name) or "zq" in name or value.strip().lower().startswith(RUNS):
                self.wrong.append(self.get_starttag_text() or tag)
        self.texts += given.values()
        self.links += [value for name, value in given.items() if name in ("href", "src") and value.startswith("/")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of people who have written it wherever they can."""
    folder: Path = tmp_path_factory.mktemp("texts")
    with opened(f"sqlite:///{folder}/lab.db", folder) as project:
        schema = lw.Schema(HOME, connection=project)
        declare(schema, folder)
        book = Notebook(project=project)
        with server_of(schema, "accounts") as server:
            live(server)
            write_book(server, book)
            yield server


def declare(schema: lw.Schema, folder: Path) -> None:
    """Comments of a table and of an attribute, values of all kinds of texts, a job that fails, and files."""

    def make(self: Any, key: dict[str, Any]) -> None:
        raise ValueError(EVIL)

    mouse = table(
        schema,
        "Mouse",
        f"# {EVIL}\nmouse : varchar(200)  # {EVIL}\n---\nname : varchar(200)  # {EVIL}\nnotes = null : varchar(2000)\n"
        "about = null : json\nheld = null : <blob>\nfile = null : <attach>",
        Weighing=part("Weighing", "-> master\nweighing : varchar(200)\n---\nsaid : varchar(200)"),
    )
    table(schema, "Score", f"# {EVIL}\n-> Mouse\n---\nscore : float64", lw.Computed, make=make)
    file = folder / EVIL.replace("/", "_")[:100]
    file.write_text(EVIL)
    held = {EVIL: [EVIL, {EVIL: EVIL}]}
    mouse.insert1({"mouse": EVIL, "name": EVIL, "notes": EVIL, "about": held, "held": held, "file": str(file)})
    mouse.Weighing.insert1((EVIL, EVIL, EVIL))
    with lw.acting_as("root"), lw.change(EVIL):
        mouse.update1({"mouse": EVIL, "notes": EVIL + "2"})
    schema["Score"].populate(reserve_jobs=True, suppress_errors=True)


def live(server: Server) -> None:
    """People, what they have saved, devices, and what they are told."""
    accounts, client = server.entrance.accounts, server.let_in("root")
    accounts.people.create(Person("zq", EVIL, "zq@lab", Role.RESEARCHER, EVIL[:60]), OFFICE, by="test")
    accounts.grants.put([Grant(None, "zq", "*", EVIL[:60], frozenset({Verb.READ}))], OFFICE, by="root")
    agent = {"user-agent": EVIL}
    client.post("/me/tokens", data={"label": EVIL, "days": "3"}, headers=agent)
    server.client().post("/login", data={"name": EVIL, "password": EVIL}, headers=agent)
    accounts.sessions.open(server.person("zq"), OFFICE, device=EVIL[:60])
    accounts.sessions.open(server.person("root"), OFFICE, device=EVIL[:60])
    for path, given in (
        (f"/views/{HOME}.Mouse", {"name": EVIL[:60], "query": f"name.has={quote(EVIL)}", "shared": "yes"}),
        (f"/new/{HOME}.Mouse", {"mouse": EVIL, "name": EVIL, ".do": "draft"}),
        (f"/new/{HOME}.Mouse", {"name": EVIL, ".name": EVIL[:60], ".do": "template"}),
        (f"/import/{HOME}.Mouse/paste", {"text": f"mouse,{EVIL}\n{EVIL},{EVIL}\n"}),
    ):
        assert client.post(path, data=given).status_code in (200, 303), path
    workspace = server.site.workspaces["lab"]
    notify(workspace.keeping, "root", "mention", EVIL, f"/t/{HOME}.Mouse/{quote(EVIL, safe='')}")


def write_book(server: Server, notebook: Notebook) -> None:
    """An entry with a file, a comment and a link, and one that is being written."""
    client, day = server.let_in("root"), "2026-11-23"
    text = f"{EVIL}\n\n[{EVIL}](javascript:zq()) ![zq](javascript:zq()) [zq]: javascript:zq()"
    done = [client.post("/notebook/new", data={"title": EVIL, "day": day})]
    for path, given, files in (
        ("edit", {"title": EVIL, "text": text, "day": day}, None),
        ("comment", {"text": EVIL}, None),
        ("files", {}, {"file": (EVIL[:60], EVIL.encode(), "image/svg+xml")}),
        ("keep", {"title": f"{EVIL} anew", "text": text, "day": day}, None),
    ):
        form = Filled(client.get("/notebook/1/edit").text).values if path in ("edit", "keep") else {}
        done.append(client.post(f"/notebook/1/{path}", data={**form, **given}, files=files))
    assert {answer.status_code for answer in done} <= {200, 204, 303}
    notebook.link(1, server.schema["Mouse"] & {"mouse": EVIL})


def reached(client: TestClient, begin: list[str]) -> Iterator[tuple[str, Any]]:
    """All pages that one comes to from some others."""
    found, seen = list(begin), set[str]()
    while found and len(seen) < 400:
        path = found.pop(0).partition("#")[0]
        if path in seen or path.startswith("/static/") or path.partition("?")[0] in ENDLESS:
            continue
        seen.add(path)
        answer = client.get(path)
        yield path, answer
        if answer.headers.get("content-type", "").startswith("text/html"):
            found += Seen(answer.text).links
        if "location" in answer.headers and answer.headers["location"].startswith("/"):
            found.append(answer.headers["location"])


def addresses() -> list[str]:
    """Every address that is asked for, with the row in it."""
    key = quote(EVIL.replace("~", "~t").replace(",", "~c").replace("/", "~s"), safe="~")
    values = {
        "table": f"{HOME}.Mouse", "key": key, "name": "name", "schema": HOME,
        "attribute": "held", "entry": "1", "kind": "pdf", "number": "1",
        "text": quote(EVIL, safe=""), "session": "x", "token": "x", "id": "x", "change": "x",
    }  # fmt: skip
    found = []
    for route in there():
        method, path = route.split(" ", 1)
        if method != "GET" or path in ENDLESS:
            continue
        special = {"table": f"{HOME}.Score"} if USES[route].table == "Score" else {}
        query = f"q={quote(EVIL)}&name.has={quote(EVIL)}&next={quote(EVIL)}&columns={quote(EVIL)}&sort={quote(EVIL)}"
        filled = path.format_map({**values, **special})
        found += [filled, f"{filled}?{query}"]
    return found


def test_nobody_writes_anything_but_texts(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    client = server.let_in("root")
    met, pages = set[str](), 0
    begin = ["/", "/tables", "/admin/people/zq", "/notices", "/notebook/1", "/notebook/1/history", *addresses()]
    for path, answer in reached(client, begin):
        assert answer.status_code < 500, path
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind == "text/html":
            pages += 1
            seen = Seen(answer.text)
            assert not seen.wrong, (path, seen.wrong)
            assert EVIL not in answer.text, path
            assert "99400891" not in answer.text, path
            met |= {path.partition("?")[0].split("/")[1]} if any("zq<img" in text for text in seen.texts) else set()
        elif "zq" in answer.text:
            safe = answer.headers.get("content-disposition", "").startswith("attachment") or "json" in kind
            assert safe or kind in ("text/plain", "image/svg+xml"), (path, kind)
            assert answer.headers["x-content-type-options"] == "nosniff"
            if kind == "image/svg+xml":
                assert not Seen(answer.text).wrong, path
    assert pages > 60
    assert {"", "t", "about", "history", "jobs", "notebook", "admin", "notices", "search", "edit"} <= met, met
    assert not list(tmp_path.iterdir()), "files that people have attached are left where the server runs"


@pytest.mark.parametrize(
    "wrong",
    [EVIL, '<a href="javascript:zq()">', "<p onclick=x>", "<svg onload=x>", "<iframe src=/x>", '<b title="" zq="">'],
)
def test_what_would_do_something_is_seen(wrong: str) -> None:
    assert Seen(f"<p>{wrong}</p>").wrong


def test_a_row_of_a_part_goes_with_its_master(server: Server) -> None:
    """It is told so, and nothing leads there."""
    client, key = server.let_in("root"), quote(EVIL.replace("/", "~s"), safe="~")
    where = f"{HOME}.Mouse.Weighing/{key},{key}"
    assert "/delete/" not in client.get(f"/t/{where}").text
    for answer in (client.get(f"/delete/{where}"), client.post(f"/delete/{where}")):
        assert (answer.status_code, "go with their Mouse" in answer.text) == (422, True)
    assert server.schema["Mouse"].Weighing()
