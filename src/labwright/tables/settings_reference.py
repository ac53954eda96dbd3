"""The reference page of the settings, made from the models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from labwright.tables.settings import STORE_KEYS, Settings
from labwright.tables.settings_engines import ENGINE_KEYS
from labwright.tables.settings_environment import CLASSIC, CONTROLS, PREFIX
from labwright.tables.settings_layers import SECTIONS, dotted
from labwright.tables.settings_names import Setting, known_settings

_INTRODUCTION = """\
# Settings

<!-- This page is made by labwright.tables.settings_reference; a test compares the two. -->

Where a setting is given more than once, the higher of these places wins:

1. `lw.config.override(...)`, within its `with` block
2. `lw.config[...] = ...`
3. environment variables `LABWRIGHT_*`, then `DJ_*`
4. `.secrets/` beside `labwright.toml`, one file per setting, named like it
5. a file read with `lw.config.load(...)`
6. the profile in use, then the top level, of the project's `labwright.toml`
7. `datajoint.json`, else `dj_local_conf.json`, then the `.secrets/` beside it
8. the profile, then the top level, of the user's own `labwright.toml`
   (in `~/.config/labwright/`, on Windows `%APPDATA%\\labwright\\`), then `~/.datajoint_config.json`
9. the default

`labwright.toml` and `datajoint.json` are searched from the working directory up to the repository's root.
Paths in `labwright.toml` are relative to the file. A whole section can be written as JSON in one variable
(`LABWRIGHT_STORES='{"raw": {...}}'`); for stores it then replaces what files say.
"""


def reference_page() -> str:
    """Return the page ``docs/reference/settings.md``."""
    parts = [_INTRODUCTION, _controls(), *_sections()]
    return "\n".join(parts)


def _controls() -> str:
    rows = ((f"`{name}`", text) for name, text in CONTROLS.items())
    return f"## Which settings are read\n\n{_table(('variable', 'meaning'), rows)}"


def _sections() -> Iterator[str]:
    single = [setting for setting in known_settings().values() if setting.key[0] not in SECTIONS]
    yield f"## Top level\n\n{_settings(single)}"
    for section in SECTIONS:
        inside = [setting for setting in known_settings().values() if setting.key[0] == section]
        about = (Settings.model_fields[section].annotation.__doc__ or "") if section != "custom" else ""
        heading = f"## [{section}]\n\n" + (f"{about.strip().splitlines()[0]}\n\n" if about else "")
        yield heading + _settings(inside) + _KINDS.get(section, str)()


def _settings(settings: Iterable[Setting]) -> str:
    rows = ((f"`{dotted(s.key)}`", s.valid, f"`{_shown(s.default)}`", s.description, _variables(s)) for s in settings)
    return _table(("setting", "valid", "default", "meaning", "environment"), rows)


def _shown(value: Any) -> str:
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else repr(value).replace("'", '"')


def _variables(setting: Setting) -> str:
    key = setting.key
    name = PREFIX + "__".join(part.strip("<>").upper() for part in key)
    own = [PREFIX + "DATABASE"] if dotted(key) == "database.url" else [name]
    return ", ".join(f"`{v}`" for v in [*own, *(v for v, classic in CLASSIC.items() if classic == dotted(key))])


def _protocols() -> str:
    rows = ((f"`{name}`", ", ".join(f"`{key}`" for key in sorted(keys))) for name, keys in STORE_KEYS.items())
    return f"\nWhich of them a store may have:\n\n{_table(('protocol', 'settings'), rows)}"


def _engines() -> str:
    rows = ((f"`{name}`", ", ".join(f"`{key}`" for key in sorted(keys))) for name, keys in ENGINE_KEYS.items())
    return f"\nWhich of them an engine may have:\n\n{_table(('engine', 'settings'), rows)}"


_KINDS: Mapping[str, Callable[[], str]] = MappingProxyType({"stores": _protocols, "engines": _engines})


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
