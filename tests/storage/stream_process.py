"""Streams into a store and prints by how many kilobytes its memory grew: SETTINGS MEGABYTES."""

from __future__ import annotations

import json
import resource
import sys

from labwright.storage.protocols import open_store


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    store = open_store("cloud", json.loads(sys.argv[1]))
    store.put_stream("warm", [bytes(1024)])
    before = peak()
    store.put_stream("large", (bytes([i % 251]) * 2**20 for i in range(int(sys.argv[2]))))
    print(peak() - before)
