"""Settings as text to write to a file, without the secrets."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from labwright.core.errors import ConfigError
from labwright.tables.settings_layers import Key, dotted, is_secret, mask_url


def split_secrets(values: Mapping[Key, Any]) -> tuple[dict[Key, Any], dict[Key, str]]:
    """Part `values` into what may stand in a file and what belongs in a secrets folder."""
    hidden = {key for key, value in values.items() if _hides(key, value)}
    secrets = {key: str(values[key]) for key in values if key in hidden and values[key] is not None}
    return {key: value for key, value in values.items() if key not in hidden}, secrets


def _hides(key: Key, value: Any) -> bool:
    return is_secret(key) or (isinstance(value, str) and mask_url(value) != value)


def to_json(values: Mapping[Key, Any]) -> str:
    """Write values by full key as the text of a ``datajoint.json``."""
    return json.dumps(_tree(values), indent=4, ensure_ascii=False, default=_plain) + "\n"


def to_toml(values: Mapping[Key, Any]) -> str:
    """Write values by full key as the text of a ``labwright.toml``.

    Examples
    --------
    >>> print(to_toml({("safemode",): False, ("database", "port"): 3307}), end="")
    safemode = false
    <BLANKLINE>
    [database]
    port = 3307
    """
    return "\n".join(_table((), _tree(values))).lstrip("\n") + "\n"


def _tree(values: Mapping[Key, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        branch = tree
        for name in key[:-1]:
            branch = branch.setdefault(name, {})
        branch[key[-1]] = value
    return tree


def _table(path: Key, tree: Mapping[str, Any]) -> Iterable[str]:
    single = {name: value for name, value in tree.items() if not isinstance(value, Mapping)}
    # TOML has no null: what is not written is null.
    lines = [f"{_name(name)} = {_value(value)}" for name, value in single.items() if value is not None]
    if path and (lines or not tree):
        yield from ("", f"[{'.'.join(map(_name, path))}]")
    yield from lines
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _table((*path, name), value)


def _name(name: str) -> str:
    bare = name and all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
    return name if bare else _text(name)


def _text(text: str) -> str:
    # JSON's escapes are TOML's; U+007F alone is allowed in the one and not in the other.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_name(str(k))} = {_value(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value if item is not None) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else f"{'-' if value < 0 else ''}inf"
    plain = _plain(value)
    return _text(plain) if isinstance(plain, str) else json.dumps(plain)


def _plain(value: Any) -> Any:
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Path | datetime.date | datetime.time):
        return str(value)
    raise ConfigError(
        f"A {type(value).__name__} cannot be written to a settings file. Use text, numbers, lists or tables."
    )


def secret_files(secrets: Mapping[Key, str]) -> dict[str, str]:
    """Return the text of each file in a secrets folder."""
    return {dotted(key): f"{value}\n" for key, value in secrets.items()}
