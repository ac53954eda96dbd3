"""What `Config` hands out: live sections, and texts that do not show themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from labwright.tables.settings_layers import Key, masked

if TYPE_CHECKING:
    from labwright.tables.config import Config


class Secret(str):
    """A text for the driver that does not show itself in a printed dict or a traceback.

    Examples
    --------
    >>> {"password": Secret("swordfish")}
    {'password': '**********'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


class Section(MutableMapping[str, Any]):
    """A live part of the configuration, as a mapping and by attribute; what is assigned to it is checked and kept.

    Examples
    --------
    >>> from labwright.tables.config import Config
    >>> config = Config(environ={"LABWRIGHT_IGNORE_FILES": "1"})
    >>> config.display.limit = 3
    >>> config["display"]["limit"]
    3
    """

    __slots__ = ("_config", "_prefix")

    def __init__(self, config: Config, prefix: Key) -> None:
        object.__setattr__(self, "_config", config)
        object.__setattr__(self, "_prefix", prefix)

    def __getitem__(self, name: str) -> Any:
        return self._config._read((*self._prefix, name))

    def __setitem__(self, name: str, value: Any) -> None:
        self._config._write((*self._prefix, name), value)

    def __delitem__(self, name: str) -> None:
        self._config._delete((*self._prefix, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._config._names(self._prefix))

    def __len__(self) -> int:
        return len(self._config._names(self._prefix))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._config._read_attribute((*self._prefix, name))

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def copy(self) -> dict[str, Any]:
        """Return the values as a plain dict."""
        return {name: _plain(value) for name, value in self.items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self.copy() == _plain(other)

    __hash__ = None  # type: ignore[assignment] # it changes, like a dict

    def __repr__(self) -> str:
        return repr(masked(self._prefix, self.copy()))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return value
