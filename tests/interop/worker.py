"""The other side of `Peer`: reads code, runs it beside DataJoint, and answers with what its last line gives.

It runs on the Python of the peer, which has neither Labwright nor pytest.
"""

from __future__ import annotations

import ast
import io
import itertools
import linecache
import os
import pickle
import struct
import sys
import traceback
import types
import warnings
from typing import Any

warnings.simplefilter("ignore")


def load() -> Any:
    """DataJoint, connected to the server of the environment; it asks nobody."""
    import datajoint as dj  # type: ignore[import-not-found]  # installed elsewhere

    if dj.__version__ < "2":
        for name, variable in (("host", "HOST"), ("user", "USER"), ("password", "PASS")):
            dj.config[f"database.{name}"] = os.environ[f"DJ_{variable}"]
        dj.config["database.port"] = int(os.environ["DJ_PORT"])
        dj.config["database.use_tls"] = False  # what it asks for by default is refused by a driver of today
        dj.config["enable_python_native_blobs"] = True
    dj.config["safemode"] = False
    return dj


def fresh(dj: Any) -> dict[str, Any]:
    """A module's namespace with nothing but DataJoint in it."""
    module = types.ModuleType("told")
    sys.modules["told"] = module
    vars(module)["dj"] = dj
    return vars(module)


def run(code: str, namespace: dict[str, Any], number: int) -> Any:
    """Run statements and return the value of the last one, when that is an expression."""
    name = f"<told {number}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    tree = ast.parse(code, name)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        exec(compile(tree, name, "exec"), namespace)
        return None
    last = ast.Expression(tree.body[-1].value)
    exec(compile(ast.Module(tree.body[:-1], []), name, "exec"), namespace)
    return eval(compile(last, name, "eval"), namespace)


class Pickler(pickle.Pickler):
    """Sends as bytes what PostgreSQL's driver gives as memory of its own."""

    def reducer_override(self, value: Any) -> Any:
        return (bytes, (bytes(value),)) if isinstance(value, memoryview) else NotImplemented


def packed(answer: Any) -> bytes:
    """An answer as it is sent."""
    buffer = io.BytesIO()
    Pickler(buffer, protocol=4).dump(answer)
    return buffer.getvalue()


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what DataJoint prints goes to the errors
    sys.stdout = io.TextIOWrapper(io.BytesIO())
    dj = load()
    namespace = fresh(dj)
    for number in itertools.count():
        head = sys.stdin.buffer.read(8)
        if len(head) < 8:
            return
        code, values = pickle.loads(sys.stdin.buffer.read(*struct.unpack("<q", head)))
        if code == "__forget__":
            namespace, code = fresh(dj), ""
        namespace.update(values)
        try:
            answer = packed((run(code, namespace, number), None))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the other side's
            told = (type(error).__name__, str(error), traceback.format_exc())
            answer = packed((None, told))
        answers.write(struct.pack("<q", len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    main()
