"""Workers of the published DataJoint and ours on one table: each key is computed once, by whomever."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.backends.classes import table
from tests.interop.conftest import GetPeer
from tests.interop.peers import CLASSIC, CURRENT, Peer

import labwright as lw
from labwright.core.generation import Generation
from labwright.jobs.job import Job, WorkerId
from labwright.jobs.peers import PAUSE
from labwright.jobs.populate import PopulateResult
from labwright.jobs.shared import SharedQueue
from labwright.tables.project import Project

FAILS_HERE, FAILS_THERE = 13, 17
CURRENT_CODE = """
    schema = dj.Schema(name)

    @schema
    class Session(dj.Manual):
        definition = "session : int32"

    @schema
    class Score(dj.Computed):
        definition = '''
        -> Session
        ---
        by_whom : varchar(20)
        '''

        def make(self, key):
            import time
            with open(log, "a") as file:
                file.write(f"{key['session']} theirs\\n")
            time.sleep(0.01)
            if key["session"] == fails:
                raise ValueError("it failed there")
            self.insert1({**key, "by_whom": "theirs"})
"""
CLASSIC_CODE = CURRENT_CODE.replace("dj.Schema", "dj.schema").replace("int32", "int")
FLEETS = [("postgres", CURRENT), ("mysql", CURRENT), ("mysql", CLASSIC)]
"""The servers, and the versions of DataJoint that work on them."""


def ours(project: Project, name: str, log: Path, generation: Generation) -> Any:
    """The same table, filled by us."""

    def make(self: Any, key: dict[str, Any]) -> None:
        with log.open("a") as file:
            file.write(f"{key['session']} ours\n")
        time.sleep(0.01)
        if key["session"] == FAILS_HERE:
            raise ValueError("it failed here")
        self.insert1({**key, "by_whom": "ours"})

    schema = lw.Schema(name, connection=project, generation=generation)
    integer = "int" if generation == "classic" else "int32"
    table(schema, "Session", f"session : {integer}")
    return table(schema, "Score", "-> Session\n---\nby_whom : varchar(20)", lw.Computed, make=make)


class Fleet:
    """One table, and workers of both kinds."""

    def __init__(self, peer: Peer, project: Project, name: str, log: Path) -> None:
        classic = peer.version == CLASSIC
        log.touch()
        self.peer, self.log = peer, log
        peer.run(CLASSIC_CODE if classic else CURRENT_CODE, name=name, log=str(log), fails=FAILS_THERE)
        peer.run("jobs = schema.jobs" if classic else "jobs = Score().jobs")
        peer.run("name_there = '__score'")
        self.classic = classic
        self.Score = ours(project, name, log, "classic" if classic else "2")
        self.queue = SharedQueue(self.Score())

    def sessions(self, *numbers: int) -> None:
        self.peer.run("Session.insert([(n,) for n in numbers])", numbers=list(numbers))

    def there(self, work: str = "") -> Any:
        """Begin to populate there; call what is returned for the number of keys that were computed."""
        return self.peer.start("Score.populate(reserve_jobs=True, suppress_errors=True)['success_count']")

    def here(self) -> PopulateResult:
        found: PopulateResult = self.Score.populate(reserve_jobs=True, suppress_errors=True)
        return found

    def calls(self) -> Counter[tuple[int, str]]:
        """How often make was called, by session and side."""
        lines = (line.split() for line in self.log.read_text().splitlines())
        return Counter((int(number), who) for number, who in lines)

    def said_there(self) -> dict[int, str]:
        """The status of each session in their table of jobs."""
        code = "[(job['session'], job['status']) for job in jobs.to_dicts()]"
        if self.classic:
            code = "[(job['key']['session'], job['status']) for job in jobs.fetch(as_dict=True)]"
        return dict(self.peer.run(code))

    def act(self, verb: str, session: int, *more: Any) -> Any:
        """Do something to a job there."""
        target = "name_there, " if self.classic else ""
        return self.peer.run(f"jobs.{verb}({target}{{'session': n}}, *more)", n=session, more=more)

    def claim(self, limit: int, lease: float = 600) -> list[Job]:
        self.queue.refresh()
        return self.queue.claim(WorkerId.new(), limit, lease=lease)


@pytest.fixture
def fleet(backend: str, version: str, peer_of: GetPeer, project: Project, prefix: str, tmp_path: Path) -> Fleet:
    return Fleet(peer_of(version, backend), project, f"{prefix}fleet", tmp_path / "log")


pytestmark = pytest.mark.parametrize(("backend", "version"), FLEETS, indirect=["backend"])


def test_each_key_is_computed_once(fleet: Fleet) -> None:
    fleet.sessions(*range(100, 160))
    theirs = fleet.there()
    done = fleet.here()
    count = theirs()
    rest = fleet.here()
    calls = fleet.calls()
    assert sorted(number for number, _ in calls.elements()) == list(range(100, 160))
    by_whom = Counter(fleet.Score.to_arrays("by_whom").tolist())
    assert by_whom == Counter({"theirs": count, "ours": done.success + rest.success})
    assert fleet.said_there() == {}
    assert len(fleet.Score.jobs) == 0


def test_what_they_hold_we_leave(fleet: Fleet) -> None:
    fleet.sessions(1, 2, 3)
    if not fleet.classic:
        fleet.peer.run("jobs.refresh(delay=-1)")
    assert fleet.act("reserve", 2) is True
    assert fleet.here().success == 2
    assert fleet.calls() == Counter([(1, "ours"), (3, "ours")])
    (job,) = fleet.Score.jobs.to_dicts()
    assert (job["session"], job["status"], job["attempts"]) == (2, "pending", 0)
    fleet.act("complete", 2)
    time.sleep(PAUSE)
    assert fleet.here().success == 1


def test_what_we_hold_they_leave(fleet: Fleet) -> None:
    fleet.sessions(1, 2, 3)
    jobs = fleet.claim(2)
    assert fleet.there()() == 1
    assert fleet.said_there() == {1: "reserved", 2: "reserved"}
    fleet.queue.release(jobs[:1])
    assert fleet.there()() == 1
    assert fleet.calls() == Counter([(3, "theirs"), (1, "theirs")])
    assert fleet.claim(5) == []
    fleet.queue.release(jobs[1:])
    assert [job.key for job in fleet.claim(5)] == [{"session": 2}]


def test_errors_are_told_to_each_other(fleet: Fleet) -> None:
    fleet.sessions(1, FAILS_HERE, FAILS_THERE)
    fleet.Score.populate({"session": FAILS_HERE}, reserve_jobs=True, suppress_errors=True)
    assert fleet.there()() == 1
    assert fleet.said_there() == {FAILS_HERE: "error", FAILS_THERE: "error"}
    told_there = "(jobs & {'error_message': 'ValueError: it failed here'}).fetch1('error_stack')"
    assert "Traceback" in fleet.peer.run(told_there)
    assert fleet.here() == {"success_count": 0, "error_list": []}
    told = {j["session"]: j["error_message"] for j in fleet.Score.jobs.errors.to_dicts()}
    assert told == {FAILS_HERE: "ValueError: it failed here", FAILS_THERE: "ValueError: it failed there"}
    assert "it failed there" in (fleet.Score.jobs & {"session": FAILS_THERE}).fetch1("error_stack")
    assert max(fleet.calls().values()) == 1


def test_what_is_cleared_there_is_tried_again_here(fleet: Fleet) -> None:
    fleet.sessions(FAILS_HERE)
    fleet.here()
    fleet.peer.run("(jobs & \"status='error'\").delete_quick()")
    assert len(fleet.here()["error_list"]) == 1
    assert fleet.calls() == Counter({(FAILS_HERE, "ours"): 2})


@pytest.mark.parametrize("verb", ["reset", "delete"])
def test_what_is_cleared_here_is_tried_again_there(fleet: Fleet, verb: str) -> None:
    fleet.sessions(FAILS_HERE)
    fleet.here()
    assert getattr(fleet.Score.jobs.errors, verb)() == 1
    assert fleet.there()() == 1


def test_what_is_ignored_on_one_side_is_on_the_other(fleet: Fleet) -> None:
    fleet.sessions(1, 2, 3)
    fleet.act("ignore", 1)
    fleet.Score.jobs.ignore({"session": 2})
    assert fleet.there()() == 1
    assert fleet.here().success == 0
    assert fleet.Score.jobs.ignored.keys(order_by="KEY") == [{"session": 1}, {"session": 2}]
    assert fleet.said_there() == {1: "ignore", 2: "ignore"}


def test_the_keys_of_lost_workers_come_back(fleet: Fleet) -> None:
    fleet.sessions(1)
    assert len(fleet.claim(1, lease=1e-6)) == 1
    assert fleet.there()() == 0
    (again,) = fleet.claim(1, lease=1e-6)
    assert again.attempt == 2
    fleet.claim(1, lease=1e-6)
    fleet.claim(1)
    assert fleet.Score.jobs.errors.fetch1("error_message") == "worker lost 3 times"
    fleet.queue.refresh()
    assert fleet.said_there() == {1: "error"}


def test_what_nobody_here_holds_any_more_is_let_go(fleet: Fleet) -> None:
    fleet.sessions(1)
    fleet.claim(1)
    fleet.Score.jobs.refresh(orphan_timeout=1e-6)
    assert fleet.said_there() in ({}, {1: "pending"})
    assert fleet.there()() == 1


KINDS = {
    "number": ("int32", "int", "-5"),
    "small": ("int8", "tinyint", "7"),
    "word": ("varchar(20)", "varchar(20)", "'µ mouse'"),
    "day": ("date", "date", "datetime.date(2024, 2, 29)"),
    "moment": ("datetime", "datetime", "datetime.datetime(2024, 2, 29, 12, 30, 5)"),
    "price": ("decimal(6,2)", "decimal(6,2)", "decimal.Decimal('12.50')"),
    "side": ("enum('left', 'right')", "enum('left', 'right')", "'right'"),
    "code": ("uuid", "uuid", "uuid.UUID(int=77)"),
    "ratio": ("float64", "double", "0.1"),
    "flag": ("bool", "bool", "True"),
}
"""An attribute of each kind: its type in both generations, and a value."""
EVERYWHERE = ("number", "small", "word", "day", "price")
"""For keys of the others DataJoint cannot make a table of jobs on PostgreSQL."""


def test_keys_of_all_kinds_are_the_same_on_both_sides(fleet: Fleet, backend: str, project: Project) -> None:
    there = {n: k for n, k in KINDS.items() if backend == "mysql" or n in EVERYWHERE}
    lines = [f"{name} : {kinds[fleet.classic]}" for name, kinds in there.items()]
    code = f'''
        import datetime, decimal, uuid

        @schema
        class Item(dj.Manual):
            definition = """
            {(chr(10) + " " * 12).join(lines)}
            """

        @schema
        class Count(dj.Computed):
            definition = "-> Item"

            def make(self, key):
                self.insert1(key)

        Item.insert1({{{", ".join(f"{name!r}: {kinds[2]}" for name, kinds in there.items())}}})
    '''
    fleet.peer.run(code)
    if not fleet.classic:
        fleet.peer.run("Count().jobs.refresh(delay=-1)")
    schema = lw.virtual_schema(
        fleet.Score().schema.database_name, connection=project, generation="classic" if fleet.classic else "2"
    )
    count: Any = schema["Count"]
    queue = SharedQueue(count())
    queue.refresh()
    (job,) = queue.claim(WorkerId.new(), 5, lease=600)
    populate = "Count.populate(reserve_jobs=True)['success_count']"
    assert fleet.peer.run(populate) == 0
    queue.refresh()
    assert fleet.peer.run(populate) == 0
    queue.fail(job, "no", "")
    count.jobs.errors.reset()
    assert fleet.peer.run(populate) == 1
    assert queue.claim(WorkerId.new(), 5, lease=600) == []
    assert len(count.jobs) == 0
