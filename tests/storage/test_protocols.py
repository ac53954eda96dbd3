"""From settings to stores."""

from __future__ import annotations

import sys

import pytest

from labwright.core.errors import ConfigError, MissingPackageError
from labwright.storage.protocols import open_store


@pytest.mark.parametrize("protocol", ["s3", "gcs", "azure", "http"])
def test_buckets_need_a_package(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.partition(".")[0] == "obstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "obstore", None)
    settings = {"protocol": protocol, "bucket": "b", "container": "c", "account_name": "a", "url": "http://x"}
    with pytest.raises(MissingPackageError, match=r"(?s)'far' needs the package 'obstore'.*labwright\[buckets\]"):
        open_store("far", settings).get("a")


def test_an_unknown_protocol_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="file"):
        open_store("far", {"protocol": "ftpx"})
