"""How rows were computed is noted together with them, told, and goes when they go."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.backends.classes import part, table
from tests.jobs.fill import fill

import labwright as lw
from labwright.core.errors import LabwrightError
from labwright.jobs.code import code_of
from labwright.jobs.job import WorkerId
from labwright.jobs.make import Maker
from labwright.jobs.provenance import Provenance
from labwright.jobs.read_text import KeptRead, read_reads, write_reads
from labwright.sql.declare import table_names
from labwright.sql.reads import Read, digest_rows
from labwright.sql.run_tables import kept_runs, read_runs
from labwright.sql.runs import run_id


@dataclass(frozen=True)
class Lab:
    """Mice, and what is computed of them."""

    schema: lw.Schema
    Mouse: Any
    Weeks: Any

    def runs(self, cls: Any) -> int:
        """How many runs are kept."""
        id_ = run_id(cls().id)
        place = self.schema.project.database.dialect.table(id_.schema, id_.name)
        found = self.schema.project.connection.fetch(f"SELECT count(*) FROM {place}")
        return int(found[0][0])


def make_weeks(self: Any, key: dict[str, Any]) -> None:
    age = (self.schema["Mouse"] & key).fetch1("age")
    self.insert1({**key, "weeks": age / 7})
    self.schema["Weeks"].Day.insert([{**key, "day": day} for day in range(2)])


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    Mouse = table(schema, "Mouse", "mouse : int32\n---\nage : int32")
    Mouse.insert([(n, 7 * n) for n in range(5)])
    day = part("Day", "-> master\nday : int8")
    Weeks = table(schema, "Weeks", "-> Mouse\n---\nweeks : float64", lw.Computed, make=make_weeks, Day=day)
    return Lab(schema, Mouse, Weeks)


def test_each_row_knows_how_it_was_computed(lab: Lab) -> None:
    fill(lab.Weeks)
    assert len(lab.Weeks.provenance) == 5
    found = lab.Weeks.provenance({"mouse": 3})
    assert found.key == {"mouse": 3}
    assert found.code == code_of(lab.Weeks)
    assert "age / 7" in found.code.source.text
    assert (found.pid, found.engine, found.engine_job) == (os.getpid(), "", "")
    assert found.environment.packages.keys() >= {"pytest"}
    assert found.started <= found.finished
    assert abs(found.finished - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=5)
    (read,) = found.reads
    assert read.count == 1
    assert read.digest == digest_rows([(21,)]).hex()
    assert read.params is not None
    assert 3 in read.params


def test_it_is_a_query(lab: Lab) -> None:
    fill(lab.Weeks)
    code = code_of(lab.Weeks).source.hash
    assert (lab.Weeks.provenance & {"code": code} & "mouse > 2").keys(order_by="mouse") == [{"mouse": 3}, {"mouse": 4}]
    assert len((lab.Weeks & "weeks >= 2").provenance) == 3
    assert (lab.Weeks.provenance * lab.Mouse).to_arrays("age").sum() == 70
    assert len(lab.Weeks.provenance & "finished < '2001-01-01'") == 0
    assert len(lab.Weeks & lab.Weeks.provenance) == 5


def test_it_tells_who_and_by_what(lab: Lab) -> None:
    worker = WorkerId("w-1", "node-7", 42, "ana", "array_3")
    provenance = Provenance(lab.Weeks(), worker, "slurm")
    attempt = Maker(lab.Weeks()).run([{"mouse": 1}])
    attempt.close_with(*provenance.closing(attempt))
    attempt.store()
    row = lab.Weeks.provenance.fetch1("user", "host", "pid", "worker", "engine", "engine_job")
    assert row == ("ana", "node-7", 42, "w-1", "slurm", "array_3")


def test_nothing_is_noted_of_what_is_not_stored(lab: Lab) -> None:
    provenance = Provenance(lab.Weeks())
    attempt = Maker(lab.Weeks()).run([{"mouse": 1}])
    attempt.close_with(*provenance.closing(attempt))
    lab.Mouse.update1({"mouse": 1, "age": 70})
    with pytest.raises(LabwrightError):
        attempt.store()
    assert len(lab.Weeks.provenance) == lab.runs(lab.Weeks) == 0


def test_before_anything_was_computed_there_are_no_runs(lab: Lab) -> None:
    assert len(lab.Weeks.provenance) == 0
    assert lab.Weeks.provenance.to_dicts() == []
    with pytest.raises(LabwrightError, match="No run is known"):
        lab.Weeks.provenance({"mouse": 1})


def test_a_row_by_hand_has_no_run(lab: Lab) -> None:
    fill(lab.Weeks)
    (lab.Weeks & "mouse = 2").delete(prompt=False)
    lab.Weeks.insert1((2, 1.0), allow_direct_insert=True)
    assert [row["mouse"] for row in lab.Weeks.provenance.keys(order_by="mouse")] == [0, 1, 3, 4]


def test_runs_go_with_their_rows(lab: Lab) -> None:
    fill(lab.Weeks)
    (lab.Mouse & "mouse = 0").delete(prompt=False)
    assert lab.runs(lab.Weeks) == 4
    lab.Weeks.Day.delete_quick()
    (lab.Weeks & "mouse = 1").delete_quick()
    assert lab.runs(lab.Weeks) == 3
    lab.Weeks.delete(prompt=False)
    assert lab.runs(lab.Weeks) == 0
    fill(lab.Weeks)
    assert len(lab.Weeks.provenance) == 4


def test_a_failed_deletion_forgets_nothing(lab: Lab) -> None:
    fill(lab.Weeks)
    with pytest.raises(LabwrightError):
        lab.Weeks.delete_quick()
    assert lab.runs(lab.Weeks) == 5


@pytest.fixture
def free_keys(schema: lw.Schema) -> Iterator[None]:
    with schema.project.config.override({"jobs.allow_new_pk_fields_in_computed_tables": True}):
        yield


@pytest.fixture
def metadata(schema: lw.Schema) -> Iterator[None]:
    with schema.project.config.override({"jobs.add_job_metadata": True, "jobs.version_method": "git"}):
        yield


@pytest.mark.usefixtures("free_keys")
def test_several_rows_of_one_make_have_one_run(schema: lw.Schema) -> None:
    Mouse = table(schema, "Mouse", "code : varchar(9)")
    Mouse.insert([("a",), ("b",)])

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert([{**key, "side": side} for side in (1, 2)])

    Ear = table(schema, "Ear", "-> Mouse\nside : int8", lw.Computed, make=make)
    fill(Ear)
    assert len(Ear.provenance) == 2
    assert Ear.provenance.heading.primary_key == ["code"]
    assert {"code", "run_code", "host"} <= set(Ear.provenance.heading)
    assert Ear.provenance({"code": "a", "side": 2}).key == {"code": "a"}
    (Ear & {"code": "a", "side": 1}).delete(prompt=False)
    assert Ear.provenance.keys() == [{"code": "b"}]


def test_texts_of_queries_are_kept_once(lab: Lab) -> None:
    fill(lab.Weeks)
    texts = lab.Weeks.provenance.to_arrays("reads").tolist()
    assert sum("SELECT" in text for text in texts) == 2
    assert len({lab.Weeks.provenance({"mouse": n}).reads[0].sql for n in range(5)}) == 1


def test_dropping_the_table_drops_its_runs(lab: Lab) -> None:
    fill(lab.Weeks)
    definition = lab.Weeks().table_def
    database = lab.schema.project.database
    assert read_runs(database.connection, database.dialect, definition) is not None
    lab.Weeks.drop(prompt=False)
    assert read_runs(database.connection, database.dialect, definition) is None
    assert list(kept_runs(database.connection, database.dialect, [definition])) == []


def test_a_schema_is_dropped_with_its_runs(lab: Lab) -> None:
    fill(lab.Weeks)
    lab.schema.drop(prompt=False)
    assert not lab.schema.exists


def test_runs_follow_a_new_name(lab: Lab, prefix: str, database_url: str) -> None:
    fill(lab.Weeks)
    with lw.Project(database_url) as project:
        schema = lw.Schema(f"{prefix}lab", connection=project)
        Mouse = table(schema, "Mouse", "animal : int32  # {mouse}\n---\nage : int32")
        Weeks = table(
            schema, "Weeks", "-> Mouse\n---\nweeks : float64", lw.Computed, make=make_weeks,
            Day=part("Day", "-> master\nday : int8"),
        )  # fmt: skip
        Mouse.alter(prompt=False)
        assert len(Weeks.provenance) == 5
        assert Weeks.provenance({"animal": 3}).key == {"animal": 3}


def test_a_backup_has_the_runs(lab: Lab, tmp_path: Path, prefix: str) -> None:
    fill(lab.Weeks)
    project = lab.schema.project
    archive, name = tmp_path / "all.zip", lab.schema.database_name
    lw.backup(archive, name, connection=project)
    assert not lw.verify_backup(archive, project).problems
    lw.restore(archive, rename={name: f"{prefix}again"}, connection=project)
    again = lw.Schema(f"{prefix}again", connection=project)
    day = part("Day", "-> master\nday : int8")
    table(again, "Mouse", "mouse : int32\n---\nage : int32")
    Weeks = table(again, "Weeks", "-> Mouse\n---\nweeks : float64", lw.Computed, make=make_weeks, Day=day)
    assert len(Weeks.provenance) == 5
    assert Weeks.provenance({"mouse": 3}).code == lab.Weeks.provenance({"mouse": 3}).code


@pytest.mark.usefixtures("metadata")
def test_metadata_of_the_second_generation_is_written(schema: lw.Schema) -> None:
    Mouse = table(schema, "Mouse", "mouse : int32\n---\nage : int32")
    Mouse.insert1((1, 14))

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "weeks": 2})

    Weeks = table(schema, "Weeks", "-> Mouse\n---\nweeks : float64", lw.Computed, make=make)
    fill(Weeks)
    dialect = schema.project.database.dialect
    place = dialect.table(*(Weeks().id.schema, Weeks().id.name))
    columns = "_job_start_time, _job_duration, _job_version"
    ((started, duration, version),) = schema.project.connection.fetch(f"SELECT {columns} FROM {place}")
    moment = datetime.datetime.fromisoformat(str(started))
    assert abs(moment - datetime.datetime.now()) < datetime.timedelta(minutes=5)  # noqa: DTZ005 - it is local time
    assert 0 < float(duration) < 60
    assert version == code_of(Weeks).version


def test_values_of_queries_come_back() -> None:
    values = (1, 1.5, float("inf"), None, True, "ä\0", b"\0\xff", datetime.date(2026, 1, 2), [1, "a"], (b"x", None))
    read = Read("SELECT 1", values, digest_rows([(1,)]), 1)
    odd = Read("SELECT 2", (object(),), digest_rows([]), 0)
    long = Read("SELECT 3", ("x" * 100_000,), digest_rows([]), 0, whole=False)
    found = read_reads(
        write_reads([read, odd, long], lambda sql: "h" if sql == "SELECT 2" else None), {"h": "SELECT 2"}
    )
    assert found[0] == KeptRead("SELECT 1", values, read.digest.hex(), 1)
    assert [(r.sql, r.params, r.whole) for r in found[1:]] == [("SELECT 2", None, True), ("SELECT 3", None, False)]


def take_over(self: Any, key: dict[str, Any]) -> None:
    self.insert1(key)


def test_nothing_is_left_of_the_last_table_that_fills_itself(schema: lw.Schema) -> None:
    table(schema, "Mouse", "mouse : int32").insert1((1,))
    first, second = (table(schema, name, "-> Mouse", lw.Computed, make=take_over) for name in ("One", "Two"))
    before = table_names(schema.project.connection, schema.project.database.dialect, schema.database_name)
    first.populate()
    second.populate(reserve_jobs=True)
    first.drop(prompt=False)
    assert second.provenance({"mouse": 1}).code.source.text
    second.drop(prompt=False)
    after = table_names(schema.project.connection, schema.project.database.dialect, schema.database_name)
    assert after - {"__one"} == before  # to drop the second one, the first was declared again
    assert second.populate()["success_count"] == 1
    assert second.provenance({"mouse": 1}).code.source.text
