"""``labwright notebook``."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Command
from tests.lab.notebook.conftest import authority
from tests.lab.notebook.local_authority import LocalAuthority

import labwright as lw
from labwright.lab.notebook import Notebook

__all__ = ["authority"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def test_signatures_are_stamped_and_verified(command: Command, database_url: str, authority: LocalAuthority) -> None:
    url = ("--database", database_url)
    assert "There is no lab book 'notebook'" in command("notebook", "verify", *url).stderr
    with lw.Project(database_url) as project:
        notebook = Notebook(project=project)
        entry = notebook.write("A gel", author="ana")
        notebook.sign(entry, "ana")
    assert "notebook.authority" in command("notebook", "stamp", *url).stderr
    root = command.folder / "root.pem"
    root.write_bytes(authority.certificates)
    settings = f'[notebook]\nauthority = "{authority.url}"\ncertificates = "root.pem"\n'
    (command.folder / "labwright.toml").write_text(settings)
    done = command("notebook", "stamp", *url)
    assert (done.returncode, done.stdout) == (0, "1 signatures were stamped.\n"), done.stderr
    done = command("notebook", "verify", *url)
    assert (done.returncode, done.stdout) == (0, "1 of 1 signed entries are what was signed.\n")
    root.write_bytes(authority.strangers)
    done = command("notebook", "verify", *url)
    assert done.returncode == 1
    assert done.stdout.endswith("0 of 1 signed entries are what was signed.\n")
