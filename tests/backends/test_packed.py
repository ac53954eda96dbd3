"""Blobs that stay packed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import LabwrightError

LONG = lw.pack(np.zeros(1000))
"""It is compressed."""


@pytest.fixture
def trace(schema: lw.Schema) -> Any:
    return table(schema, "Trace", "trace : int32\n---\nsamples = null : <blob>\nname = '' : varchar(20)")


@pytest.mark.parametrize("data", [lw.pack([1, "two", None]), lw.pack(np.eye(3)), LONG])
def test_bytes_are_stored_and_fetched_as_they_are(trace: Any, data: bytes) -> None:
    trace.insert([{"trace": 1, "samples": lw.Packed(data)}, {"trace": 2}])
    found = (trace & "trace < 9").packed
    assert found.to_dicts(order_by="KEY") == [
        {"trace": 1, "samples": lw.Packed(data), "name": ""},
        {"trace": 2, "samples": None, "name": ""},
    ]
    assert [row["samples"] for row in found] == [lw.Packed(data), None]
    assert lw.unpack(found.to_dicts(order_by="KEY")[0]["samples"].plain) is not None
    assert type((trace & "trace = 1").fetch1("samples")) is type(lw.unpack(data))


def test_without_compression_it_means_the_same() -> None:
    packed = lw.Packed(LONG)
    assert len(packed.plain) > len(LONG)
    assert lw.unpack(packed.plain).tolist() == [0] * 1000


@pytest.mark.parametrize("data", [b"", b"mYm\0", b"nothing", LONG[:-3]])
def test_damaged_bytes_are_refused(trace: Any, data: bytes) -> None:
    with pytest.raises(LabwrightError):
        trace.insert1({"trace": 1, "samples": lw.Packed(data)})
    assert not trace()
