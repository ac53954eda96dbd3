"""What all groups of settings are. This module loads pydantic, so it is imported on first use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from labwright.tables.settings_layers import masked


class Section(BaseModel):
    """A group of settings: frozen, strict about names, silent about secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return [(name, masked((name or "",), value)) for name, value in super().__repr_args__()]

    @model_serializer(mode="wrap")
    def _masked(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: masked((name,), value) for name, value in serialize(self).items()}
