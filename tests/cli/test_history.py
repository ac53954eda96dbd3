"""``labwright history``."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from tests.cli.conftest import Command

import labwright as lw
from labwright.core.errors import LabwrightError


@pytest.fixture
def rat(database_url: str, prefix: str) -> Iterator[type[lw.Manual]]:
    with lw.Project(database_url):
        schema = lw.Schema(f"{prefix}lab")

        @schema
        class Rat(lw.Manual):
            definition = "rat : int32\n---\nname : varchar(20)"

        Rat.insert([(1, "a"), (2, "b")])
        with lw.acting_as("ana", why="they left"):
            Rat.update1({"rat": 1, "name": "c"})
            (Rat & "rat = 2").delete(prompt=False)
        yield Rat


def test_changes_are_listed_shown_and_undone(
    rat: type[lw.Manual], command: Command, database_url: str, prefix: str
) -> None:
    schema, url = f"{prefix}lab", ("--database", database_url)
    listed = command("history", "list", schema, *url)
    assert "ana" in listed.stdout
    assert "they left" in listed.stdout
    shown = command("history", "show", f"{schema}.Rat", "rat=1", *url)
    assert "name: 'a' -> 'c'  (they left)" in shown.stdout
    undone = command("history", "undo", lw.changes(rat()._schema)[0].id, "--why", "they are back", *url)
    assert undone.returncode == 0, undone.stderr
    assert [row["name"] for row in rat.to_dicts(order_by="KEY")] == ["a", "b"]
    assert rat().history({"rat": 1})[0].why == "they are back"


def test_what_is_old_is_removed(rat: type[lw.Manual], command: Command, database_url: str, prefix: str) -> None:
    schema, url = f"{prefix}lab", ("--database", database_url)
    assert "history.keep_days" in command("history", "prune", schema, *url).stderr
    assert "2 records" in command("history", "prune", schema, "--keep-days", "0", *url).stdout
    assert rat.changes() == []
    with pytest.raises(LabwrightError, match="pruned"):
        rat.at(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    rat.update1({"rat": 1, "name": "d"})
    assert [list(c.rows.values()) for c in rat.changes()] == [[{"update": 1}]]
