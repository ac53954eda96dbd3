"""``datajoint.storage``: files in stores, and how their paths are made."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import labwright

TOKEN_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
URL_PROTOCOLS = ("file://", "s3://", "gs://", "gcs://", "az://", "abfs://", "http://", "https://")


def stores_of(config: Any = None) -> labwright.Project:
    """A project with the stores of these settings, by default those of the working directory; for its stores alone."""
    return labwright.Project(settings=labwright.config if config is None else config)


def StorageBackend(spec: Mapping[str, Any]) -> Any:  # noqa: N802 - the peer has a class
    """The files of the store that has these settings."""
    config = type(labwright.config)(environ={"LABWRIGHT_IGNORE_FILES": "1"})
    config["stores"] = {"given": dict(spec)}
    return labwright.Project(settings=config).files("given")


get_storage_backend = StorageBackend


def is_url(path: str) -> bool:
    """Whether a path is an address rather than one of this machine."""
    return path.lower().startswith(URL_PROTOCOLS)


def normalize_to_url(path: str) -> str:
    """The address of a path of this machine; an address stays what it is.

    Examples
    --------
    >>> normalize_to_url("s3://bucket/key")
    's3://bucket/key'
    """
    return path if is_url(path) else f"file:///{quote(Path(path).resolve().as_posix().lstrip('/'))}"


def parse_url(url: str) -> tuple[str, str]:
    """The protocol of an address, as stores name it, and what follows.

    Examples
    --------
    >>> parse_url("gs://bucket/a.txt"), parse_url("file:///data/a.txt")
    (('gcs', 'bucket/a.txt'), ('file', '/data/a.txt'))
    """
    if not is_url(url):
        raise labwright.LabwrightError(f"{url!r} is no address of one of the protocols {', '.join(URL_PROTOCOLS)}.")
    parts = urlsplit(url)
    named = {"gs": "gcs", "az": "abfs"}
    return named.get(parts.scheme, parts.scheme), f"{parts.netloc}{parts.path}"


def generate_token(length: int = 8) -> str:
    """A name that nobody can guess."""
    return "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(min(max(length, 4), 16)))
