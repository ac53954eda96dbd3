"""Attachments: a file with its name, fetched into a folder and never outside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labwright.codecs.attach import AttachCodec, check_name
from labwright.codecs.base import CodecContext
from labwright.core.errors import CodecError
from labwright.testing.codec_suite import CodecSuite


class TestAttach(CodecSuite):
    type_text = "<attach>"
    damaged = (b"", b"no name", b"\0no name", b"\xff\0not UTF-8", b"n" * 300 + b"\0too long")
    refused = (5, b"bytes", Path("no/such/file"), Path(__file__).parent)

    @pytest.fixture
    def good(self, tmp_path: Path) -> Sequence[Any]:
        files = [tmp_path / name for name in ("notes.txt", "no suffix", "é日本.bin", "a.tar.gz")]
        for number, file in enumerate(files):
            file.write_bytes(bytes(range(256)) * number)
        return [*files, str(files[0])]

    @pytest.fixture
    def context(self, tmp_path: Path) -> CodecContext:
        return CodecContext(download_path=tmp_path / "down" / "loads")

    def same(self, given: Any, returned: Any) -> bool:
        left, right = Path(given), Path(returned)
        return (left.name, left.read_bytes()) == (right.name, right.read_bytes())


def fetch(folder: Path, stored: bytes) -> str:
    return AttachCodec().decode(stored, context=CodecContext(download_path=folder))


def test_the_bytes_are_name_nul_content(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x\0y")
    assert AttachCodec().encode(tmp_path / "a.bin") == b"a.bin\0x\0y"
    assert AttachCodec().get_dtype(False) == "bytes"


def test_the_same_file_is_written_once(tmp_path: Path) -> None:
    assert fetch(tmp_path, b"a.txt\0one") == fetch(tmp_path, b"a.txt\0one") == str(tmp_path / "a.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_another_file_of_the_name_gets_a_number(tmp_path: Path) -> None:
    names = [Path(fetch(tmp_path, b"a.txt\0" + content)).name for content in (b"one", b"two", b"six", b"two", b"one")]
    assert names == ["a.txt", "a_1.txt", "a_2.txt", "a_1.txt", "a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"one"


def test_a_folder_or_a_link_of_the_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "elsewhere")
    assert fetch(tmp_path, b"a\0one").endswith("a_1")
    assert fetch(tmp_path, b"b\0one").endswith("b_1")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/",
        "/etc/passwd",
        "../up",
        "a/b",
        "a/",
        "a\\b",
        "..\\up",
        "C:",
        "C:x",
        "a\nb",
        "\x1b[2J",
        "n" * 256,
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CodecError, match=r"cannot be the name|not an attachment"):
        fetch(tmp_path, name.encode() + b"\0content")
    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text("./\\ab:", max_size=6))
def test_a_name_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    try:
        check_name(name)
    except CodecError:
        return
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()


@pytest.mark.parametrize("stored", [b"", b"no nul", b"\xff\xfe\0x", "text", None, 5], ids=repr)
def test_what_is_no_attachment_is_an_error(stored: Any, tmp_path: Path) -> None:
    with pytest.raises(CodecError, match="attachment"):
        fetch(tmp_path, stored)
