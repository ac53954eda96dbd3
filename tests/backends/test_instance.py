"""Isolated objects: each with settings and a connection of its own; and the mode that allows nothing else."""

from __future__ import annotations

from typing import Any

import pytest

import labwright as lw
from labwright.sql.url import parse_url


@pytest.fixture
def address(database_url: str) -> dict[str, Any]:
    """The parts of the test's database."""
    url = parse_url(database_url)
    if url.backend == "sqlite":
        return {"backend": "sqlite", "host": url.path}
    parts: dict[str, Any] = {"backend": url.backend, "host": url.host, "user": url.user, "password": url.password}
    name = {"database__name": url.database} if url.backend == "postgres" else {}
    return {**parts, "port": url.port, **name}


def test_an_instance_has_settings_and_a_connection_of_its_own(address: dict[str, Any], prefix: str) -> None:
    with lw.Instance(**address, safemode=False) as one, lw.Instance(**address, display__limit=3) as two:
        assert (one.config["safemode"], two.config["safemode"]) == (False, True)
        assert (one.config["display.limit"], two.config["display.limit"]) == (12, 3)
        assert one.connection is not two.connection
        schema = one.Schema(f"{prefix}own")

        @schema
        class Subject(lw.Manual):
            definition = "subject : int"

        Subject.insert([(1,), (2,)])
        assert len(two.FreeTable(Subject().full_table_name)) == 2
        module = two.create_virtual_module("own", f"{prefix}own")
        assert module.Subject().connection is two.connection
        assert two.virtual_schema(f"{prefix}own")["Subject"]().fetch("subject").tolist() == [1, 2]
        assert f"{prefix}own" in two.list_schemas()
        assert one.conn().is_connected
        schema.drop(prompt=False)


def test_a_wrong_setting_of_an_instance() -> None:
    with pytest.raises(lw.errors.ConfigError, match="safemod"):
        lw.Instance("db", safemod=False)


def test_thread_safe_mode_has_nothing_shared(project: lw.Project, address: dict[str, Any], prefix: str) -> None:
    schema = lw.Schema(f"{prefix}shared")

    @schema
    class Subject(lw.Manual):
        definition = "subject : int"

    Subject.insert1((1,))
    with lw.config.override(thread_safe=True):
        assert len(Subject) == 1  # this thread has entered a project
        with pytest.raises(lw.errors.ThreadSafetyError, match="settings that all threads share"):
            lw.config["safemode"] = False
        with pytest.raises(lw.errors.ThreadSafetyError, match="settings that all threads share"):
            del lw.config["safemode"]
        with lw.config.override(safemode=False):
            assert lw.config["safemode"] is False
        with lw.Instance(**address) as instance:
            instance.config["safemode"] = False
            assert len(instance.FreeTable(Subject().full_table_name)) == 1


def test_thread_safe_mode_has_no_default_connection(prefix: str) -> None:
    schema = lw.Schema(f"{prefix}nowhere")
    with lw.config.override(thread_safe=True):
        with pytest.raises(lw.errors.ThreadSafetyError, match="no shared connection"):
            lw.conn()
        with pytest.raises(lw.errors.ThreadSafetyError, match="no shared connection"):
            schema.list_tables()
