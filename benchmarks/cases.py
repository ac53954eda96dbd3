"""All benchmarks by name."""

from __future__ import annotations

from benchmarks import (
    bench_algebra,
    bench_backup,
    bench_blobs,
    bench_cascade,
    bench_compile,
    bench_declare,
    bench_fetch,
    bench_fetch1,
    bench_history,
    bench_import,
    bench_insert,
    bench_jobs,
    bench_migrate,
    bench_open,
    bench_populate,
    bench_restrict,
    bench_s3,
    bench_stores,
    bench_stream,
    bench_web,
)
from benchmarks.case import Case

_FILES = (
    bench_import,
    bench_declare,
    bench_open,
    bench_compile,
    bench_insert,
    bench_fetch,
    bench_fetch1,
    bench_restrict,
    bench_algebra,
    bench_blobs,
    bench_stores,
    bench_s3,
    bench_cascade,
    bench_history,
    bench_migrate,
    bench_populate,
    bench_jobs,
    bench_stream,
    bench_backup,
    bench_web,
)
CASES: dict[str, Case] = {case.name: case for file in _FILES for case in file.CASES}


def chosen(words: list[str]) -> list[Case]:
    """The cases whose names begin with one of `words`; all without any."""
    found = [case for name, case in CASES.items() if not words or any(name.startswith(word) for word in words)]
    if not found:
        raise SystemExit(f"There is no benchmark {' or '.join(words)}. There are: {', '.join(CASES)}.")
    return found
