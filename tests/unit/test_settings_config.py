from __future__ import annotations

import asyncio
import copy
import json
import os
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import ConfigError
from labwright.tables.config import Config
from labwright.tables.config_section import Section
from labwright.tables.project_files import init_project
from labwright.tables.settings_files import read_classic, read_toml
from labwright.tables.settings_layers import Key, Kind, split_key
from labwright.tables.settings_names import is_known
from labwright.tables.settings_text import split_secrets, to_json, to_toml
from labwright.tables.textfile import write_text

PASSWORD = "sw0rd-fish"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return Config(environ={}, home=tmp_path / "home")


def test_importing_reads_nothing_and_needs_no_pydantic() -> None:
    code = (
        "import sys, labwright.tables.config as c; print(c.config._settings, 'pydantic' in sys.modules, repr(c.config))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None False <Config: not read yet>"


def test_reading_by_key_and_by_attribute(config: Config) -> None:
    assert config["display.limit"] == config["display"]["limit"] == config.display.limit == 12
    assert config.get("database.host", "x") is None
    assert config.get("nonsense", "x") == "x"
    assert ("safemode" in config, "display.limit" in config, "nonsense" in config) == (True, True, False)
    assert hasattr(config.database, "host")
    assert not hasattr(config.database, "hots")


@pytest.mark.parametrize("key", ["safemod", "database.hots", "stores.raw", "custom.x", "stores.raw.location"])
def test_reading_what_is_not_there(config: Config, key: str) -> None:
    with pytest.raises(KeyError, match=key) as caught:
        config[key]
    assert isinstance(caught.value, ConfigError)


def test_assignment_is_checked_and_a_refused_one_changes_nothing(config: Config) -> None:
    config["display.limit"] = 5
    config.display.width = 20
    config.safemode = False
    for key, value in [("display.limit", "many"), ("display.limits", 5), ("loglevel", "LOUD")]:
        with pytest.raises(ConfigError, match=key):
            config[key] = value
    assert (config["display.limit"], config["display.width"], config["safemode"]) == (5, 20, False)
    del config["display.limit"]
    assert config["display.limit"] == 12


def test_update_is_all_or_nothing(config: Config) -> None:
    config.update({"database.host": "a"}, display__limit=3)
    with pytest.raises(ConfigError, match="Did you mean"):
        config.update({"database.host": "b", "display.limt": 4})
    assert (config["database.host"], config["display.limit"]) == ("a", 3)
    assert config.settings.database_url().host == "a"


def test_keys_and_values_agree_with_reading(config: Config) -> None:
    config["stores"] = {"raw": {"protocol": "file", "location": "/r"}}
    assert all(config[key] == value for key, value in config.items())
    assert len(config) == len(list(config)) == len(set(config))
    for section in (config["database"], config["stores"], config["stores"]["raw"], config["custom"]):
        assert {name: section[name] for name in section} == dict(section.items())
        assert len(section) == len(list(section))


def test_custom_is_a_live_dict(config: Config) -> None:
    assert config["custom"] == {}
    config["custom"] = {"database.prefix": "u_", "roots": {"a": "/x"}}
    config["custom"]["more"] = 1
    assert config["custom"].get("database.prefix", "") == config["custom.database.prefix"] == "u_"
    assert config["custom"] == {"database.prefix": "u_", "roots": {"a": "/x"}, "more": 1}
    assert json.dumps(dict(config["custom"]))
    assert config["custom"].pop("more") == 1
    assert "more" not in config["custom"]
    config["custom"] = {}
    assert list(config["custom"]) == []


def test_stores_are_live_and_replaced_as_a_whole(config: Config) -> None:
    config["stores"] = {"raw": {"protocol": "file", "location": "/r", "stage": "/s"}, "old": {"protocol": "memory"}}
    config["stores"]["raw"] = {"protocol": "file", "location": "/q"}
    config["stores"]["raw"]["token_length"] = 10
    config["stores.default"] = "raw"
    del config["stores"]["old"]
    assert config["stores"] == {"default": "raw", "raw": {"protocol": "file", "location": "/q", "token_length": 10}}
    assert config.get_store_spec()["location"] == str(Path("/q").absolute())
    with pytest.raises(ConfigError, match="'old'"):
        config.get_store_spec("old")


def test_the_generation_decides_whether_any_name_may_be_assigned(config: Config) -> None:
    with pytest.raises(ConfigError, match="no setting 'my_setting'"):
        config["my_setting"] = 1
    config["generation"] = "classic"
    config["my_setting"] = 1
    assert config["my_setting"] == config["custom"]["my_setting"] == 1
    assert config._conf["my_setting"] == 1


def test_a_password_is_a_text_that_does_not_show_itself(config: Config) -> None:
    config["database.password"] = PASSWORD
    config["database.url"] = f"mysql://me:{PASSWORD}@h"
    config["stores"] = {"raw": {"protocol": "s3", "bucket": "b", "secret_key": PASSWORD}}
    config["custom"]["api_key"] = PASSWORD
    assert config["database.password"] == config["stores"]["raw"]["secret_key"] == PASSWORD
    assert config.database.password.get_secret_value() == PASSWORD
    shown = [config, config.items(), dict(config), config.database, config["stores"], config["stores"]["raw"]]
    shown += [config._conf, dict(config.database), config["custom"], config.get_store_spec("raw")]
    assert [one for one in shown if PASSWORD in repr(one) or PASSWORD in str(one)] == []


def test_an_override_holds_within_its_block(config: Config) -> None:
    with config.override({"display.limit": 3}, safemode=False, database__host="x") as same:
        assert same is config
        assert (config["safemode"], config.database.host, config["display.limit"]) == (False, "x", 3)
        with config.override(safemode=True):
            assert config["safemode"] is True
        config["safemode"] = True
        config["display.width"] = 30
        assert config["safemode"] is True
    assert (config["safemode"], config["database.host"], config["display.width"]) == (True, None, 30)
    with config(safemode=False):
        assert config.get("safemode") is False
    with pytest.raises(ConfigError, match=r"display\.limit"):
        config.override(display__limit="x").__enter__()
    assert config["display.limit"] == 12


def test_an_override_of_one_configuration_leaves_others_alone(config: Config) -> None:
    other = Config(environ={"LABWRIGHT_IGNORE_FILES": "1"})
    with config.override(safemode=False):
        assert (config["safemode"], other["safemode"]) == (False, True)


def test_an_override_is_of_one_thread(config: Config) -> None:
    inside, seen = threading.Barrier(2, timeout=30), []

    def other() -> None:
        inside.wait()
        seen.append(config["safemode"])
        inside.wait()

    thread = threading.Thread(target=other)
    thread.start()
    with config.override(safemode=False):
        inside.wait()
        inside.wait()
    thread.join()
    assert seen == [True]


def test_an_override_is_of_one_task(config: Config) -> None:
    async def one(limit: int) -> list[int]:
        seen = []
        with config.override(display__limit=limit):
            for _ in range(5):
                await asyncio.sleep(0)
                seen.append(config["display.limit"])
        return seen

    async def both() -> list[list[int]]:
        return list(await asyncio.gather(one(1), one(2)))

    assert asyncio.run(both()) == [[1] * 5, [2] * 5]


def test_many_threads_assign_and_read(config: Config) -> None:
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for value in range(20):
                config["custom"][f"n{number}"] = value
                assert config["custom"][f"n{number}"] == value
        except Exception as error:  # noqa: BLE001 - it is looked at below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert config["custom"] == {f"n{number}": 19 for number in range(6)}


def test_a_loaded_file_rules_over_what_was_assigned_before(config: Config, tmp_path: Path) -> None:
    config.update({"display.limit": 1, "display.width": 2})
    (tmp_path / "extra.json").write_text('{"display.limit": 7}', encoding="utf-8")
    config.load("extra.json")
    assert (config["display.limit"], config["display.width"]) == (7, 2)
    (tmp_path / "bad.toml").write_text('[display]\nlimit = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad\.toml, line 2"):
        config.load(tmp_path / "bad.toml")
    assert config["display.limit"] == 7
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        config.load("nowhere.toml")


def test_what_is_saved_is_found_again_and_the_password_apart(config: Config, tmp_path: Path) -> None:
    config.update({"database.host": "db", "database.user": "me", "database.password": PASSWORD, "custom": {"a.b": [1]}})
    config.save_local()
    assert PASSWORD not in (tmp_path / "dj_local_conf.json").read_text(encoding="utf-8")
    again = Config(environ={}, home=tmp_path / "home")
    assert (again["database.host"], again["database.password"], again["custom"]) == ("db", PASSWORD, {"a.b": [1]})


def test_what_is_saved_globally_holds_elsewhere(config: Config, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    config.update({"database.host": "db", "database.password": PASSWORD})
    config.save_global()
    (tmp_path / "elsewhere").mkdir()
    again = Config(tmp_path / "elsewhere", environ={}, home=tmp_path / "home")
    assert (again["database.host"], again["database.password"]) == ("db", PASSWORD)


def test_a_template_is_valid_and_is_never_overwritten(config: Config, tmp_path: Path) -> None:
    for name in ("labwright.toml", "datajoint.json"):
        path = config.save_template(tmp_path / "t" / name) if (tmp_path / "t").is_dir() else None
        if path is None:
            (tmp_path / "t").mkdir()
            path = config.save_template(tmp_path / "t" / name, minimal=False)
        with pytest.raises(ConfigError, match="already"):
            config.save_template(path)
    assert Config(tmp_path / "t", environ={}, home=tmp_path / "home")["safemode"] is True


def test_reload_reads_again(config: Config, tmp_path: Path) -> None:
    assert config["display.limit"] == 12
    config["display.width"] = 3
    (tmp_path / "labwright.toml").write_text("[display]\nlimit = 8\n", encoding="utf-8")
    assert config["display.limit"] == 12
    config.reload()
    assert (config["display.limit"], config["display.width"]) == (8, 3)


def test_a_section_is_a_mapping_and_not_hashable(config: Config) -> None:
    assert isinstance(config.database, Section)
    with pytest.raises(TypeError):
        hash(config.database)
    assert copy.copy(config.display.copy())["limit"] == 12


# New projects


def test_a_new_project_is_valid_private_and_ignored_by_git(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc", encoding="utf-8")
    init_project(tmp_path)
    config = Config(tmp_path, environ={}, home=tmp_path / "home")
    assert config.settings.profile == "laptop"
    assert config.settings.database_url().path == str(tmp_path / ".labwright" / "labwright.db")
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "*.pyc\n.secrets/\n.labwright/\n"
    if os.name == "posix":
        assert (tmp_path / ".secrets").stat().st_mode & 0o777 == 0o700
    with pytest.raises(ConfigError, match="already"):
        init_project(tmp_path)
    assert [path.name for path in init_project(tmp_path, overwrite=True)] == ["labwright.toml"]


def test_the_commented_profile_of_the_template_is_valid(tmp_path: Path) -> None:
    init_project(tmp_path)
    path = tmp_path / "labwright.toml"
    lines = [
        line[2:] if line.startswith(("# [", "# url", "# p", "# e", "# b", "# l", "# d")) else line
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    settings = Config(tmp_path, profile="lab", environ={}, home=tmp_path).settings
    assert (settings.database_url().backend, settings.store()[1].bucket) == ("postgres", "lab")


def test_a_project_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        init_project(tmp_path / "file" / "project")


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="x"):
        write_text(tmp_path / "x", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


# Text and back


PLAIN = st.text(st.characters(exclude_categories=["Cs"]))
TOML_VALUES = st.recursive(
    PLAIN | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=8,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "database.host": PLAIN,
    "database.port": st.integers(1, 65535),
    "database.connect_timeout": st.floats(0.1, 100),
    "display.diagram_theme": st.sampled_from(["light", "dark"]),
    "stores.raw-1.location": PLAIN,
    "stores.raw-1.subfolding": st.lists(st.integers(1, 5)),
    "safemode": st.booleans(),
    "custom.a.b c": TOML_VALUES,
    "custom.ü": TOML_VALUES,
}
SETTINGS = st.fixed_dictionaries({}, optional=VALUES)


@pytest.mark.parametrize("name", ["x.toml", "x.json"])
@given(values=SETTINGS)
def test_what_is_written_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, name: str, values: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("settings") / name
    keyed: dict[Key, Any] = {split_key(key): value for key, value in values.items()}
    write_text(path, to_toml(keyed) if path.suffix == ".toml" else to_json(keyed))
    file = (
        read_toml(path, Kind.PROJECT_FILE, is_known)
        if path.suffix == ".toml"
        else read_classic(path, Kind.CLASSIC_FILE)
    )
    assert {key: entry.value for key, entry in file.top.entries.items()} == keyed


@given(TOML_VALUES)
def test_any_value_that_toml_has_can_be_written(value: Any) -> None:
    assert tomllib.loads(to_toml({("custom", "v"): value}))["custom"]["v"] == value


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(ConfigError, match="object cannot be written"):
        to_toml({("custom", "v"): object()})


def test_secrets_are_parted_from_the_rest() -> None:
    values = {("database", "url"): f"mysql://u:{PASSWORD}@h", ("safemode",): True, ("database", "password"): None}
    assert split_secrets(values) == ({("safemode",): True}, {("database", "url"): f"mysql://u:{PASSWORD}@h"})
