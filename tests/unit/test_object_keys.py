"""Keys of objects, made of what rows hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import DataError
from labwright.storage.files import FileStore
from labwright.storage.layout import StoreLayout, encoded_value

LONGEST_NAME = 255
"""As many bytes as a part of a path may have on most file systems."""


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_value_is_the_name_of_a_folder_everywhere(value: str) -> None:
    name = encoded_value(value)
    assert name.strip(".")
    assert "/" not in name
    assert name.isprintable()
    assert len(f"{'x' * 50}={name}".encode()) <= LONGEST_NAME


def test_a_long_name_in_another_script_can_be_put(tmp_path: Path) -> None:
    store = FileStore("main", tmp_path / "main")
    keys = {StoreLayout().object_key("lab", "scan", {"mouse": "鼠" * n}, "raw", ".npy", token="k") for n in (90, 91)}
    for key in keys:
        assert store.put_create(key, b"calm").size == 4
    assert len(keys) == 2


def test_a_folder_of_many_objects_is_none_of_them() -> None:
    layout = StoreLayout(partition_pattern="{mouse}")
    key = layout.object_key("lab", "scan", {"mouse": 7, "scan": 1}, "movie", token="k3")
    above = ["/".join(key.split("/")[:end]) for end in range(1, len(key.split("/")))]
    assert layout.may_be_folder(key)
    assert [layout.may_be_folder(path) for path in above] == [False] * 5


@pytest.mark.parametrize("path", ["_hash", "_schema", "_labwright", "_hash/lab/ab"])
def test_what_belongs_to_rows_is_no_file_of_ones_own(path: str) -> None:
    with pytest.raises(DataError, match="which is not for files of your own"):
        StoreLayout().check_filepath(path)
