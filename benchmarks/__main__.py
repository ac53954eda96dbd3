"""``python -m benchmarks [names] [--quick] [--database sqlite] [--runs 5] [--no-peer]``.

Servers are those of LABWRIGHT_TEST_POSTGRES and LABWRIGHT_TEST_MYSQL; ``scripts/benchmark`` starts them. A database
without address is left out. A name stands for all benchmarks that begin with it: ``fetch_dicts``, ``insert``.
"""

from __future__ import annotations

import argparse
import os

from benchmarks.case import DATABASES
from benchmarks.cases import chosen
from benchmarks.measure import measure
from benchmarks.report import HEAD, line, machine

ADDRESSES = {"postgres": "LABWRIGHT_TEST_POSTGRES", "mysql": "LABWRIGHT_TEST_MYSQL"}


def main() -> None:
    args = _arguments()
    urls = {d: os.environ.get(ADDRESSES[d]) if d in ADDRESSES else None for d in args.database}
    print(machine(), "", HEAD, sep="\n", flush=True)
    for case in chosen(args.names):
        for database, url in urls.items():
            if database in case.databases and (url or database == "sqlite"):
                found = measure(case, database, url, runs=args.runs, quick=args.quick, peer=not args.no_peer)
                print(line(found), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Labwright beside the driver and DataJoint"
    )
    parser.add_argument("names", nargs="*", help="beginnings of names; all without any")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, to see that it runs")
    parser.add_argument("--database", action="append", choices=DATABASES, help="may be given again; all without any")
    parser.add_argument("--runs", type=int, default=5, help="turns that count")
    parser.add_argument("--no-peer", action="store_true", help="leave DataJoint out")
    args = parser.parse_args()
    args.database = args.database or list(DATABASES)
    return args


if __name__ == "__main__":
    main()
