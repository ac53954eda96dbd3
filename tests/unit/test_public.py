"""What `import labwright` promises: every name is there, documented, and loaded when it is first used."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import labwright


def test_all_names_are_listed_once_and_in_order() -> None:
    assert labwright.__all__ == sorted(set(labwright.__all__))


def test_dir_lists_what_is_public() -> None:
    assert set(labwright.__all__) <= set(dir(labwright))


@pytest.mark.parametrize("name", labwright.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(labwright, name)
    if inspect.isclass(value) or callable(value):
        assert value.__doc__, f"{name} has no docstring"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'labwright' has no attribute 'Shema'"):
        labwright.Shema  # noqa: B018 - the access is the test


@pytest.mark.parametrize("name", sorted({module: name for name, module in labwright._NAMES.items()}.values()))
def test_every_module_can_be_the_first_that_is_used(name: str) -> None:
    code = f"import labwright; labwright.{name}"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
