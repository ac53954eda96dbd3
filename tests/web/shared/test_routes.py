"""Who gets what, by every address of the app."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from tests.web.accounts.bench import OFFICE
from tests.web.lab import build
from tests.web.shared.routes import USES, Need, Use, filled, there
from tests.web.shared.server import Server, said, server_of

import labwright as lw
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import READING, WRITING
from labwright.web.roles.role import Role, Scope, Verb

PEOPLE = ("rea", "res", "tec", "dan", "root")
MAY: dict[Need | Verb, frozenset[str]] = {
    Need.LOGIN: frozenset(PEOPLE),
    Need.SERVER: frozenset({"root"}),
    Verb.READ: frozenset(PEOPLE),
    Verb.INSERT: frozenset({"tec", "dan", "root"}),
    **dict.fromkeys([Verb.UPDATE, Verb.DELETE, Verb.POPULATE, Verb.DECLARE, Verb.SIGN], frozenset({"dan", "root"})),
}
"""Who may what in a schema of nobody's own, as a lab begins."""
REFUSED = frozenset({403, 404})
ADDRESSES = [pytest.param(name, use, id=name) for name, use in USES.items()]
BY_ROLE = [pytest.param(name, use, id=name) for name, use in USES.items() if use.need in MAY]
BY_LOAN: frozenset[Need | Verb] = frozenset({*Verb, Need.LENT})
"""What a token has to be lent for."""
ENDLESS = frozenset({"GET /events"})
OF_TABLES = [p for p in ADDRESSES if "{table}" in str(p.id)]
OF_ROWS = [p for p in OF_TABLES if "{key}" in str(p.id)]
CHANGES = [p for p in ADDRESSES if not str(p.id).startswith("GET")]
OF_PROGRAMS = [p for p in ADDRESSES if "/api/" in str(p.id)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these: nothing that is refused changes it."""
    folder: Path = tmp_path_factory.mktemp("routes")
    with lw.Project(f"sqlite:///{folder}/lab.db") as project:
        schema = lw.Schema("lab", connection=project)
        build(schema)
        with server_of(schema, "accounts") as server:
            yield server


@pytest.fixture(scope="module")
def browser(server: Server) -> Callable[[str | None], TestClient]:
    """The browser of somebody, or a stranger's."""
    open_: dict[str | None, TestClient] = {}

    def opened(name: str | None) -> TestClient:
        return server.client() if name is None else server.let_in(name)

    return lambda name: open_[name] if name in open_ else open_.setdefault(name, opened(name))


def ask(client: TestClient, name: str, use: Use, key: str = "1", table: str | None = None, **headers: str) -> Response:
    method, path = filled(name, use, "lab", f"{key},1" if (table or use.table) == "Score" else key, table)
    if use.content is not None:
        return client.request(method, path, content=use.content[1], headers={**headers, "content-type": use.content[0]})
    sent = {"json": use.json} if use.json is not None else {"data": dict(use.form)} if method == "POST" else {}
    return client.request(method, path, headers=headers, **sent)


def told(answer: Response) -> str:
    """What a person reads."""
    text = re.sub(r"<(?:style|script|header).*?</(?:style|script|header)>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return f"{answer.status_code}: {' '.join(text.split())}"


def test_every_address_says_who_may_use_it() -> None:
    found = set(there())
    assert found - USES.keys() == set(), "say in tests/web/shared/routes.py who may use these"
    assert USES.keys() - found == set(), "these are no more"


@pytest.mark.parametrize(("name", "use"), ADDRESSES)
def test_strangers_come_to_the_login_alone(browser: Callable[[str | None], TestClient], name: str, use: Use) -> None:
    answer = ask(browser(None), name, use)
    if use.need is Need.NOTHING:
        assert answer.status_code not in {401, 500}
    elif name.startswith("GET") and "/api/" not in name and name not in ENDLESS:
        assert said(answer).startswith("/login?next=")
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize(("name", "use"), BY_ROLE)
def test_nobody_does_what_their_role_may_not(browser: Callable[[str | None], TestClient], name: str, use: Use) -> None:
    for person in sorted(frozenset(PEOPLE) - MAY[use.need]):
        answer = ask(browser(person), name, use)
        assert answer.status_code == 403, (person, told(answer))


@pytest.mark.parametrize(
    ("name", "use"),
    [p for p in BY_ROLE if p.id not in ENDLESS and "/me" not in str(p.id)],
)
def test_whoever_may_is_let_in(browser: Callable[[str | None], TestClient], name: str, use: Use) -> None:
    """There is no such row: what is not there is what they are told, and not that they may not."""
    person = next(person for person in PEOPLE if person in MAY[use.need])
    if name in {"POST /logout", "POST /admin/people/{name}/view", "POST /new/{table}", "POST /prove"}:
        return
    answer = ask(browser(person), name, use, key="999")
    assert answer.status_code not in {401, 403, 500}, told(answer)


@pytest.fixture
def hidden(server: Server) -> Iterator[Server]:
    """The same server, where readers may read nothing, and technicians only their own rows, which are none."""
    grants = server.entrance.accounts.grants
    every = frozenset(Verb) - {Verb.ADMINISTER}
    given = [
        Grant(Role.READER, None, "*", "*", frozenset()),
        Grant(Role.TECHNICIAN, None, "*", "*", every, Scope.OWN),
    ]
    grants.put(given, OFFICE, by="root")
    server.entrance.look_again()
    yield server
    grants.take(given, OFFICE, by="root")
    server.entrance.look_again()


@pytest.mark.parametrize(("name", "use"), OF_TABLES)
def test_a_table_that_may_not_be_read_is_as_one_that_is_not_there(
    hidden: Server, browser: Callable[[str | None], TestClient], name: str, use: Use
) -> None:
    here, nowhere = (ask(browser("rea"), name, use, table=table) for table in (use.table, "Nothing"))
    assert here.status_code in REFUSED, told(here)
    assert here.status_code == nowhere.status_code
    assert here.text.replace(f"lab.{use.table}", "lab.Nothing").replace(use.table, "Nothing") == nowhere.text


@pytest.mark.parametrize(("name", "use"), OF_ROWS)
def test_the_rows_of_others_are_as_rows_that_are_not_there(
    hidden: Server, browser: Callable[[str | None], TestClient], name: str, use: Use
) -> None:
    """Who may do everything to their own rows gets at no other, by any address with a key in it."""
    here, nowhere = (ask(browser("tec"), name, use, key=key) for key in ("1", "997"))
    assert here.status_code in REFUSED or told(here) == told(nowhere).replace("997", "1"), told(here)
    assert here.status_code == nowhere.status_code
    assert "m1<" not in here.text


@pytest.mark.parametrize(("name", "use"), CHANGES)
def test_who_looks_as_another_changes_nothing(server: Server, name: str, use: Use) -> None:
    if name in {"POST /view-as/end", "POST /logout"}:
        return
    client = server.let_in("root")
    accounts = server.entrance.accounts
    session = accounts.sessions.find(client.cookies["__Host-lw_session"])
    assert session is not None
    accounts.sessions.view(session, "dan")
    assert ask(client, name, use).status_code == 403


@pytest.mark.parametrize(("name", "use"), OF_PROGRAMS)
def test_a_token_does_what_was_lent_to_it(server: Server, name: str, use: Use) -> None:
    accounts, stranger = server.entrance.accounts, server.client()
    for limit, schemas in ((READING, ["*"]), (WRITING, ["other"])):
        token = accounts.tokens.create(server.person("root"), "test", limit, OFFICE, schemas=schemas)
        answer = ask(stranger, name, use, authorization=f"Bearer {token}")
        reads = name.startswith("GET") if use.need is Need.LENT else use.need is Verb.READ
        if use.need in BY_LOAN and (not reads or schemas == ["other"]):
            assert answer.status_code in REFUSED, told(answer)
        else:
            assert answer.status_code not in {401, 403, 500}, told(answer)


@pytest.mark.parametrize(("name", "use"), [p for p in ADDRESSES if "/api/" not in str(p.id)])
def test_a_token_opens_no_page(server: Server, name: str, use: Use) -> None:
    if use.need is Need.NOTHING:
        return
    token = server.entrance.accounts.tokens.create(server.person("root"), "test", WRITING, OFFICE)
    assert ask(server.client(), name, use, authorization=f"Bearer {token}").status_code in {303, 401}
