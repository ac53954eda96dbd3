"""Packages that not every installation has."""

from __future__ import annotations

import subprocess
import sys

import pytest

import labwright as lw
from labwright.lab.packages import package, versions


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(
        lw.errors.MissingPackageError, match=r"This needs no_such_package: pip install .labwright\[lab\]"
    ):
        package("no_such_package.stats")


def test_versions_are_those_that_are_installed() -> None:
    assert versions("numpy") == {"numpy": package("numpy").__version__}


def test_calculations_are_imported_without_what_only_some_of_them_need() -> None:
    modules = ("design", "genetics.kinship", "genetics.deviation", "care.fluid")
    imports = ", ".join(f"labwright.lab.calculations.{module}" for module in modules) + ", labwright.lab.terms.age"
    code = f"import sys, {imports}; print(*{{'numpy', 'scipy'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
