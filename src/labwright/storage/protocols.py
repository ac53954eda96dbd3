"""From a store's settings to the store, by its protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, cast

from labwright.core.errors import ConfigError, MissingPackageError
from labwright.core.registry import Deferred, Registry
from labwright.storage.base import Store
from labwright.storage.filesystems import open_adapted

OpenProtocol = Callable[[str, Mapping[str, Any]], Store]
"""Opens a store by its name and its settings, which are plain values, secrets included."""


def _opener(found: object) -> OpenProtocol:
    """Return what an entry point names; a class is a `StorageAdapter` as packages make it for DataJoint."""
    if isinstance(found, type) and hasattr(found, "create_filesystem"):
        return partial(open_adapted, found())
    return cast("OpenProtocol", found)


_EXTRAS: Final = {"sftp": "sftp", "globus": "globus", "fsspec": "fsspec"}

protocols: Final[Registry[OpenProtocol]] = Registry(
    "store protocol",
    groups=("labwright.stores", "datajoint.storage"),
    deferred={
        "file": Deferred("labwright.storage.files:open_file"),
        "memory": Deferred("labwright.storage.memory:open_memory"),
        "s3": Deferred("labwright.storage.buckets:open_s3"),
        "gcs": Deferred("labwright.storage.buckets:open_gcs"),
        "azure": Deferred("labwright.storage.buckets:open_azure"),
        "http": Deferred("labwright.storage.buckets:open_http"),
        "sftp": Deferred("labwright.storage.filesystems:open_sftp"),
        "fsspec": Deferred("labwright.storage.filesystems:open_fsspec"),
        "globus": Deferred("labwright.storage.globus:open_globus"),
    },
    adapt=_opener,
    error=ConfigError,
)
"""Every protocol by name. A package adds one by an entry point of the group ``labwright.stores``."""


def open_store(name: str, settings: Mapping[str, Any]) -> Store:
    """Open a store.

    Parameters
    ----------
    name : str
        What the settings call it.
    settings : mapping
        Its ``protocol``, and what that one needs.

    Raises
    ------
    ConfigError
        When there is no such protocol, or it lacks a setting.
    """
    protocol = str(settings.get("protocol"))
    try:
        return protocols[protocol](name, settings)
    except ModuleNotFoundError as error:
        missing = (error.name or protocol).partition(".")[0]
        raise MissingPackageError(
            f"The store {name!r} needs the package {missing!r}, which is not installed.\n"
            f"Install it:  pip install 'labwright[{_EXTRAS.get(protocol, 'buckets')}]'"
        ) from error
