"""``datajoint.storage_adapter``: protocols of stores that packages add, on file systems of fsspec."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, ClassVar

from labwright import LabwrightError

COMMON = frozenset(
    """
    protocol location subfolding partition_pattern token_length hash_prefix schema_prefix filepath_prefix stage
    """.split()
)
"""What every store may have set."""


class StorageAdapter(ABC):
    """A protocol of stores. A package offers a subclass by an entry point of the group ``datajoint.storage``."""

    protocol: ClassVar[str]
    required_keys: ClassVar[tuple[str, ...]] = ()
    allowed_keys: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def create_filesystem(self, spec: Mapping[str, Any]) -> Any:
        """Return the file system of fsspec for a store with these settings."""

    def validate_spec(self, spec: Mapping[str, Any]) -> None:
        """Raise when settings are missing, or are none of this protocol's."""
        missing = [name for name in self.required_keys if name not in spec]
        if missing:
            raise LabwrightError(f"A store of the protocol {self.protocol!r} lacks {', '.join(missing)}.")
        foreign = sorted(set(spec) - set(self.allowed_keys) - COMMON)
        if foreign:
            raise LabwrightError(f"A store of the protocol {self.protocol!r} has no setting {', '.join(foreign)}.")

    def full_path(self, spec: Mapping[str, Any], relpath: str) -> str:
        """Where in the file system a path of the store is."""
        location = spec.get("location", "")
        return f"{location}/{relpath}" if location else relpath

    def get_url(self, spec: Mapping[str, Any], path: str) -> str:
        """The address of a file for people to read."""
        return f"{self.protocol}://{path}"


def get_storage_adapter(protocol: str) -> StorageAdapter | None:
    """The adapter that an installed package offers for a protocol, or None."""
    for point in entry_points(group="datajoint.storage", name=protocol):
        adapter: StorageAdapter = point.load()()
        return adapter
    return None
