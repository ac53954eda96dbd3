"""What ``import datajoint`` gives once the switch is on."""

from __future__ import annotations

from typing import Any

from labwright import config
from labwright.compat.names import CLASSIC_NAMES, CURRENT_NAMES, HELPERS, VERSIONS, find

__path__: list[str] = []  # what makes ``import datajoint.errors`` possible; the finder does the rest
__author__ = "The Labwright developers"


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return VERSIONS[str(config["generation"])]
    if name == "__all__":
        return sorted(CLASSIC_NAMES if config["generation"] == "classic" else CURRENT_NAMES)
    return find(name)


def __dir__() -> list[str]:
    return sorted({*CLASSIC_NAMES, *CURRENT_NAMES, *HELPERS})
