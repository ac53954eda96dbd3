"""The settings of engines. This module loads pydantic, so it is imported on first use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ConfigDict, Field, field_validator

from labwright.core.errors import did_you_mean
from labwright.tables.settings_section import Section

_WORKERS = frozenset({"engine", "workers", "cpus", "gpus", "memory", "time"})
ENGINE_KEYS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "in-process": frozenset({"engine"}),
        "processes": _WORKERS,
        "dask": _WORKERS | {"address"},
        "slurm": _WORKERS | {"partition", "account", "options", "setup", "python"},
    }
)
"""The settings that each built-in engine may have; a plug-in's may have any."""


class EngineSettings(Section):
    """One engine: what starts workers. Engines from plug-ins may have settings of their own."""

    model_config = ConfigDict(extra="allow")

    engine: str | None = Field(
        default=None,
        description="in-process, processes, dask, slurm, or what a plug-in adds; by default what its name says.",
    )
    workers: int | None = Field(default=None, ge=1, description="How many workers there are when nobody says how many.")
    cpus: int | None = Field(default=None, ge=1, description="Processors of a worker, instead of what its tables say.")
    gpus: int | None = Field(
        default=None, ge=0, description="Graphics processors of a worker, instead of what its tables say."
    )
    memory: str | None = Field(
        default=None, description="Memory of a worker, such as `32 GB`, instead of what its tables say."
    )
    time: str | None = Field(
        default=None, description="How long a worker may run, such as `2 h`, instead of what its tables say."
    )
    address: str | None = Field(
        default=None, description="dask: the scheduler, as `tcp://host:8786`; a cluster on this machine when not given."
    )
    partition: str | None = Field(default=None, description="slurm: the partition.")
    account: str | None = Field(default=None, description="slurm: the account that pays.")
    options: str | None = Field(
        default=None, description="slurm: more options of sbatch, such as `--constraint=a100 --qos=long`."
    )
    setup: str | None = Field(
        default=None, description="slurm: lines of the shell that come before a worker, such as `module load cuda`."
    )
    python: str | None = Field(
        default=None, description="slurm: the Python that has Labwright on the nodes; the one in use when not given."
    )

    def spec(self) -> dict[str, Any]:
        """Return what is set, as plain values."""
        return {name: value for name, value in (*self, *(self.model_extra or {}).items()) if value is not None}


class EnginesSettings(Section):
    """What starts workers, and which of them does when none is named."""

    default: str | None = Field(default=None, description="The engine that is meant where none is named: in-process.")
    named: dict[str, EngineSettings] = Field(default_factory=dict, description="The engines by name.")

    @field_validator("named")
    @classmethod
    def _named(cls, engines: dict[str, EngineSettings]) -> dict[str, EngineSettings]:
        for name, engine in engines.items():
            kind = engine.engine or name
            foreign = sorted({*engine.spec()} - ENGINE_KEYS.get(kind, frozenset(engine.spec())))
            if foreign:
                known = sorted(ENGINE_KEYS[kind])
                raise ValueError(
                    f"The engine {kind!r} has no setting {foreign[0]!r}.{did_you_mean(foreign[0], known)}"
                    f" It may have: {', '.join(known)}."
                )
        return engines
