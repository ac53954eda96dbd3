"""``datajoint.logging``: the logger of pipelines. Handlers are the program's business, as everywhere in Labwright."""

from __future__ import annotations

import logging
from typing import Final

logger: Final = logging.getLogger("datajoint")
