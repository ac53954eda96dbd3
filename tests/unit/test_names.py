from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import DefinitionError
from labwright.define.ast import Tier
from labwright.define.names import (
    MAX_BYTES,
    check_length,
    check_schema_name,
    from_camel_case,
    is_service_table,
    is_table_name,
    parse_table_name,
    table_name,
    to_camel_case,
)
from labwright.testing.definitions import class_names

MASTER_TIERS: list[Tier] = ["manual", "lookup", "imported", "computed"]


@given(class_names)
def test_camel_case_returns(name: str) -> None:
    assert to_camel_case(from_camel_case(name)) == name


@given(st.from_regex(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", fullmatch=True))
def test_snake_case_returns(name: str) -> None:
    assert from_camel_case(to_camel_case(name)) == name


@pytest.mark.parametrize(
    ("class_name", "snake"),
    [("Subject", "subject"), ("ROIMask", "r_o_i_mask"), ("Scan2P", "scan2_p"), ("A", "a"), ("V1Cell", "v1_cell")],
)
def test_underscores_stand_before_capitals(class_name: str, snake: str) -> None:
    assert from_camel_case(class_name) == snake


@pytest.mark.parametrize(
    ("name", "advice"),
    [("probe", "'Probe'"), ("Probe_Type", "'ProbeType'"), ("2P", "'P'"), ("Größe", "'Gre'"), ("", "'BrainRegion'")],
)
def test_class_names_that_are_not_camel_case(name: str, advice: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        from_camel_case(name)
    assert advice in str(caught.value)


@given(class_names, st.sampled_from(MASTER_TIERS), class_names)
def test_table_names_can_be_taken_apart(class_name: str, tier: Tier, part: str) -> None:
    name = table_name(class_name, tier)
    assert parse_table_name(name) == (tier, from_camel_case(class_name), None)
    assert parse_table_name(table_name(part, "part", name)) == ("part", from_camel_case(part), name)


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("scan", ("manual", "scan", None)),
        ("#scan_lens", ("lookup", "scan_lens", None)),
        ("_scan", ("imported", "scan", None)),
        ("__scan", ("computed", "scan", None)),
        ("scan__frame", ("part", "frame", "scan")),
        ("__scan__frame_x", ("part", "frame_x", "__scan")),
        ("#method__step", ("part", "step", "#method")),
    ],
)
def test_tiers(name: str, parsed: tuple[str, str, str | None]) -> None:
    assert parse_table_name(name) == parsed
    assert is_table_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "~log",
        "~~scan",
        "~external_raw",
        "Scan",
        "scan_",
        "___scan",
        "a__b__c",
        "##a",
        "#_a",
        "a b",
        "",
        "a_1",
        "scan\n",
    ],
)
def test_other_names_are_not_tables_of_a_pipeline(name: str) -> None:
    assert not is_table_name(name)
    with pytest.raises(DefinitionError, match="service table" if is_service_table(name) else "not the name of a table"):
        parse_table_name(name)


def test_parts_need_masters() -> None:
    with pytest.raises(DefinitionError, match="a part has a master"):
        table_name("Frame", "part")
    with pytest.raises(DefinitionError, match="no other tier has one"):
        table_name("Frame", "manual", "scan")


def test_long_table_names_are_refused_not_cut() -> None:
    assert len(table_name("A" + "b" * 63, "manual")) == 64
    with pytest.raises(DefinitionError, match="has 66 characters, and 64 is the limit"):
        table_name("A" + "b" * 63, "computed")
    with pytest.raises(DefinitionError, match="has 64 bytes, and 63 is the limit"):
        table_name("A" + "b" * 63, "manual", max_bytes=MAX_BYTES)


def test_bytes_are_not_characters() -> None:
    assert check_length("ä" * 40, "name") == "ä" * 40
    with pytest.raises(DefinitionError, match="80 bytes"):
        check_length("ä" * 40, "name", max_bytes=MAX_BYTES)


@pytest.mark.parametrize("name", ["lab", "lab_ephys", "u-user_test", "2p", "_hidden", "Lab"])
def test_schema_names(name: str) -> None:
    assert check_schema_name(name, existing=["other", name]) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'lab_ephys'"),
        ("my lab", "'my_lab'"),
        ("a.b", "'a_b'"),
        ("a`; drop", "is not accepted"),
        ('a"b', "is not accepted"),
        ("a%", "is not accepted"),
        ("-a", "is not accepted"),
        ("~a", "is not accepted"),
        ("größe", "is not accepted"),
        ("lab\n", "is not accepted"),
        ("information_schema", "belongs to the database"),
        ("MySQL", "belongs to the database"),
        ("pg_catalog", "belongs to the database"),
        ("a" * 65, "has 65 characters"),
    ],
)
def test_refused_schema_names(name: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        check_schema_name(name)
    assert message in str(caught.value)


def test_schemas_that_differ_in_case_only() -> None:
    with pytest.raises(DefinitionError, match="differs from the schema 'lab' in capitals only"):
        check_schema_name("LAB", existing=["x", "lab"])
