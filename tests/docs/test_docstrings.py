"""The examples in docstrings run, each module's in a folder of its own."""

from __future__ import annotations

import doctest
import gc
import importlib
import pkgutil
from pathlib import Path

import pytest

import labwright
from labwright.tables.project import forget_default

MODULES = sorted(found.name for found in pkgutil.walk_packages(labwright.__path__, "labwright."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    labwright.config.reload()  # whose folder may be that of a test before
    forget_default()
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    if result.attempted:
        gc.collect()  # the schemas of these examples: of the same name, they would be declared beside those of others
    assert result.failed == 0, "the report is above"
