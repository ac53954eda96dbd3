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
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), name, "eval"), namespace) if last else None


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
            answer = pickle.dumps((run(code, namespace, number), None), protocol=4)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the other side's
            told = (type(error).__name__, str(error), traceback.format_exc())
            answer = pickle.dumps((None, told), protocol=4)
        answers.write(struct.pack("<q", len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    main()
