"""Stubs: type checkers know the attributes of tables, and accept pipelines with and without."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Command

import labwright as lw
from labwright.define.ast import AttributeSpec, TableSpec
from labwright.define.table import TableId, resolve_table
from labwright.define.typenames import parse_type

PIPELINE = '''
from __future__ import annotations

import datetime
import decimal
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import labwright as lw

schema = lw.Schema("lab")
LIMIT = 3
MOST: Final = 4
TODAY: datetime.date = datetime.date(2024, 1, 1)
Names = dict[str, int]


@schema
class Subject(lw.Manual):
    """Mice."""

    definition = """
    subject : int32
    ---
    sex = "U" : enum('F', 'M', 'U')
    born = null : date
    class : varchar(8)
    """


@schema
class Session(lw.Manual):
    definition = """
    -> Subject
    session : int16
    ---
    info = null : json
    """

    class Row(lw.Part):
        definition = """
        -> master
        trial : int16
        """


@schema
class Odd(lw.Manual):
    """Attributes, and a part, that are called like types."""

    definition = """
    date : date
    ---
    time : time
    datetime : datetime
    other : date
    int = 1 : int8
    number = 1 : int32
    str = "" : varchar(8)
    """

    class Decimal(lw.Part):
        definition = """
        -> master
        ---
        decimal : decimal(3, 1)
        """


@schema
class Statistics(lw.Computed):
    definition = """
    -> Session
    ---
    mean : decimal(6, 2)
    """
    scale: float = 2.0

    def make(self, key: dict[str, Any]) -> None:
        self.insert1({**key, "mean": self.scale})  # ROW

    @property
    def key_source(self) -> Any:
        return Session & "session > 0"


def named(a: int, b: str = "x", *, c: float = 2.0) -> Names:
    return {b: a}


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


class Colour(Enum):
    RED = 1


class Helper:
    size: int = 3

    def go(self) -> None:
        print(self.size)


if __name__ == "__main__":
    named(1)
'''
RIGHT = """
from __future__ import annotations

from typing import Any

import labwright as lw
from PIPELINE import LIMIT, MOST, TODAY, Colour, Helper, Odd, Point, Session, Statistics, Subject, named

Subject.insert1({"subject": 1, "class": "a"})
Subject.insert1((1, "F", None, "a"))
Subject.insert([{"subject": 2, "class": "b", "born": "2024-01-01"}], skip_duplicates=True)
Subject.insert(Subject & "subject > 3")
Session.insert([(1, 1, None)], parts={"Row": [(1, 1, 1), {"subject": 1, "session": 1, "trial": 2}]})
Session.Row.insert1({"subject": 1, "session": 1, "trial": 3})
Subject.update1({"subject": 1, "born": None})
count: int = len(Subject) + len(Session & {"subject": 1})
for row in Subject:
    print(row["sex"].lower())
for row in Subject & "sex = 'F'":
    print(row["class"])
sex: str = (Subject & {"subject": 1}).fetch1("sex")
several: tuple[Any, ...] = Subject.fetch1("sex", "born")
whole = Subject.fetch1()
print(whole["subject"] + 1, Subject.keys()[0]["subject"], Session.to_dicts(limit=1)[0]["session"])
if {"subject": 1} in Subject and Subject & "sex = 'M'":
    print(Subject.primary_key[0].upper(), Subject.heading["sex"], Subject.full_table_name.lower())
joined = (Subject * Session - Statistics & lw.Top(3)).proj(..., x="subject + 1").to_dicts()
print(joined[0]["x"], Subject.aggr(Session, n="count(*)"), lw.U("sex") & Subject)
Statistics.populate(display_progress=True)
print(named(LIMIT), Helper().size, Subject.describe().lower())
(Session & whole).delete(prompt=False)
odd = Odd.fetch1()
print(odd["other"].year + odd["number"], odd["datetime"].date(), odd["time"].hour, odd["str"].upper())
print(Odd.Decimal.fetch1("decimal").is_nan(), TODAY.year, MOST + 1, Point(1).y, Point(1, 2), Colour.RED.value)
"""
TYPED = """
from typed import Subject


def key_of(row: Subject.Row) -> Subject.Key:
    return {"subject": row["subject"]}
"""
WRONG = {
    'Subject.insert1({"subject": 1, "clas": "a"})': "NewRow",
    'Subject.insert1({"subject": 1, "class": "a", "sex": "X"})': "NewRow",
    'Subject.insert([{"subjct": 1, "class": "a"}])': "NewRow",
    'Subject.update1({"subject": 1, "brn": None})': 'Extra key "brn"',
    'Subject.fetch1("sx")': "No overload",
    'Subject.fetch1()["sx"]': 'has no key "sx"',
    'Subject.keys()[0]["sex"]': 'has no key "sex"',
    '[row["cls"] for row in Subject]': 'has no key "cls"',
    'Session.insert([], parts={"Rows": []})': "WithParts",
}


def mypy(folder: Path, *names: str) -> list[str]:
    """What mypy says of modules, a line for each error; what it learns of Labwright is kept beside the folders."""
    kept = folder.parents[1] / "mypy_cache"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(kept), *names],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in done.stdout.splitlines() if ": error:" in line]


def test_type_checkers_know_the_attributes(command: Command) -> None:
    folder = command.folder
    for name in ("typed", "plain"):
        (folder / f"{name}.py").write_text(PIPELINE, encoding="utf-8")
        (folder / f"{name}_use.py").write_text(RIGHT.replace("PIPELINE", name), encoding="utf-8")
    (folder / "key.py").write_text(TYPED, encoding="utf-8")
    (folder / "wrong.py").write_text("from typed import Session, Subject\n" + "\n".join(WRONG) + "\n", encoding="utf-8")
    assert "wrote typed.pyi" in command("stubs", "typed", "-o", "typed.pyi").stderr
    errors = mypy(folder, "typed_use.py", "plain.py", "plain_use.py", "key.py", "wrong.py")
    assert [e for e in errors if not e.startswith("wrong.py")] == []
    by_line = {int(m[1]): m[2] for e in errors if (m := re.match(r"wrong\.py:(\d+): error: (.*)", e))}
    assert [n for n, said in enumerate(WRONG.values(), 2) if said not in by_line.get(n, "")] == []


def test_a_schema_of_the_database(command: Command, database_url: str, lab: str) -> None:
    command("stubs", "--schema", lab, "-o", "lab.pyi", "--database", database_url)
    use = (
        "from lab import Session, Subject\n"
        'Session.Trial.insert1({"subject_id": 1, "session": 1, "trial": 1, "outcome": "hit"})\n'
        'Subject.insert1({"subject_id": 1})\n'
        'Subject.insert1({"subject_id": 1, "nme": "x"})\n'
    )
    (command.folder / "use.py").write_text(use, encoding="utf-8")
    assert [e.split(":")[1] for e in mypy(command.folder, "use.py")] == ["4"]


def test_tables_of_other_programs_that_no_class_can_stand_for(command: Command, database_url: str, lab: str) -> None:
    with lw.Project(database_url) as project:
        written = TableSpec((AttributeSpec("none", parse_type("int32")),))
        for name in ("none", "subject__none", "#subject"):
            written_id = TableId(lab, name)
            project.database.declare(
                [resolve_table(written_id, written, lambda _: pytest.fail("it refers to nothing"), lambda t: t)]
            )
    ast.parse(command.out("stubs", "--schema", lab, "--database", database_url))


def test_what_cannot_be_told(command: Command) -> None:
    assert "Say which tables" in command("stubs").stderr
    assert "Say which tables" in command("stubs", "a", "--schema", "b").stderr
    assert "No module named 'nowhere'" in command("stubs", "nowhere").stderr
    assert "There is no schema 'nowhere'" in command("stubs", "--schema", "nowhere").stderr
    assert "The source of the module 'sys' is not to be had" in command("stubs", "sys").stderr
    (command.folder / "empty.py").write_text("x = 1\n", encoding="utf-8")
    assert "cannot be written to 'no/x.pyi'" in command("stubs", "empty", "-o", "no/x.pyi").stderr
    assert command.out("stubs", "empty").endswith("x: int\n")
