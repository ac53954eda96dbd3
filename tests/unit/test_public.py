"""What `import labwright` promises: every name is there, documented, and loaded when it is first used."""

from __future__ import annotations

import subprocess
import sys
from doctest import DocTestParser

import pytest

import labwright


def test_all_names_are_listed_once_and_in_order() -> None:
    assert labwright.__all__ == sorted(set(labwright.__all__))


def test_dir_lists_what_is_public() -> None:
    assert set(labwright.__all__) <= set(dir(labwright))


@pytest.mark.parametrize("name", [n for n in labwright.__all__ if n != "__version__"])
def test_every_name_is_there_and_shown_by_an_example(name: str) -> None:
    examples = DocTestParser().get_examples(getattr(labwright, name).__doc__ or "")
    assert any(example.want for example in examples), f"the docstring of {name} has no example that shows a result"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'labwright' has no attribute 'Shema'"):
        labwright.Shema  # noqa: B018 - the access is the test


@pytest.mark.parametrize("name", sorted({module: name for name, module in labwright._NAMES.items()}.values()))
def test_every_module_can_be_the_first_that_is_used(name: str) -> None:
    code = f"import labwright; labwright.{name}"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
