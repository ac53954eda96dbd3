"""What is put out is sent: once, to where people want it, again when it could not be, and nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from tests.backends.classes import table
from tests.web.notices.conftest import Hands
from tests.web.serving import free_port

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.care.due import tell_due
from labwright.web.care.postman import Postman
from labwright.web.desk import tasks
from labwright.web.desk.desk import Desk
from labwright.web.desk.tasks import Task
from labwright.web.desk.workspace import Workspace
from labwright.web.notices import outbox
from labwright.web.notices.choosing import choose, keep_address
from labwright.web.notices.following import follow, followed
from labwright.web.notices.kind import Channel, Kind
from labwright.web.notices.mail import is_address
from labwright.web.notices.notify import DIGEST, notify
from labwright.web.notices.outbox import LEASE, SendError, take
from labwright.web.notices.reading import mark_read, told, unread
from labwright.web.notices.tables import deliveries
from labwright.web.notices.webhook import check, signature
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role

ONE = pytest.mark.parametrize("backend", ["sqlite"])
"""Of what no database does otherwise."""


class Mailbox:
    """A mail server of the test's own."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        return self.answer

    @property
    def texts(self) -> Sequence[str]:
        return [str(mail.get_payload()).splitlines()[0] for mail in self.mails]


class Hook(HTTPServer):
    """A program that is told by a webhook."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.answer = 204
        self.moved = ""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.told.append((dict(self.headers), body))
        self.send_response(server.answer)
        if server.moved:
            self.send_header("Location", server.moved)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Controller]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller
    controller.stop()


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def workspace(database_url: str, prefix: str, mailbox: tuple[Mailbox, Controller], hook: Hook) -> Iterator[Workspace]:
    with lw.Project(database_url) as project:
        project.config["notices.smtp_host"] = "127.0.0.1"
        project.config["notices.smtp_port"] = mailbox[1].port
        project.config["notices.smtp_security"] = "none"
        project.config["notices.sender"] = "labwright@lab.example"
        project.config["notices.address"] = "https://lab.example"
        project.config["notices.webhook_hosts"] = [f"127.0.0.1:{hook.server_port}"]
        workspace = Workspace(project, schemas=[f"{prefix}*"], kept=f"{prefix}app")
        yield workspace
        workspace.close()


@pytest.fixture
def postman(workspace: Workspace, clock: Hands) -> Postman:
    return Postman(workspace, _mail_of, clock=clock)


def _mail_of(person: str) -> str:
    return {"ana": "ana@lab.example", "bad": "no address"}.get(person, "")


def _states(workspace: Workspace) -> list[str]:
    return [d["state"] for d in deliveries(workspace.keeping)().to_dicts(order_by="KEY")]


def test_a_mail_is_sent_once(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands
) -> None:
    notify(
        workspace.keeping, "ana", "mention", "Ben wrote:\r\nBcc: all@lab.example\n@ana, look", "/notes/3", clock=clock
    )
    assert (postman.go_round(), postman.go_round(), Postman(workspace, _mail_of, clock=clock).go_round()) == (1, 0, 0)
    (mail,) = mailbox[0].mails
    assert mail["To"] == "ana@lab.example"
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Labwright: Ben wrote: Bcc: all@lab.example @ana, look"
    assert "https://lab.example/notes/3" in str(mail.get_payload())
    assert _states(workspace) == ["sent"]


def test_a_thousand_failures_are_two_mails(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands
) -> None:
    for number in range(50):
        notify(workspace.keeping, "ana", "failed", f"Score of mouse {number} failed", topic="failed Score", clock=clock)
        postman.send()
    assert mailbox[0].texts == ["Score of mouse 0 failed"]
    clock.go(seconds=DIGEST.total_seconds() + 1)
    assert postman.send() == 1
    assert mailbox[0].texts[1:] == ["Score of mouse 49 failed"]
    assert "This happened 50 times." in str(mailbox[0].mails[1].get_payload())
    assert postman.send() == 0


@ONE
def test_what_the_server_does_not_take_now_is_tried_again(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands
) -> None:
    mailbox[0].answer = "451 later"
    notify(workspace.keeping, "ana", "alert", "The disk is full", clock=clock)
    assert postman.send() == 0
    assert _states(workspace) == ["waiting"]
    mailbox[0].answer = "250 OK"
    assert postman.send() == 0
    clock.go(minutes=1)
    assert postman.send() == 1


@ONE
def test_what_nobody_takes_ends(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands
) -> None:
    mailbox[0].answer = "451 later"
    notify(workspace.keeping, "ana", "alert", "The disk is full", clock=clock)
    for _ in range(outbox.TRIES):
        postman.send()
        clock.go(hours=3)
    (found,) = deliveries(workspace.keeping)().to_dicts()
    assert (found["state"], found["tries"]) == ("failed", outbox.TRIES)
    assert "451" in found["problem"]


@ONE
@pytest.mark.parametrize(("person", "answer"), [("ana", "554 never"), ("bad", "250 OK"), ("ben", "250 OK")])
def test_what_will_never_be_taken_is_not_tried_again(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands, person: str, answer: str
) -> None:
    mailbox[0].answer = answer
    notify(workspace.keeping, person, "alert", "The disk is full", clock=clock)
    postman.send()
    assert _states(workspace) == ["failed"]
    assert mailbox[0].mails == []


def test_what_a_server_has_taken_that_died_is_sent_by_another(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands
) -> None:
    notify(workspace.keeping, "ana", "alert", "The disk is full", clock=clock)
    assert len(take(workspace.keeping, clock())) == 1  # and then it is killed
    assert postman.send() == 0
    clock.go(seconds=LEASE.total_seconds() + 1)
    assert postman.send() == 1
    assert _states(workspace) == ["sent"]
    assert len(mailbox[0].mails) == 1


def test_what_is_told_while_it_is_sent_is_not_lost(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands
) -> None:
    notify(workspace.keeping, "ana", "failed", "first", topic="x", clock=clock)
    (message,) = take(workspace.keeping, clock())
    notify(workspace.keeping, "ana", "failed", "second", topic="x", clock=clock)
    outbox.note_sent(workspace.keeping, message, clock())
    clock.go(seconds=DIGEST.total_seconds() + 1)
    assert postman.send() == 1
    assert mailbox[0].texts == ["second"]


@ONE
def test_a_webhook_is_told_with_a_signature(workspace: Workspace, postman: Postman, hook: Hook, clock: Hands) -> None:
    made = keep_address(workspace.keeping, "ana", "", f"http://127.0.0.1:{hook.server_port}/in?x=1")
    choose(workspace.keeping, "ana", {Kind.ALERT: {Channel.WEBHOOK}})
    notify(workspace.keeping, "ana", "alert", "The disk is full", "/admin", clock=clock)
    assert postman.send() == 1
    ((headers, body),) = hook.told
    told = json.loads(body)
    assert (told["kind"], told["text"], told["link"], told["times"]) == ("alert", "The disk is full", "/admin", 1)
    given = dict(part.split("=") for part in headers["X-Labwright-Signature"].split(","))
    assert given["v1"] == signature(made.secret, given["t"], body)


@ONE
def test_a_webhook_is_not_followed_elsewhere(workspace: Workspace, postman: Postman, hook: Hook, clock: Hands) -> None:
    hook.answer, hook.moved = 307, f"http://127.0.0.1:{hook.server_port}/secret"
    keep_address(workspace.keeping, "ana", "", f"http://127.0.0.1:{hook.server_port}/")
    choose(workspace.keeping, "ana", {Kind.ALERT: {Channel.WEBHOOK}})
    notify(workspace.keeping, "ana", "alert", "The disk is full", clock=clock)
    postman.send()
    assert len(hook.told) == 1
    assert _states(workspace) == ["failed"]


@ONE
@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"],
)
def test_a_place_that_only_this_server_reaches_is_not_told(
    workspace: Workspace, postman: Postman, hook: Hook, clock: Hands, host: str
) -> None:
    keep_address(workspace.keeping, "ana", "", f"https://{host}/in")
    choose(workspace.keeping, "ana", {Kind.ALERT: {Channel.WEBHOOK}})
    notify(workspace.keeping, "ana", "alert", "The disk is full", clock=clock)
    postman.send()
    (found,) = deliveries(workspace.keeping)().to_dicts()
    assert (found["state"], hook.told) == ("failed", [])
    assert "nobody has allowed it" in found["problem"]


@pytest.mark.parametrize(
    "url",
    [
        "http://lab.example/",
        "ftp://lab.example/",
        "https://",
        "https://a:b@lab.example/",
        "https://[/",
        "x",
        "https://a b/",
    ],
)
def test_what_is_no_webhook(url: str) -> None:
    with pytest.raises(SendError) as error:
        check(url, [])
    assert error.value.is_final


@pytest.mark.parametrize("text", ["", "ana", "@x", "ana@", "a b@x", "a@x,b@x", "a@x\nBcc: b@x", "<a@x>"])
def test_what_is_no_mail_address(text: str) -> None:
    assert not is_address(text)


def test_notices_are_read_by_those_they_are_for(workspace: Workspace, clock: Hands) -> None:
    number = notify(workspace.keeping, "ana", "alert", "first", clock=clock)
    clock.go(minutes=1)
    notify(workspace.keeping, "ana", "alert", "second", clock=clock)
    assert [n.text for n in told(workspace.keeping, "ana")] == ["second", "first"]
    mark_read(workspace.keeping, "ben", number)
    assert (unread(workspace.keeping, "ana"), unread(workspace.keeping, "ben")) == (2, 0)
    mark_read(workspace.keeping, "ana", number)
    assert [(n.text, n.is_read) for n in told(workspace.keeping, "ana")] == [("second", False), ("first", True)]
    mark_read(workspace.keeping, "ana")
    assert unread(workspace.keeping, "ana") == 0


def make(self: Any, key: dict[str, Any]) -> None:
    raise ValueError("no scales")


def test_who_started_it_is_told_of_failures(workspace: Workspace, prefix: str, postman: Postman, clock: Hands) -> None:
    schema = lw.Schema(f"{prefix}lab", connection=workspace.project)
    mouse = table(schema, "Mouse", "mouse : int32")
    weight = table(schema, "Weight", "-> Mouse", lw.Computed, make=make)
    mouse.insert([(1,), (2,)])
    name = f"{prefix}lab.Weight"
    follow(workspace.keeping, "ana", name, 0)
    assert followed(workspace.keeping, "ana") == {name}
    weight.populate(reserve_jobs=True, suppress_errors=True)
    for _ in range(3):
        postman.go_round()
    (found,) = told(workspace.keeping, "ana")
    assert (found.text, found.link) == (f"Computations of {name} failed: 2 keys have an error now.", f"/jobs/{name}")


@ONE
def test_who_may_see_the_table_no_more_is_not_told_of_failures(workspace: Workspace, prefix: str, clock: Hands) -> None:
    schema = lw.Schema(f"{prefix}lab", connection=workspace.project)
    mouse = table(schema, "Mouse", "mouse : int32")
    weight = table(schema, "Weight", "-> Mouse", lw.Computed, make=make)
    mouse.insert1((1,))
    follow(workspace.keeping, "ana", f"{prefix}lab.Weight", 0)
    weight.populate(reserve_jobs=True, suppress_errors=True)
    ana = Person("ana", role=Role.READER)
    for grants, count in ((), 0), (None, 1):
        desk = Desk(workspace, ana, Rights.of(ana, grants))
        Postman(workspace, _mail_of, lambda desk=desk: [desk], clock).go_round()  # type: ignore[misc]  # one at a time
        assert len(told(workspace.keeping, "ana")) == count


@ONE
def test_who_may_come_in_no_more_is_told_nothing(workspace: Workspace, hook: Hook, clock: Hands) -> None:
    keep_address(workspace.keeping, "ana", "ana@lab.example", f"http://127.0.0.1:{hook.server_port}/in")
    choose(workspace.keeping, "ana", {Kind.MENTION: {Channel.WEBHOOK, Channel.MAIL}})
    notify(workspace.keeping, "ana", "mention", "Ben calls you.", clock=clock)
    assert Postman(workspace, lambda _: None, clock=clock).go_round() == 0
    assert (hook.told, _states(workspace)) == ([], ["failed", "failed"])


@ONE
def test_what_is_due_is_told_once(
    workspace: Workspace, clock: Hands, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    def weigh(desk: Desk) -> list[Task]:
        return [Task(f"weigh {n}", f"Weigh mouse {n}", "/", clock.now) for n in (1, 2) if desk.person.name == "ana"]

    def broken(_: Desk) -> list[Task]:
        raise RuntimeError("of another program")

    monkeypatch.setattr(tasks, "sources", [broken, weigh])
    ana = Person("ana", role=Role.ADMIN)
    desk = Desk(workspace, ana, Rights.of(ana))
    for _ in range(2):
        tell_due(desk, clock)
        mark_read(workspace.keeping, "ana")
    assert sorted(n.text for n in told(workspace.keeping, "ana")) == ["Weigh mouse 1", "Weigh mouse 2"]


@ONE
def test_nothing_is_sent_to_who_chose_the_app_alone(
    workspace: Workspace, postman: Postman, mailbox: tuple[Mailbox, Controller], clock: Hands
) -> None:
    choose(workspace.keeping, "ana", {Kind.ALERT: {Channel.APP}})
    notify(workspace.keeping, "ana", "alert", "The disk is full", clock=clock)
    assert postman.send() == 0
    assert unread(workspace.keeping, "ana") == 1


@ONE
def test_a_mail_server_that_is_not_there(workspace: Workspace, postman: Postman, clock: Hands) -> None:
    workspace.project.config["notices.smtp_port"] = free_port()
    notify(workspace.keeping, "ana", "alert", "The disk is full", clock=clock)
    assert postman.send() == 0
    assert _states(workspace) == ["waiting"]
