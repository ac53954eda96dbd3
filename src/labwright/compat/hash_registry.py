"""``datajoint.hash_registry``: bytes that are kept in a store under their hash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import labwright
from labwright.compat.storage import stores_of


def compute_hash(data: bytes) -> str:
    """The digest of `data`: MD5 in base 32, 26 lower-case letters and digits.

    Examples
    --------
    >>> compute_hash(b"abc")
    'saavbgb42jh3bvuwh56sryl7oi'
    """
    return base64.b32encode(hashlib.md5(data, usedforsecurity=False).digest()).decode().rstrip("=").lower()


def build_hash_path(
    content_hash: str, schema_name: str, subfolding: Sequence[int] | None = None, *, hash_prefix: str = "_hash"
) -> str:
    """Where in a store something with a hash is.

    Examples
    --------
    >>> build_hash_path(compute_hash(b"abc"), "lab", (2, 2))
    '_hash/lab/sa/av/saavbgb42jh3bvuwh56sryl7oi'
    """
    if len(content_hash) != 26 or not content_hash.isalnum() or content_hash != content_hash.lower():
        raise labwright.LabwrightError(f"{content_hash!r} is no hash: one has 26 lower-case letters and digits.")
    folds, start = [], 0
    for length in subfolding or ():
        folds.append(content_hash[start : start + length])
        start += length
    prefix = hash_prefix.strip("/")
    return "/".join((*([prefix] if prefix else []), schema_name, *folds, content_hash))


def get_store_backend(store_name: str | None = None, config: Any = None) -> Any:
    """The files of a store; None is the default one."""
    return stores_of(config).files(store_name)


def get_store_subfolding(store_name: str | None = None, config: Any = None) -> tuple[int, ...] | None:
    """Lengths of the folders that hashes are spread over in a store."""
    found = _spec(store_name, config).get("subfolding")
    return None if found is None else tuple(found)


def put_hash(data: bytes, schema_name: str, store_name: str | None = None, config: Any = None) -> dict[str, Any]:
    """Keep bytes under their hash unless they are there, and return what a row holds of them."""
    project, digest = stores_of(config), compute_hash(data)
    subfolding = get_store_subfolding(store_name, config)
    path = build_hash_path(digest, schema_name, subfolding, hash_prefix=_spec(store_name, config)["hash_prefix"])
    try:
        project.files(store_name).put_buffer(data, path)
    except labwright.errors.DuplicateError:
        get_hash({"path": path, "hash": digest, "store": store_name}, config)
    store = project.stores(store_name).name
    return {"hash": digest, "path": path, "schema": schema_name, "store": store, "size": len(data)}


def get_hash(metadata: Mapping[str, Any], config: Any = None) -> bytes:
    """The bytes that `put_hash` has kept.

    Raises
    ------
    DataError
        When they are others now.
    """
    data: bytes = get_store_backend(metadata.get("store"), config).get_buffer(metadata["path"])
    if compute_hash(data) != metadata["hash"]:
        raise labwright.errors.DataError(f"The object {metadata['path']!r} is damaged: its hash is another.")
    return data


def delete_path(path: str, *_: object, **__: object) -> NoReturn:
    """Refuse: rows may refer to it, and history, and exports."""
    raise labwright.LabwrightError(
        f"{path!r} is not deleted by hand: `labwright store gc --delete` takes what nothing refers to."
    )


def _spec(store_name: str | None, config: Any) -> dict[str, Any]:
    settings: dict[str, Any] = stores_of(config).config.get_store_spec(store_name)
    return settings
