"""Opening buckets, containers and web folders by their settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from labwright.core.errors import ConfigError, DuplicateError
from labwright.storage.base import Bytes, Capabilities, ObjectInfo, cannot
from labwright.storage.objects import Inner, ObjectStore
from labwright.storage.probe import settled

Settings = Mapping[str, Any]

_RETRIES: Final[Any] = {
    "max_retries": 5,
    "retry_timeout": timedelta(minutes=1),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2},
}
_READING: Final = {"connect_timeout": "10s", "read_timeout": "30s", "timeout": "1d"}
"""A large object may take its time, as long as bytes come."""
_WRITING: Final = {"connect_timeout": "10s", "timeout": "5min"}
"""A request has at most 32 MB."""
_CLOUD: Final = Capabilities(signing=True)


def open_s3(name: str, settings: Settings) -> ObjectStore:
    """Open a bucket of Amazon S3, or of a server that speaks its protocol.

    Such servers differ in whether they refuse to overwrite, so what one can do is found out when it is first put to.
    """
    from obstore.store import S3Store

    endpoint = _address(settings["endpoint"], settings.get("secure", True)) if settings.get("endpoint") else None
    config = {
        "endpoint": endpoint,
        "region": settings.get("region"),
        "access_key_id": settings.get("access_key"),
        "secret_access_key": settings.get("secret_key"),
        "session_token": settings.get("session_token"),
        "disable_bulk_delete": True if endpoint else None,  # not every server has it
    }
    client = {"allow_http": bool(endpoint and endpoint.startswith("http:")), "proxy_url": settings.get("proxy_server")}
    inner = _opened(name, S3Store, settings["bucket"], settings, client, config=_given(config))
    return ObjectStore(name, inner, _CLOUD, settled if endpoint else None)


def open_gcs(name: str, settings: Settings) -> ObjectStore:
    """Open a bucket of Google's; `token` is the file of a service account's key, or its content."""
    from obstore.store import GCSStore

    token = settings.get("token")
    given = "service_account_key" if str(token).lstrip().startswith("{") else "service_account"
    config = {given: token}
    inner = _opened(name, GCSStore, settings["bucket"], settings, {}, config=_given(config))
    return ObjectStore(name, inner, _CLOUD)


class AzureStore(ObjectStore):
    """A container of Azure's Blob Storage."""

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        try:
            return super().put_create(key, data)
        except DuplicateError:  # also where a stream was broken off: Azure keeps its parts, under that name, for a week
            return self._put_parts(key, [data])

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        url = super().sign(key, method=method, expires=expires)
        if "%" in urlsplit(url).path:  # obstore signs the name as it is in the URL, and Azure wants it plain
            raise cannot(self, f"give a URL to {method} {key!r}, which has characters that URLs have not")
        return url


def open_azure(name: str, settings: Settings) -> AzureStore:
    """Open a container of Azure's Blob Storage."""
    from obstore.store import AzureStore as Azure

    said = _connection_parts(settings.get("connection_string") or "")
    endpoint = said.get("blobendpoint")
    config = {
        "account_name": settings.get("account_name") or said.get("accountname"),
        "account_key": settings.get("account_key") or said.get("accountkey"),
        "sas_token": said.get("sharedaccesssignature"),
        "endpoint": endpoint,
    }
    client = {"allow_http": bool(endpoint and endpoint.startswith("http:"))}
    inner = _opened(name, Azure, settings["container"], settings, client, config=_given(config))
    return AzureStore(name, inner, _CLOUD)


def open_http(name: str, settings: Settings) -> ObjectStore:
    """Open the files below an address, to be read."""
    from obstore.store import HTTPStore

    url = "/".join(part.strip("/") for part in (settings["url"], settings.get("location") or "") if part)
    client: dict[str, Any] = {"allow_http": url.startswith("http:")}
    if settings.get("token"):
        client["default_headers"] = {"Authorization": f"Bearer {settings['token']}"}
    with _explaining(name):
        reading = HTTPStore.from_url(url, client_options=_options(_READING, client), retry_config=_RETRIES)
    return ObjectStore(name, Inner(reading, reading), Capabilities(create_only=False, listing=False, writing=False))


def _opened(
    name: str, kind: Callable[..., Any], place: str, settings: Settings, client: Settings, *, config: Settings
) -> Inner:
    prefix = (settings.get("location") or "").strip("/") or None
    more = {"prefix": prefix, "retry_config": _RETRIES, "config": config}
    with _explaining(name):
        reading, writing = (
            kind(place, client_options=_options(patience, client), **more) for patience in (_READING, _WRITING)
        )
    return Inner(reading, writing)


@contextmanager
def _explaining(name: str) -> Iterator[None]:
    """Say which store's settings are wrong, and not what they are."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, ValueError, TypeError) as error:
        raise ConfigError(
            f"The store {name!r} cannot be opened with its settings ({type(error).__name__}): look for one that is "
            f"missing or misspelt in [stores.{name}], or in the environment."
        ) from None


def _address(endpoint: str, secure: bool) -> str:
    return endpoint if "://" in endpoint else f"{'https' if secure else 'http'}://{endpoint}"


def _options(patience: Settings, client: Settings) -> Any:
    return {**patience, **_given(client)}


def _given(values: Settings) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _connection_parts(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(";") if part)
    return {name.strip().lower(): value.strip() for name, _, value in parts}
