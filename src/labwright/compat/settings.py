"""``datajoint.settings``: the settings, and the names of the classic files."""

from __future__ import annotations

from typing import Final

from labwright import config

LOCALCONFIG: Final = "dj_local_conf.json"
GLOBALCONFIG: Final = ".datajoint_config.json"
CONFIG_FILENAME: Final = "datajoint.json"
SECRETS_DIRNAME: Final = ".secrets"

Config = type(config)

__all__ = ["CONFIG_FILENAME", "GLOBALCONFIG", "LOCALCONFIG", "SECRETS_DIRNAME", "Config", "config"]
