"""Settings as classic programs read and write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labwright.tables.config import Config

NAMES = {
    "database.host": "db.lab",
    "database.user": "ana",
    "database.port": 3307,
    "database.prefix": "lab_",
    "database.use_tls": False,
    "database.reconnect": True,
    "connection.charset": "utf8mb4",
    "loglevel": "DEBUG",
    "safemode": False,
    "fetch_format": "frame",
    "display.limit": 5,
    "display.width": 20,
    "display.show_tuple_count": False,
    "enable_python_native_blobs": True,
    "query_cache": "/cache",
    "cache": "/cache",
    "download_path": "/downloads",
    "spikesorting.params": {"a": [1, 2]},
}
"""Keys that published pipelines set, some of them their own."""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    environ = {"LABWRIGHT_IGNORE_FILES": "1", "LABWRIGHT_GENERATION": "classic"}
    return Config(tmp_path, environ=environ, home=tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_key_is_set_and_read(config: Config, name: str) -> None:
    config[name] = NAMES[name]
    assert config[name] == config.get(name) == config._conf[name] == NAMES[name]
    assert name in config


def test_a_key_that_is_not_there_has_the_default_that_is_asked_for(config: Config) -> None:
    assert config.get("database.prefixes", "") == ""
    assert config["custom"].get("database.prefix", "none") == "none"
    assert config.setdefault("safemode", False) is True


def test_a_key_of_one_s_own_is_taken_away_again(config: Config) -> None:
    config["own"], config["own.inner"] = 1, 2
    assert config.pop("own") == 1
    del config["own.inner"]
    assert "own" not in config
    assert "own.inner" not in config


def test_whole_sections_are_replaced(config: Config) -> None:
    config["custom"] = {"a": 1}
    config["custom"] = {"b": 2}
    config["stores"] = {"raw": {"protocol": "file", "location": "/raw"}}
    config.update({"safemode": False}, loglevel="ERROR")
    assert config["custom"] == {"b": 2}
    assert config["stores"]["raw"]["location"] == "/raw"
    assert (config["safemode"], config["loglevel"]) == (False, "ERROR")


def test_what_is_saved_is_loaded(config: Config, tmp_path: Path) -> None:
    for name, value in NAMES.items():
        config[name] = value
    config["custom"] = {"root": "/data"}
    config["stores"] = {"raw": {"protocol": "file", "location": "/raw"}}
    config.save(tmp_path / "saved.json")
    before: dict[str, Any] = {name: config.get(name) for name in ("database.host", "safemode", "display.limit")}
    config.load(tmp_path / "saved.json")
    assert {name: config[name] for name in before} == before
    assert config["custom"] == {"root": "/data"}
    assert config["stores"]["raw"]["location"] == "/raw"


def test_a_password_is_read_and_never_shown(config: Config, tmp_path: Path) -> None:
    config["database.password"] = "swordfish"
    assert config["database.password"] == "swordfish"
    assert "swordfish" not in repr(config) + repr(dict(config.items()))
    config.save(tmp_path / "saved.json")
    assert "swordfish" not in (tmp_path / "saved.json").read_text()


def test_the_classic_local_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dj_local_conf.json").write_text(
        json.dumps({"database.host": "old.lab", "custom": {"database.prefix": "neuro_"}, "stores": {}, "own": 1})
    )
    config = Config(environ={}, home=tmp_path)
    assert config["database.host"] == "old.lab"
    assert config["custom"]["database.prefix"] == "neuro_"
    config["database.host"] = "new.lab"
    config.save_local()
    assert Config(environ={}, home=tmp_path)["database.host"] == "new.lab"
    config.save_global()
    assert (tmp_path / ".datajoint_config.json").exists()


URLS: dict[str, dict[str, Any]] = {
    "mysql://ana:secret@db.lab:3307": {"backend": "mysql", "host": "db.lab", "port": 3307, "user": "ana", "name": None},
    "postgresql://ana:secret@db.lab/brains": {
        "backend": "postgresql",
        "host": "db.lab",
        "port": None,
        "name": "brains",
    },
    "sqlite:////data/lab.db": {"backend": "sqlite", "host": "/data/lab.db", "user": None, "password": None},
}


@pytest.mark.parametrize("url", URLS)
def test_what_the_url_says_is_found_by_its_classic_name(url: str, tmp_path: Path) -> None:
    config = Config(tmp_path, environ={"LABWRIGHT_IGNORE_FILES": "1", "LABWRIGHT_DATABASE": url}, home=tmp_path)
    expected = URLS[url]
    assert {name: config["database"][name] for name in expected} == expected
    assert {name: config.get(f"database.{name}") for name in expected} == expected
    assert {name: getattr(config.database, name) for name in expected} == expected
    assert config["database.url"] == url
    if "secret" in url:
        assert config["database.password"] == config.database.password.get_secret_value() == "secret"
        assert "secret" not in repr(config["database.password"]) + repr(config["database"])
    config["database.host"], config["database.user"] = "other.lab", "bo"
    assert (config["database.host"], config["database.user"]) == ("other.lab", "bo")


def test_a_host_that_the_url_wins_over_is_not_the_one_in_use(tmp_path: Path) -> None:
    environ = {"LABWRIGHT_IGNORE_FILES": "1", "LABWRIGHT_DATABASE": "mysql://ana@db.lab", "DJ_HOST": "old.lab"}
    config = Config(tmp_path, environ=environ, home=tmp_path)
    assert config["database.host"] == "db.lab"
    assert config.settings.database_url().host == "db.lab"
