from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import ConfigError
from labwright.jobs.resources import Resources, parse_memory, parse_resources, parse_time, resources_of


@pytest.mark.parametrize(
    ("text", "size"),
    [("1 B", 1), ("32 GB", 32 * 10**9), ("32gb", 32 * 10**9), ("1.5 TiB", 3 * 2**39), (" 500 MB ", 5 * 10**8)],
    ids=str,
)
def test_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(
    "value", [0, 32, 1.5, "32", "32 G", "GB", "-1 GB", "0 GB", "1 GB 2 MB", "", None, True], ids=repr
)
def test_memory_without_a_unit_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"Spikes\.resources: memory is a number with its unit"):
        parse_memory(value, "Spikes.resources: memory")


@pytest.mark.parametrize(
    ("given_time", "seconds"),
    [
        ("90 s", 90),
        ("30min", 1800),
        ("2 h", 7200),
        ("1 d 12 h", 129600),
        ("1.5 hours", 5400),
        (timedelta(hours=1), 3600),
    ],
    ids=str,
)
def test_time(given_time: Any, seconds: float) -> None:
    assert parse_time(given_time) == seconds


@pytest.mark.parametrize("value", [0, 3600, "3600", "2:00:00", "0 s", "1 month", timedelta(0), "h", ""], ids=repr)
def test_time_without_a_unit_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match="time is a number with its unit"):
        parse_time(value)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_times_add_up(hours: int, seconds: int) -> None:
    assert parse_time(f"{hours} h {seconds} s") == parse_time(f"{hours * 3600 + seconds} s")


@pytest.mark.parametrize("value", [0, -1, 1.5, "4", True], ids=repr)
def test_processors_are_counted(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"X: cpus is a whole number from 1, not"):
        parse_resources({"cpus": value}, "X")


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'mem'.*Did you mean 'memory'"):
        parse_resources({"mem": "1 GB"}, "X")
    with pytest.raises(ConfigError, match="is a dict such as"):
        parse_resources("4 cpus", "X")  # type: ignore[arg-type]  # that is the test


resources = st.builds(
    Resources, st.integers(1, 99), st.integers(0, 9), st.none() | st.integers(1), st.none() | st.floats(1, 1e6)
)


@given(resources, resources)
def test_what_is_enough_for_both_is_enough_for_each(one: Resources, other: Resources) -> None:
    both = one | other
    assert both == other | one
    assert both | one == both
    assert one | Resources() == one


class Small:
    resources: ClassVar = {"cpus": 2, "memory": "1 GB"}


class Large:
    resources: ClassVar = {"gpus": 1, "memory": "8 GB", "time": None}


class Silent:
    pass


def test_a_worker_can_do_each_table_of_its_order() -> None:
    assert resources_of([Small, Large, Silent]) == Resources(cpus=2, gpus=1, memory=8 * 10**9)
    assert resources_of([]) == resources_of([Silent]) == Resources()


def test_settings_go_before_what_tables_say() -> None:
    settings = {"cpus": 1, "memory": "2 GB", "time": "1 h", "partition": "fast", "gpus": None}
    assert resources_of([Small, Large], settings) == Resources(cpus=1, gpus=1, memory=2 * 10**9, time=3600)


def test_a_wrong_resource_names_its_table() -> None:
    class Wrong:
        resources: ClassVar = {"memory": 32}

    with pytest.raises(ConfigError, match=r"Wrong\.resources: memory"):
        resources_of([Wrong], {"memory": "1 GB"})
