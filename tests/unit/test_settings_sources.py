from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labwright.core.errors import ConfigError
from labwright.tables.settings import Settings
from labwright.tables.settings_audit import Finding, audit, log_findings, setting_rows
from labwright.tables.settings_layers import Kind
from labwright.tables.settings_load import Search, UnknownSettingError, assigned_layer, find_sources
from labwright.tables.settings_reference import reference_page

PASSWORD = "sw0rd-fish"


class Place:
    """A home, a repository with a folder inside, and an environment, all empty at first."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.repository = root / "repository"
        self.folder = self.repository / "analysis"
        self.system = root / "system"
        for folder in (self.home, self.folder, self.repository / ".git", self.system):
            folder.mkdir(parents=True)
        self.users = {"database": "", "lab.database": ""}
        self.environ: dict[str, str] = {"XDG_CONFIG_HOME": str(self.home / ".config"), "APPDATA": str(self.home)}

    def write(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def toml(self, text: str) -> Path:
        return self.write(self.repository / "labwright.toml", text)

    def toml_user(self, table: str, user: str) -> None:
        self.users[table] = f'user = "{user}"'
        self.toml('profile = "lab"\n' + "".join(f"[{name}]\n{line}\n" for name, line in self.users.items()))

    def classic(self, **values: object) -> Path:
        return self.write(self.repository / "datajoint.json", json.dumps(values))

    def secret(self, name: str, text: str) -> Path:
        return self.write(self.repository / ".secrets" / name, text)

    @property
    def user_toml(self) -> Path:
        base = self.home / "labwright" if os.name == "nt" else self.home / ".config" / "labwright"
        return base / "labwright.toml"

    def load(self, profile: str | None = None, **assigned: Any) -> Settings:
        search = Search(self.folder, profile, self.environ, self.home, (self.system,))
        values = {name.replace("__", "."): value for name, value in assigned.items()}
        return find_sources(search).settings(assigned_layer(values, Kind.ASSIGNED, "assignment"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


STEPS: list[tuple[str, Callable[[Place, str], object]]] = [
    ("classic user file", lambda p, v: p.write(p.home / ".datajoint_config.json", json.dumps({"database.user": v}))),
    ("user file", lambda p, v: p.write(p.user_toml, f'[database]\nuser = "{v}"\n')),
    ("system secret", lambda p, v: p.write(p.system / "database.user", v)),
    ("classic file", lambda p, v: p.classic(**{"database.user": v})),
    ("project file", lambda p, v: p.toml_user("database", v)),
    ("profile", lambda p, v: p.toml_user("lab.database", v)),
    ("secret", lambda p, v: p.secret("database.user", v)),
    ("secret of the profile", lambda p, v: p.secret("lab/database.user", v)),
    ("classic variable", lambda p, v: p.environ.update(DJ_USER=v)),
    ("variable", lambda p, v: p.environ.update(LABWRIGHT_DATABASE__USER=v)),
]


def test_every_place_rules_over_the_ones_below(place: Place) -> None:
    for number, (_, step) in enumerate(STEPS):
        step(place, f"user{number}")
        assert place.load().database.user == f"user{number}", STEPS[number][0]
    assert place.load(database__user="assigned").database.user == "assigned"


@pytest.mark.parametrize(("upper", "lower"), [(u, w) for u in range(len(STEPS)) for w in range(u)])
def test_of_any_two_places_the_higher_one_rules(place: Place, upper: int, lower: int) -> None:
    place.toml('profile = "lab"\n[lab]\n')
    for number, value in [(upper, "high"), (lower, "low")]:
        STEPS[number][1](place, value)
    assert place.load().database.user == "high"


def test_without_any_settings_there_is_sqlite_and_a_local_store(place: Place) -> None:
    settings = place.load()
    url = settings.database_url()
    assert (url.backend, url.path) == ("sqlite", str(place.folder / ".labwright" / "labwright.db"))
    name, store = settings.store()
    assert (name, store.protocol, store.location) == ("local", "file", str(place.folder / ".labwright" / "store"))


def test_every_value_remembers_its_source(place: Place) -> None:
    path = place.toml('\n[database]\nhost = "db"\n')
    place.environ["DJ_PORT"] = "3307"
    settings = place.load(safemode=False)
    assert str(settings.source("database.host")) == f"{path}, line 3"
    assert str(settings.source("database.port")) == "environment variable DJ_PORT"
    assert (str(settings.source("safemode")), str(settings.source("loglevel"))) == ("assignment", "default")
    rows = {row.key: row for row in setting_rows(settings)}
    assert (rows["database.port"].source, rows["display.limit"].value) == ("environment variable DJ_PORT", 12)


def test_the_search_ends_at_the_root_of_the_repository(place: Place, tmp_path: Path) -> None:
    place.write(tmp_path / "labwright.toml", "safemode = false\n")
    place.write(tmp_path / "datajoint.json", '{"safemode": false}')
    assert place.load().safemode is True


def test_profiles(place: Place) -> None:
    place.toml('loglevel = "debug"\n[laptop]\nsafemode = false\n[lab]\ndatabase = "mysql://db.lab"\n')
    assert place.load().safemode is True
    assert (place.load("laptop").safemode, place.load("laptop").loglevel) == (False, "DEBUG")
    place.environ["LABWRIGHT_PROFILE"] = "lab"
    assert (place.load().profile, place.load().database_url().host) == ("lab", "db.lab")


@pytest.mark.parametrize("by", ["variable", "file", "call"])
def test_a_profile_that_is_not_there(place: Place, by: str) -> None:
    place.toml(('profile = "lap"\n' if by == "file" else "") + "[laptop]\nsafemode = false\n")
    if by == "variable":
        place.environ["LABWRIGHT_PROFILE"] = "lap"
    with pytest.raises(ConfigError, match=r"no profile 'lap'.*Did you mean 'laptop'"):
        place.load("lap" if by == "call" else None)


@pytest.mark.parametrize(
    ("text", "line", "near"),
    [
        ("safemod = true\n", 1, "safemode"),
        ('[database]\n\nhots = "x"\n', 3, "host"),
        ('[databse]\nhost = "x"\n', 2, "database"),
        ("[lab.display]\n[lab.database]\nprot = 1\n", 3, "port"),
    ],
)
def test_an_unknown_setting_names_file_line_and_the_nearest(place: Place, text: str, line: int, near: str) -> None:
    path = place.toml(text)
    with pytest.raises(UnknownSettingError) as caught:
        place.load()
    assert f"{path}, line {line}" in str(caught.value)
    assert near in str(caught.value)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[database]\nport = 'abc'\n", ["database.port", "line 2", "a whole number from 1 to 65535"]),
        ("[database]\nport = 70000\n", ["70000", "from 1 to 65535"]),
        ("safemode = 'perhaps'\n", ["safemode", "true or false"]),
        ("generation = 3\n", ["generation", "classic or 2"]),
        ("loglevel = 'LOUD'\n", ["DEBUG or INFO or WARNING"]),
        (
            "[stores.raw]\nprotocol = 's3'\nbuckett = 'b'\n",
            ["stores.raw", "buckett", "Did you mean 'bucket'", "labwright.toml"],
        ),
        ("[stores.raw]\ntoken_length = 3\n", ["stores.raw.token_length", "line 2", "from 4 to 16"]),
        ("[stores.raw]\nhash_prefix = 'a'\nschema_prefix = 'a/b'\n", ["schema_prefix", "must be apart"]),
        ("[stores.'ra/w']\nprotocol = 'file'\n", ["ra/w", "letters, digits"]),
        ("stores = 5\n", ["'stores' is a section"]),
        ("profile = 5\n", ["profile", "labwright.toml"]),
    ],
)
def test_a_wrong_value_names_setting_source_and_what_is_valid(place: Place, text: str, parts: list[str]) -> None:
    place.toml(text)
    with pytest.raises(ConfigError) as caught:
        place.load()
    assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labwright.toml", b"a = = 1", r"not valid TOML.*line 1"),
        ("labwright.toml", b"a = '\xff'", "not UTF-8 at byte 5"),
        ("datajoint.json", b"{\n,}", "not valid JSON.*line 2"),
        ("datajoint.json", b"[]", "JSON object"),
    ],
)
def test_a_file_that_cannot_be_read(place: Place, name: str, content: bytes, message: str) -> None:
    (place.repository / name).write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        place.load()


def test_files_with_a_byte_order_mark_and_other_scripts(place: Place) -> None:
    (place.repository / "labwright.toml").write_bytes("\ufeffdownload_path = 'données/図'\n".encode())
    assert place.load().download_path == "données/図"


def test_environment_values_are_converted_and_named(place: Place) -> None:
    place.environ.update(
        LABWRIGHT_SAFEMODE="false", LABWRIGHT_GENERATION="2", LABWRIGHT_STORES__RAW__SUBFOLDING="[2, 2]", DJ_USE_TLS="1"
    )
    settings = place.load()
    assert (settings.safemode, settings.generation, settings.database.use_tls) == (False, "2", True)
    assert settings.stores.named["raw"].subfolding == (2, 2)
    place.environ["DJ_PORT"] = "many"
    with pytest.raises(ConfigError, match="environment variable DJ_PORT"):
        place.load()


def test_an_unknown_variable_within_a_section_is_an_error_and_others_are_reported(place: Place) -> None:
    place.environ |= {"LABWRIGHT_SAFEMOD": "1", "LABWRIGHT_TEST_POSTGRES": "x"}
    (finding,) = audit(place.load(), place.environ)
    assert "LABWRIGHT_SAFEMODE" in finding.advice
    place.environ["LABWRIGHT_DATABASE__HOTS"] = "x"
    with pytest.raises(UnknownSettingError, match=r"LABWRIGHT_DATABASE__HOTS.*Did you mean 'database.host'"):
        place.load()


def test_stores_in_the_environment_replace_those_in_files_and_secrets_complete_them(place: Place) -> None:
    place.toml("[stores.old]\nprotocol = 'file'\nlocation = 'x'\n")
    place.secret("stores.new.secret_key", f"{PASSWORD}\n")
    place.secret("stores.gone.secret_key", PASSWORD)
    place.environ["DJ_STORES"] = '{"default": "new", "new": {"protocol": "s3", "bucket": "b"}}'
    settings = place.load()
    assert set(settings.stores.named) == {"new"}
    assert settings.store()[1].spec()["secret_key"] == PASSWORD


@pytest.mark.parametrize("text", ["[1]", "{", "text"])
def test_stores_in_the_environment_that_cannot_be_read(place: Place, text: str) -> None:
    place.environ["DJ_STORES"] = text
    with pytest.raises(ConfigError, match="DJ_STORES"):
        place.load()


@pytest.mark.parametrize("name", ["DJ_IGNORE_CONFIG_FILE", "LABWRIGHT_IGNORE_FILES"])
def test_files_can_be_ignored(place: Place, name: str) -> None:
    place.toml("nonsense = = =")
    place.secret("database.user", "me")
    place.environ[name] = "true"
    assert (place.load().database.user, place.load().files) == (None, ())
    place.environ[name] = "perhaps"
    with pytest.raises(ConfigError, match=name):
        place.load()


def test_a_classic_file_may_have_settings_of_its_own(place: Place) -> None:
    place.classic(
        **{"cache": "/c", "custom": {"database.prefix": "u_", "deep": {"a": 1}}, "connection.charset": "utf8"}
    )
    settings = place.load()
    assert settings.custom == {"cache": "/c", "database.prefix": "u_", "deep": {"a": 1}}
    place.classic(**{"database.hots": "x"})
    with pytest.raises(UnknownSettingError, match=r"datajoint\.json, line 1"):
        place.load()


def test_beside_a_classic_file_secrets_only_fill_in(place: Place) -> None:
    place.classic(**{"database.user": "me"})
    place.secret("database.user", "your_username")
    place.secret("database.password", PASSWORD)
    url = place.load(database__host="h").database_url()
    assert (url.user, url.password) == ("me", PASSWORD)


def test_a_local_classic_file_is_read_from_the_working_directory(place: Place) -> None:
    place.write(place.folder / "dj_local_conf.json", '{"database.host": "db", "database.port": 3307}')
    url = place.load().database_url()
    assert (url.backend, url.host, url.port) == ("mysql", "db", 3307)


# The address of the database


def test_the_url_rules_over_the_parts_of_its_own_place_and_below(place: Place) -> None:
    place.classic(**{"database.host": "old", "database.user": "ana", "database.backend": "mysql"})
    place.toml('[database]\nurl = "postgresql://db.lab/brains"\nhost = "other"\nname = "unused"\n')
    place.secret("database.password", PASSWORD)
    url = place.load().database_url()
    assert (url.backend, url.host, url.user, url.password, url.database) == (
        "postgres",
        "db.lab",
        "ana",
        PASSWORD,
        "brains",
    )
    assert any(
        "'database.host'" in finding.message and "no effect" in finding.message for finding in audit(place.load(), {})
    )


def test_parts_from_a_higher_place_rule_over_the_url(place: Place) -> None:
    place.toml('[database]\nurl = "postgresql://me:old@db.lab/brains"\n')
    place.environ |= {"DJ_USER": "root", "DJ_PASS": PASSWORD}
    url = place.load().database_url()
    assert (url.host, url.user, url.password) == ("db.lab", "root", PASSWORD)
    place.environ["DJ_HOST"] = "localhost:3310"
    url = place.load().database_url()
    assert (url.backend, url.host, url.port, url.database) == ("mysql", "localhost", 3310, "")


def test_the_classic_variables_are_an_address(place: Place) -> None:
    place.environ |= {"DJ_HOST": "db.lab", "DJ_USER": "ana", "DJ_PASS": PASSWORD, "DJ_BACKEND": "postgresql"}
    url = place.load().database_url()
    assert (url.backend, url.host, url.user, url.password) == ("postgres", "db.lab", "ana", PASSWORD)
    place.environ |= {"DJ_PORT": "5433", "DJ_BACKEND": "mysql"}
    assert (place.load().database_url().backend, place.load().database_url().port) == ("mysql", 5433)
    place.environ |= {"DJ_HOST": "/data/lab.db", "DJ_BACKEND": "sqlite"}
    assert place.load().database_url().path == str(Path("/data/lab.db").absolute())


def test_paths_in_a_settings_file_are_relative_to_it(place: Place) -> None:
    place.toml('[database]\nurl = "sqlite:///data/x.db"\n[stores.raw]\nprotocol = "file"\nlocation = "raw"\n')
    settings = place.load()
    assert settings.database_url().path == str(place.repository / "data" / "x.db")
    assert settings.store("raw")[1].location == str(place.repository / "raw")
    assert place.load(database__url="sqlite:///:memory:").database_url().in_memory


def test_with_the_backend_sqlite_the_host_is_the_file(place: Place) -> None:
    url = place.load(database__backend="sqlite", database__host="/d/x.db", database__busy_timeout=2).database_url()
    assert (url.path, url.option("busy_timeout")) == (str(Path("/d/x.db").absolute()), "2")


def test_a_certificate_may_be_given_as_files(place: Place) -> None:
    url = place.load(database__host="h", database__use_tls={"ssl": {"ca": "ca.pem"}}).database_url()
    assert (url.option("sslrootcert"), url.flag("use_tls")) == ("ca.pem", True)


def test_a_url_that_cannot_be_read_names_its_source_and_not_the_password(place: Place) -> None:
    place.environ["LABWRIGHT_DATABASE"] = f"oracle://me:{PASSWORD}@h"
    with pytest.raises(ConfigError, match="LABWRIGHT_DATABASE") as caught:
        place.load().database_url()
    assert PASSWORD not in str(caught.value)


# Stores


def test_a_store_is_found_by_name_default_and_for_files(place: Place) -> None:
    place.toml(
        'stores = {default = "a", filepath_default = "b", a = {protocol = "FILE", location = "/a"},'
        ' b = {protocol = "memory"}, c = {protocol = "mine", colour = "red", token = "t"}}\n'
    )
    settings = place.load()
    assert [settings.store()[0], settings.store(filepath=True)[0], settings.store("")[0]] == ["a", "b", "a"]
    assert settings.store("c")[1].spec()["colour"] == "red"
    with pytest.raises(ConfigError, match=r"no store 'd'.*a, b, c"):
        settings.store("d")


def test_a_store_that_lacks_something(place: Place) -> None:
    place.toml("[stores.raw]\nprotocol = 's3'\n[stores]\ndefault = 'row'\n")
    with pytest.raises(ConfigError, match=r"stores\.raw\.bucket"):
        place.load().store("raw")
    messages = [str(finding) for finding in audit(place.load(), {})]
    assert any("stores.raw.bucket" in m for m in messages)
    assert any("'raw'" in m and "stores.default" in m for m in messages)


def test_several_stores_and_no_default(place: Place) -> None:
    place.toml("[stores.raw]\nprotocol = 'memory'\n")
    with pytest.raises(ConfigError, match=r"stores\.default is not set.*raw"):
        place.load().store()


# Secrets


def secretive(place: Place) -> Settings:
    place.toml(
        f'[database]\nurl = "postgresql://me:{PASSWORD}@h"\npassword = "{PASSWORD}"\n'
        f'[stores.raw]\nprotocol = "mine"\ntoken = "{PASSWORD}"\nmy_secret = "{PASSWORD}"\n'
        f'[custom]\napi_key = "{PASSWORD}"\nnested = {{password = "{PASSWORD}"}}\n'
    )
    return place.load()


def test_no_secret_is_shown(place: Place) -> None:
    settings = secretive(place)
    shown = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        str(settings.model_dump()),
        repr(settings.entries),
    ]
    shown += [str(setting_rows(settings)), str(audit(settings, {})), str(settings.database), repr(settings.stores)]
    assert [text for text in shown if PASSWORD in text] == []


def test_a_wrong_secret_is_not_shown_either(place: Place) -> None:
    place.toml(f'[database]\npassword = ["{PASSWORD}"]\nport = "x"\n[stores.raw]\nsecret_key = ["{PASSWORD}"]\n')
    with pytest.raises(ConfigError, match=r"database\.password.*not shown") as caught:
        place.load()
    assert PASSWORD not in str(caught.getrepr(showlocals=True, style="long"))


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
def test_a_secret_that_others_can_read_is_reported(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    path = place.toml(f'[database]\npassword = "{PASSWORD}"\n')
    path.chmod(0o644)
    (finding,) = audit(place.load(), {})
    assert (finding.level, "chmod 600" in finding.advice) == ("warning", True)
    path.chmod(0o600)
    assert [f.level for f in audit(place.load(), {})] == ["note"]
    log_findings([finding])
    assert "other users" in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
def test_an_open_secrets_folder_is_reported(place: Place) -> None:
    place.toml("")
    secret = place.secret("database.password", PASSWORD)
    secret.chmod(0o644)
    secret.parent.chmod(0o755)
    assert [finding.level for finding in audit(place.load(), {})] == ["warning"]
    secret.parent.chmod(0o700)
    assert audit(place.load(), {}) == []


def test_a_secret_with_a_wrong_name_is_an_error_and_foreign_files_are_not(place: Place) -> None:
    place.toml("")
    place.secret("openai.key", "x")
    place.secret("README", "x")
    place.secret("database.password~", "x")
    assert place.load().database.password is None
    place.secret("database.pasword", "x")
    with pytest.raises(UnknownSettingError, match="Did you mean"):
        place.load()


def test_findings_read_as_sentences() -> None:
    assert str(Finding("note", "This is so.", "Do that.")) == "This is so. Do that."


def test_the_reference_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    assert page.read_text(encoding="utf-8") == reference_page()
