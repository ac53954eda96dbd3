"""Passwords and keys of stores are in no message, log, repr or traceback of a project."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.storage.servers import free_port

import labwright as lw

SECRETS = ("SwOrDfIsH-one", "SwOrDfIsH-two", "SwOrDfIsH-three", "SwOrDfIsH-four", "SwOrDfIsH-five", "SwOrDfIsH-six")
TOML = """
[stores.cloud]
protocol = "s3"
endpoint = "127.0.0.1:{port}"
bucket = "data"
secure = false

[stores.nas]
protocol = "sftp"
host = "127.0.0.1"
port = {port}

[stores.share]
protocol = "fsspec"
filesystem = "ftp"
host = "127.0.0.1"
port = {port}

[stores.web]
protocol = "http"
url = "http://127.0.0.1:{port}"

[stores.signed]
protocol = "http"
url = "http://somebody:{secret}@127.0.0.1:{port}"

[stores.own]
protocol = "s3"
endpoint = "http://somebody:{secret}@127.0.0.1:{port}"
bucket = "data"
access_key = "a"
secret_key = "b"
"""
FILES = ("stores.cloud.access_key", "stores.cloud.secret_key", "stores.nas.password", "stores.share.password")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lw.Project:
    """A project whose stores have secrets in `.secrets/` and in the environment, and cannot be reached."""
    (tmp_path / "labwright.toml").write_text(TOML.format(port=free_port(), secret=SECRETS[5]))
    (tmp_path / ".secrets").mkdir(mode=0o700)
    for name, secret in zip(FILES, SECRETS, strict=False):
        (tmp_path / ".secrets" / name).write_text(secret)
    monkeypatch.setenv("LABWRIGHT_STORES__WEB__TOKEN", SECRETS[4])
    monkeypatch.chdir(tmp_path)
    return lw.Project.open(tmp_path)


def shown(error: BaseException) -> str:
    """Return the whole traceback, with the variables of every function but the test's own."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in found.stack if "test_credentials" not in frame.filename]
    found.stack = traceback.StackSummary.from_list(frames)
    return "".join(found.format())


@pytest.mark.parametrize("name", ["cloud", "nas", "share", "web"])
def test_secrets_are_never_shown(project: lw.Project, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts = [repr(project), repr(project.config), str(project.config), repr(project.config["stores"])]
    acts: list[Callable[[Any], object]] = [
        lambda store: store.get("a"),
        lambda store: store.put_create("a", b"abc"),
        lambda store: list(store.list()),
    ]
    opened = project.stores(name)
    for act in acts:
        with pytest.raises((lw.errors.BucketInaccessible, NotImplementedError)) as caught:
            act(opened.store)
        texts.append(shown(caught.value))
    texts += [repr(opened), repr(opened.store), repr(project.stores), repr(vars(project.stores)), caplog.text]
    assert not [text for text in texts if any(secret in text for secret in SECRETS)]
    assert len(texts) > len(acts)


@pytest.mark.parametrize("name", ["signed", "own"])
def test_a_password_in_an_address_is_in_no_message(project: lw.Project, name: str) -> None:
    store = project.stores(name).store
    for act in (lambda: store.get("a"), lambda: store.head("a")):
        with pytest.raises(lw.errors.BucketInaccessible, match=r"127\.0\.0\.1") as caught:
            act()
        told = "".join(traceback.format_exception(caught.value))
        assert SECRETS[5] not in told
    assert SECRETS[5] not in repr(project.config)
    assert SECRETS[5] not in repr(vars(project.stores))


def test_secrets_reach_the_store(project: lw.Project) -> None:
    _, settings = project.config.settings.store("cloud")
    spec = settings.spec()
    assert (spec["access_key"], spec["secret_key"]) == SECRETS[:2]
    assert not any(secret in repr(spec) for secret in SECRETS)
    assert project.config.settings.store("share")[1].spec()["password"] == SECRETS[3]
