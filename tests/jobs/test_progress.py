"""How far tables are is counted right, and shown where it can be read."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import LostConnectionError
from labwright.jobs.display import Bars, Cell, Lines, Row, display_here
from labwright.jobs.outcome import Outcome, State
from labwright.jobs.progress import Counter, Progress, Standing, progress_of_queues, standing


@dataclass
class Notes:
    """A display that keeps what it was to show."""

    shown: list[list[Row]] = field(default_factory=list)
    closed: int = 0

    def pause(self, seconds: float) -> float:
        return 1.0

    def show(self, rows: Sequence[Row]) -> None:
        self.shown.append([replace(row) for row in rows])

    def close(self) -> None:
        self.closed += 1


@dataclass
class Clock:
    """Time that goes on when it is told to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def outcome(state: State) -> Outcome:
    return Outcome({"mouse": 1}, state, table="lab.__weight")


def test_what_becomes_of_keys_is_counted() -> None:
    row = Row("Weight", 4)
    counter = Counter("lab.__weight", row)
    states: list[State] = ["success", "error", "retry", "skipped", "lost"]
    for state in states:
        counter.add(outcome(state))
    assert row == Row("Weight", 4, 4, 1)


@pytest.mark.parametrize(
    ("standings", "most", "expected"),
    [
        ([Standing(10, 5, 0)], None, Row("", 5, 0, 0)),
        ([Standing(10, 5, 2), Standing(12, 2, 3)], None, Row("", 5, 3, 1)),  # two by now, one failed
        ([Standing(0, 0, 0), Standing(1, 6, 0)], None, Row("", 7, 1, 0)),  # keys have come in
        ([Standing(0, 9, 0), Standing(1, 8, 0)], 3, Row("", 3, 1, 0)),
        ([Standing(0, 9, 0), Standing(4, 5, 0)], 3, Row("", 4, 4, 0)),  # others have been at work
        ([Standing(9, 0, 0), Standing(2, 7, 0)], None, Row("", 7, 0, 0)),  # rows were deleted
    ],
)
def test_the_database_knows_what_others_do(standings: list[Standing], most: int | None, expected: Row) -> None:
    answers, row = iter(standings), Row("")
    counter = Counter("t", row, lambda: next(answers), most)
    for _ in standings:
        counter.look()
    assert row == expected


def test_it_is_shown_now_and_then_and_at_the_end() -> None:
    notes, clock = Notes(), Clock()
    with Progress([Counter("lab.__weight", Row("Weight", 3))], notes, clock) as progress:
        for pause in (0.4, 0.4, 0.4):
            clock.now += pause
            progress.add(outcome("success"))
    assert notes.shown == [[Row("Weight", 3, 3)], [Row("Weight", 3, 3)]]
    assert notes.closed == 1


def test_questions_do_not_take_more_than_a_twentieth_of_the_time() -> None:
    clock, asked = Clock(), list[float]()

    def ask() -> Standing:
        asked.append(clock.now)
        clock.now += 10.0
        return Standing(0, 5, 0)

    with Progress([Counter("t", Row("T"), ask)], Notes(), clock) as progress:
        for _ in range(500):
            clock.now += 1.0
            progress.tick()
        assert asked[:3] == [100.0, 310.0, 520.0]


def test_it_does_not_fail_what_it_shows() -> None:
    def ask() -> Standing:
        raise LostConnectionError("gone")

    notes = Notes()
    with Progress([Counter("t", Row("T"), ask)], notes):
        pass
    assert notes.shown == [[Row("T")]]


def test_who_interrupts_does_not_wait_for_the_database() -> None:
    asked, notes = list[int](), Notes()

    def ask() -> Standing:
        asked.append(1)
        return Standing(0, 1, 0)

    with pytest.raises(KeyboardInterrupt), Progress([Counter("t", Row("T"), ask)], notes):
        raise KeyboardInterrupt
    assert (len(asked), notes.closed) == (1, 1)


def test_lines_tell_what_is_new() -> None:
    log = io.StringIO()
    lines = Lines(log)
    lines.show([Row("Weight", 2000, 1000, 1), Row("Length")])
    lines.show([Row("Weight", 2000, 1000, 1), Row("Length", 3)])
    assert log.getvalue() == "Weight: 1,000 of 2,000 keys (50%), 1 failed\nLength: 0 of 3 keys (0%)\n"
    pauses = [lines.pause(seconds) for seconds in (0, 60, 3600, 1e6)]
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]


def test_a_cell_of_a_notebook_is_replaced() -> None:
    told: list[str] = []
    Cell(told.append).show([Row("A<b>", 4, 1), Row("Idle")])
    assert told == ['<div><progress value="1" max="4"></progress> A&lt;b&gt;: 1 of 4 keys (25%)</div>']


class Terminal(io.StringIO):
    """What a person reads at once."""

    def isatty(self) -> bool:
        return True


def test_bars_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in {"TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    bars = display_here()
    assert isinstance(bars, Bars)
    bars.show([Row("Weight", 4, 1, 1), Row("Idle")])
    bars.show([Row("Weight", 5, 3, 1), Row("Idle")])
    bars.close()
    assert "3/5" in terminal.getvalue()
    assert "1 failed" in terminal.getvalue()
    assert "Idle" not in terminal.getvalue()


@dataclass(frozen=True)
class Lab:
    schema: lw.Schema
    Session: Any
    Score: Any


def make_score(score: Any, key: dict[str, Any]) -> None:
    if key["session"] == 2:
        raise ValueError("two is bad")
    score.insert1(key)


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    Session = table(schema, "Session", "session : int32")
    Session.insert((n,) for n in range(1, 7))
    return Lab(schema, Session, table(schema, "Score", "-> Session", lw.Computed, make=make_score))


def test_a_database_says_how_far_a_table_is(lab: Lab) -> None:
    assert standing(lab.Score(), []) == Standing(0, 6, 0)
    lab.Score.populate("session < 4", reserve_jobs=True, suppress_errors=True)
    lab.Score.jobs.ignore({"session": 6})
    assert standing(lab.Score(), []) == Standing(2, 2, 1)
    assert standing(lab.Score(), ["session > 2"]) == Standing(1, 2, 0)


def test_populate_with_jobs(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.Score.populate(reserve_jobs=True, suppress_errors=True, display_progress=True)
    assert capsys.readouterr() == ("", "Score: 6 of 6 keys (100%), 1 failed\n")
    lab.Score.populate(reserve_jobs=True, suppress_errors=True, display_progress=True)
    assert capsys.readouterr() == ("", "")


def test_populate_stops_at_an_error(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="two is bad"):
        lab.Score.populate(display_progress=True, order="reverse")
    assert capsys.readouterr().err == "Score: 5 of 6 keys (83%), 1 failed\n"


def test_run_shows_each_table(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    Double = table(lab.schema, "Double", "-> Score", lw.Computed, make=lambda self, key: self.insert1(key))
    lw.run(Double, restrictions="session < 4", display_progress=True)
    name = lab.schema.database_name
    assert capsys.readouterr().err.splitlines() == [
        f"{name}.Score: 3 of 3 keys (100%), 1 failed",
        f"{name}.Double: 2 of 2 keys (100%)",
    ]


def test_what_others_compute_counts(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    notes, clock = Notes(), Clock()
    monkeypatch.setattr("labwright.jobs.progress.display_here", lambda: notes)
    with progress_of_queues([lab.Score()], [], display=True) as progress:
        progress._clock = clock
        lab.Score.populate("session > 2", reserve_jobs=True)
        clock.now += 1e9
        progress.tick()
    assert notes.shown[0] == [Row("Score", 6, 4, 0)]
