"""describe, diagram and shell, on the database alone."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from tests.cli.conftest import Command

from labwright.define.format import format_spec
from labwright.define.parser import parse


def test_describe_lists_schemas(command: Command, database_url: str, lab: str) -> None:
    assert f"{lab}  (3 tables)" in command.out("describe", "--database", database_url)


def test_describe_an_empty_database(command: Command) -> None:
    assert "There are no schemas in sqlite:" in command.out("describe")


def test_describe_a_schema(command: Command, database_url: str, lab: str) -> None:
    text = command.out("--database", database_url, "describe", lab)
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles == [
        f"## Subject (manual, {lab}.subject)",
        f"## Session (manual, {lab}.session)",
        f"## Session.Trial (part, {lab}.session__trial)",
    ]
    assert "# as on the cage, e.g. µ2" in text


@pytest.mark.parametrize("table", ["Session.Trial", "session__trial"])
def test_describe_a_table(table: str, command: Command, database_url: str, lab: str) -> None:
    title, _, definition = command.out("describe", f"{lab}.{table}", "--database", database_url).partition("\n")
    assert title == f"## Session.Trial (part, {lab}.session__trial)"
    assert format_spec(parse(definition)).rstrip() == definition.rstrip()
    assert [line.split()[0] for line in definition.splitlines()] == ["->", "trial", "---", "outcome"]


@pytest.mark.parametrize(("wrong", "right"), [("{}.Sesion", "'Session'"), ("{}x", "'{}'")])
def test_a_wrong_name_names_near_ones(wrong: str, right: str, command: Command, database_url: str, lab: str) -> None:
    done = command("describe", wrong.format(lab), "--database", database_url)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: There is no ")
    assert f"Did you mean {right.format(lab)}" in done.stderr


def test_diagram_to_the_terminal(command: Command, database_url: str, lab: str) -> None:
    text = command.out("diagram", lab, "--database", database_url)
    assert text.startswith("flowchart TB")
    assert "Session.Trial" in text
    assert command.out("diagram", lab, "--direction", "LR", "--database", database_url).startswith("flowchart LR")


def test_diagram_collapsed(command: Command, database_url: str, lab: str) -> None:
    nodes = json.loads(command.out("diagram", lab, "--collapse", "--format", "json", "--database", database_url))
    assert len(nodes["nodes"]) == 1


@pytest.mark.parametrize(("name", "start"), [("x.mmd", "flowchart"), ("x.gv", "digraph"), ("x.json", "{")])
def test_diagram_to_a_file(name: str, start: str, command: Command, database_url: str, lab: str) -> None:
    done = command("diagram", lab, "-o", name, "--database", database_url)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (0, "", f"wrote {name}")
    assert (command.folder / name).read_text(encoding="utf-8").startswith(start)


def test_diagram_as_svg(command: Command, database_url: str, lab: str) -> None:
    command.out("diagram", lab, "-o", "lab.svg", "--database", database_url)
    assert ET.fromstring((command.folder / "lab.svg").read_text(encoding="utf-8")).tag.endswith("svg")


@pytest.mark.parametrize(("name", "said"), [("x.png", ".svg"), ("none/x.svg", "cannot be written")])
def test_diagram_that_cannot_be_written(name: str, said: str, command: Command, database_url: str, lab: str) -> None:
    done = command("diagram", lab, "-o", name, "--database", database_url)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_shell_has_the_tables(command: Command, database_url: str, lab: str) -> None:
    code = f"print(len({lab}.Subject & 'subject_id = 2'), lw.conn() is project.connection, {lab}.Session.__name__)"
    assert command.out("shell", "-c", code, "--database", database_url).split() == ["1", "True", "Session"]


def test_shell_reads_what_is_typed(command: Command, database_url: str, lab: str) -> None:
    out = command.out("shell", "--database", database_url, typed=f"print('rows', len({lab}.Subject))\n")
    assert "rows 2" in out


def test_shell_makes_the_project_the_default(command: Command, database_url: str, lab: str) -> None:
    (command.folder / "mine.py").write_text(
        f"import labwright as lw\nschema = lw.Schema('{lab}')\n@schema\nclass Subject(lw.Manual):\n"
        "    definition = 'subject_id : int32\\n---\\nname = \"\" : varchar(20)'\n",
        encoding="utf-8",
    )
    assert command.out("shell", "mine", "-c", "print(len(mine.Subject))", "--database", database_url) == "2\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "There is no module 'mine' here"), ("import nowhere_to_be_found", "needs 'nowhere")],
)
def test_shell_without_a_module(text: str | None, said: str, command: Command) -> None:
    if text is not None:
        (command.folder / "mine.py").write_text(text, encoding="utf-8")
    done = command("shell", "mine", "-c", "1")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert said in done.stderr
