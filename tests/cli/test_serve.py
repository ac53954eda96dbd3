"""``labwright serve``."""

from __future__ import annotations

import re
import signal
import ssl
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.cli.conftest import Command


@contextmanager
def serving(command: Command, *arguments: object) -> Iterator[list[str]]:
    """Serve until the block ends, and give the lines that are told, as they come."""
    process = command.start("serve", "--port", "0", *arguments)
    assert process.stdout is not None
    try:
        yield list(lines_until(process, "Become the first" if "--shared" in arguments else "Labwright is at"))
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert "Traceback" not in err


def lines_until(process: subprocess.Popen[str], what: str) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if what in line:
            return


def test_it_says_where_it_is_and_ends_when_told(command: Command, lab: str, database_url: str) -> None:
    with serving(command, "--database", database_url) as (told,):
        address = re.search(r"http://127\.0\.0\.1:\d+/", told)
        assert address is not None, told
        with urllib.request.urlopen(f"{address[0]}tables") as page:
            text = page.read().decode()
    assert f'href="/t/{lab}.Session"' in text


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.5", "::"])
def test_without_accounts_nobody_else_reaches_it(command: Command, host: str) -> None:
    done = command("serve", "--host", host)
    assert done.returncode == 1
    assert f"cannot listen on '{host}'" in done.stderr


@pytest.mark.parametrize("backend", ["sqlite", "postgres", "mysql"])
def test_a_shared_server_is_reached_by_tls_and_its_first_admin_by_a_link(
    command: Command, lab: str, database_url: str, prefix: str
) -> None:
    (command.folder / "labwright.toml").write_text(f'[web]\naccounts = "{prefix}accounts"\nnames = ["localhost"]\n')
    with serving(command, "--shared", "--database", database_url) as (where, certificate, first):
        home = re.search(r"https://localhost:\d+/", where)
        link = re.search(r"https://localhost:\d+/invitation/\S+", first)
        assert home
        assert link
        assert "fingerprint" in certificate
        trusted = ssl.create_default_context(cafile=str(command.folder / ".labwright" / "tls" / "certificate.pem"))
        browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusted), urllib.request.HTTPCookieProcessor()
        )
        with browser.open(f"{home[0]}tables") as page:
            assert page.url == f"{home[0]}login?next=%2Ftables"
        form = urllib.parse.urlencode({"name": "ana", "password": "four horses in a row"}).encode()
        asked = urllib.request.Request(link[0], form, {"Origin": home[0].rstrip("/")})
        with browser.open(asked) as page:
            assert page.url == home[0]
        with browser.open(f"{home[0]}tables") as page:
            text = page.read().decode()
    assert f'href="/t/{lab}.Session"' in text
    assert "labwright_accounts" not in re.sub(r"<[^>]+>", "", text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--certificate", "lab.pem"], "A certificate needs its key"),
        (["--certificate", "lab.pem", "--key", "lab.key"], "There is no file"),
    ],
)
def test_a_certificate_that_is_not_there(command: Command, arguments: list[str], said: str) -> None:
    done = command("serve", "--shared", *arguments)
    assert done.returncode == 1
    assert said in done.stderr


def test_behind_a_proxy_nothing_else_comes_in(command: Command) -> None:
    """Its own port speaks no TLS; what has not come by the proxy is refused."""
    with serving(command, "--shared", "--proxy", "10.1.2.3", "--name", "data.lab", "--host", "127.0.0.1") as (where, _):
        assert where == "Labwright is at https://data.lab/\n"


PROJECTS = """
[web]
names = ["localhost"]
projects = ["ephys", "imaging"]

[ephys.database]
url = "{ephys}"

[imaging.database]
url = "{imaging}"
"""


@pytest.mark.parametrize("backend", ["sqlite"])
def test_several_projects_are_profiles(command: Command, lab: str, database_url: str) -> None:
    text = PROJECTS.format(ephys=database_url, imaging=f"sqlite:///{command.folder}/imaging.db")
    (command.folder / "labwright.toml").write_text(text)
    with serving(command, "--shared") as told:
        found = re.search(r"(https://localhost:\d+/)invitation/\S+", told[-1])
        assert found
        form = urllib.parse.urlencode({"name": "ana", "password": "four horses in a row"}).encode()
        trusted = ssl.create_default_context(cafile=str(command.folder / ".labwright" / "tls" / "certificate.pem"))
        browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trusted), urllib.request.HTTPCookieProcessor()
        )
        browser.open(urllib.request.Request(found[0], form, {"Origin": found[1].rstrip("/")})).close()
        pages = []
        for path in ("tables", "p/ephys/tables", "p/imaging/tables"):
            with browser.open(found[1] + path) as page:
                pages.append(page.read().decode())
    assert [f"/t/{lab}.Session" in page for page in pages] == [True, True, False]
    assert 'href="/p/imaging/"' in pages[0]
