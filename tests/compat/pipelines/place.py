"""Where the program's files are, and what its schemas begin with."""

import os
from pathlib import Path

import datajoint as dj

DATA = Path(os.environ["PIPELINE_DATA"])
PREFIX = dj.config["database.prefix"]
