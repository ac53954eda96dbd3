"""``datajoint.version``: the generation of the language that is spoken, as a version of the peer."""

from __future__ import annotations

from labwright import config
from labwright.compat.names import VERSIONS


def __getattr__(name: str) -> str:
    if name == "__version__":
        return VERSIONS[str(config["generation"])]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
