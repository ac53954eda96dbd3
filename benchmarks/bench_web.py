"""The pages of the app: beside the statements that they send, by many people at once, and of very many tables."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.bench_declare import define
from benchmarks.case import Case, Task
from benchmarks.visitors import visit

if TYPE_CHECKING:
    from starlette.testclient import TestClient

START = datetime.datetime(2024, 1, 1)  # noqa: DTZ001 - the columns know no time zone
BATCH = 50_000
USERS = 50
STRAIN = "strain : int32\n---\nname : varchar(20)"
TRIAL = """
session : int32
trial : int32
---
-> Strain
kind : enum("go", "nogo", "catch")
correct : bool
latency = null : float64        # (ms)
reward : float64
day : date
started : datetime
label : varchar(30)
note = null : varchar(100)
score : int32
index (score)
"""
NOTE = "-> Trial\nnote : int32\n---\ntext : varchar(200)"
PAGES = {
    "first page": "/t/{0}.Trial",
    "last page": "/t/{0}.Trial?before=end",
    "filtered": "/t/{0}.Trial?score=777",
    "sorted": "/t/{0}.Trial?sort=-score",
    "joined": "/t/{0}.Trial?columns=session,trial,kind,Strain:name",
    "most frequent": "/facets/{0}.Trial",
    "row": "/t/{0}.Trial/7,7",
    "form": "/edit/{0}.Trial/7,7",
    "new": "/new/{0}.Trial",
}
SEARCHES = {
    "nothing typed": "/pick/{0}.Note/session",
    "a session": "/pick/{0}.Note/session?q=77",
    "a session and a trial": "/pick/{0}.Note/session?q=777,1",
    "what is not there": "/pick/{0}.Note/session?q=nothing",
    "of a small table": "/pick/{0}.Trial/strain?q=strain%204",
}
OVERVIEWS = {"tables": "/tables", "diagram": "/diagram"}


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    for i in range(count):
        moment = START + datetime.timedelta(seconds=i)
        kind = ("go", "nogo", "catch")[i % 3]
        yield (
            i // 100, i % 100, i % 50, kind, i % 2 == 0, i / 7 if i % 5 else None, i % 11 / 10, moment.date(), moment,
            f"label {i % 1000}", None, i * 7919 % 100_000,
        )  # fmt: skip


def _table(bed: Bed) -> Any:
    strain = bed.table("Strain", STRAIN)
    trial = bed.table("Trial", TRIAL, context={"Strain": strain})
    bed.declare()
    strain.insert((i, f"strain {i}") for i in range(50))
    rows = _rows(bed.count)
    while batch := list(islice(rows, BATCH)):
        trial.insert(batch)
    return trial


def _noted(bed: Bed) -> None:
    """What refers to a table of very many rows."""
    bed.table("Note", NOTE, context={"Trial": _table(bed)})
    bed.declare()


def _app(bed: Bed) -> Any:
    from labwright.web.app import create_app
    from labwright.web.desk.workspace import Workspace
    from labwright.web.site import Site

    workspace = Workspace(bed.schema.project, [bed.schema], schemas=[bed.name], kept=f"{bed.name}_app")
    return create_app(Site({"lab": workspace}))


def _client(bed: Bed) -> TestClient:
    from starlette.testclient import TestClient

    return bed.after.enter_context(TestClient(_app(bed), base_url="http://localhost"))


def _get(client: TestClient, paths: Sequence[str]) -> Callable[[], None]:
    def run() -> None:
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, f"{path}: {answer.status_code}"

    return run


def _reading(make: Callable[[Bed], object], pages: dict[str, str]) -> Callable[[Bed], Task]:
    def task(bed: Bed) -> Task:
        make(bed)
        return Task(_get(_client(bed), [path.format(bed.name) for path in pages.values()]))

    return task


def _reading_driver(make: Callable[[Bed], object], pages: dict[str, str]) -> Callable[[DriverBed], Task]:
    def task(bed: DriverBed) -> Task:
        make(bed)
        run = _get(_client(bed), [path.format(bed.name) for path in pages.values()])
        run()  # what is asked but once is not counted
        return Task(bed.replay(bed.record(run)))

    return task


def _exporting(bed: Bed) -> Task:
    _table(bed)
    return Task(_get(_client(bed), [f"/export/{bed.name}.Trial?format=csv"]))


def _users(make: Callable[[Bed], object], pages: dict[str, str]) -> Callable[[Bed], Task]:
    """How long 19 of 20 pages take at most that people see who read for two seconds between them."""

    def task(bed: Bed) -> Task:
        make(bed)
        address = _serve(bed)
        paths = {name: path.format(bed.name) for name, path in pages.items()}
        visit(address, paths, 5)
        return Task(lambda: visit(address, paths, USERS))

    return task


def _cold(make: Callable[[Bed], object], page: str) -> Callable[[Bed], Task]:
    """The first page that anybody sees of a server which has just begun."""

    def task(bed: Bed) -> Task:
        make(bed)
        _get(_client(bed), ["/tables"])()  # the tables of the app itself are there

        def start() -> None:
            _get(_client(bed), [page.format(bed.name)])()

        return Task(start, before=bed.forget)

    return task


def _serve(bed: Bed) -> str:
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(_app(bed), port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server has not started"
        time.sleep(0.01)
    bed.after.callback(thread.join)
    bed.after.callback(setattr, server, "should_exit", True)
    port = server.servers[0].sockets[0].getsockname()[1]
    return f"127.0.0.1:{port}"


MANY = 1_000_000
CASES = [
    Case(
        "web_pages", "nine pages of a table of {count} rows", _reading(_table, PAGES), _reading_driver(_table, PAGES),
        MANY, MANY // 10, peer=False, budget="1350 ms",
    ),
    Case(
        "web_users", f"95 % of the pages of {USERS} people at once, {{count}} rows", _users(_table, PAGES), None,
        MANY, MANY // 10, peer=False, budget="150 ms",
    ),
    Case(
        "web_picker", f"95 % of the searches of {USERS} people for what a row refers to, {{count}} rows",
        _users(_noted, SEARCHES), None, MANY, MANY // 10, peer=False, budget="80 ms",
    ),
    Case(
        "web_cold", "the first page after a start, {count} rows", _cold(_table, PAGES["first page"]), None,
        MANY, MANY // 10, peer=False,
    ),
    Case("web_cold_tables", "the first page after a start, {count} tables", _cold(define, "/tables"), None,
         300, 30, peer=False),
    Case("web_export", "{count} rows as CSV", _exporting, None, MANY // 10, MANY // 100, peer=False, budget="50 MB"),
    Case(
        "web_tables", "all tables and the diagram, {count} tables", _reading(define, OVERVIEWS),
        _reading_driver(define, OVERVIEWS), 300, 30, peer=False, budget="300 ms",
    ),
]  # fmt: skip
