"""Every setting that there is: its key, what is valid, its default and meaning."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from labwright.core.errors import did_you_mean
from labwright.tables.settings import Settings, StoreSettings, StoresSettings
from labwright.tables.settings_engines import EngineSettings, EnginesSettings
from labwright.tables.settings_layers import NAMED, SECTIONS, Key, dotted

STORE_NAME = "<store>"
ENGINE_NAME = "<engine>"
_ANY_NAME: Mapping[str, str] = types.MappingProxyType({"stores": STORE_NAME, "engines": ENGINE_NAME})
_NAMED_MODELS: Mapping[type[BaseModel], type[BaseModel]] = types.MappingProxyType(
    {StoresSettings: StoreSettings, EnginesSettings: EngineSettings}
)


@dataclass(frozen=True)
class Setting:
    """What is known of a setting, for messages and for the documentation."""

    key: Key
    valid: str
    default: Any
    description: str


@functools.cache
def known_settings() -> Mapping[Key, Setting]:
    """Return every setting by its key; the name of a store is ``<store>``, that of an engine ``<engine>``.

    Examples
    --------
    >>> known_settings()["database", "port"].valid
    'a whole number from 1 to 65535, or null'
    """
    return types.MappingProxyType({setting.key: setting for setting in _walk(Settings, ())})


def _walk(model: type[BaseModel], prefix: Key) -> Iterator[Setting]:
    for name, info in model.model_fields.items():
        inner = info.annotation
        if model in _NAMED_MODELS and name == "named":
            yield from _walk(_NAMED_MODELS[model], (*prefix, _ANY_NAME[prefix[0]]))
        elif isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _walk(inner, (name,))
        else:
            yield Setting((*prefix, name), _valid(info), _default(info), info.description or "")


def _default(info: FieldInfo) -> Any:
    return info.get_default(call_default_factory=True, validated_data={})


def _valid(info: FieldInfo) -> str:
    text = _type_text(info.annotation)
    optional = text.endswith(", or null")
    return text.removesuffix(", or null") + _bounds(info.metadata) + (", or null" if optional else "")


def _bounds(metadata: list[Any]) -> str:
    found = {name: getattr(item, name) for item in metadata for name in ("ge", "gt", "le") if hasattr(item, name)}
    if "ge" in found and "le" in found:
        return f" from {found['ge']} to {found['le']}"
    words = {"ge": " of at least ", "gt": " above ", "le": " of at most "}
    return "".join(f"{words[name]}{value}" for name, value in found.items())


_TYPES: Mapping[Any, str] = types.MappingProxyType(
    {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        SecretStr: "text, never shown",
        type(None): "null",
        dict: "a table of names and values",
        tuple: "a list of whole numbers",
        list: "a list of texts",
    }
)


def _type_text(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(map(str, args))
    if origin in (Union, types.UnionType):
        return _either([_type_text(arg) for arg in args])
    if origin is not None and origin not in _TYPES:
        return _type_text(args[0])
    return _TYPES[origin or annotation]


def _either(texts: list[str]) -> str:
    return ", or ".join([*(text for text in texts if text != "null"), *(text for text in texts if text == "null")])


def is_known(key: Key) -> bool:
    """Whether there is such a setting. A store or engine may have settings that only its plug-in knows."""
    if key[0] == "custom":
        return len(key) == 2
    return key in known_settings() or (key[0] in NAMED and len(key) == 3)


def is_of_any_name(key: Key) -> bool:
    """Whether a key of `known_settings` stands for those of all stores or engines."""
    return not {*_ANY_NAME.values()}.isdisjoint(key)


def valid_values(key: Key) -> str:
    """Say what a setting may be."""
    generic = (key[0], _ANY_NAME[key[0]], key[2]) if key[0] in NAMED and len(key) == 3 else key
    setting = known_settings().get(generic)
    return setting.valid if setting else "any value"


def unknown_advice(key: Key) -> str:
    """Say which settings are near to one that does not exist, or which there are."""
    names = [dotted(known) for known in known_settings()]
    near = did_you_mean(dotted(key), names) or did_you_mean(key[-1], [known[-1] for known in known_settings()])
    if near:
        return near
    if key[0] not in SECTIONS:
        return (
            did_you_mean(key[0], SECTIONS)
            or " 'labwright doctor' lists every setting; names of your own go under 'custom'."
        )
    inner = [known[-1] for known in known_settings() if known[0] == key[0]]
    return f" In {key[0]} there are: {', '.join(dict.fromkeys(inner))}."
