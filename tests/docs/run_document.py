"""Run the Python blocks of a Markdown document, from top to bottom, as one session.

    python run_document.py README.md

* A fenced block in ``python`` is run; ``{.python .no-run}`` is not. Other languages are not.
* A block in ``text`` is what the Python block before it prints, to the letter.

The lines of a traceback are those of the document.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import linecache
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<info>.*)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    line: int
    words: tuple[str, ...]
    text: str

    @property
    def is_run(self) -> bool:
        return self.words[:1] == ("python",) and "no-run" not in self.words

    @property
    def is_output(self) -> bool:
        return self.words == ("text",)


def blocks(document: str) -> Iterator[Block]:
    """Yield the fenced blocks; a fence that is not closed is an error."""
    lines = enumerate(document.splitlines(), start=1)
    for number, line in lines:
        if fence := FENCE.fullmatch(line):
            text = []
            for _, inner in lines:
                if inner.strip() == fence["fence"]:
                    break
                text.append(inner)
            else:
                raise SystemExit(f"line {number}: this block is not closed")
            yield Block(number, tuple(re.findall(r"[\w-]+", fence["info"])), textwrap.dedent("\n".join(text)))


def session(path: Path) -> ModuleType:
    """Return a new main module whose source is the document."""
    module = ModuleType("__main__")
    module.__file__ = str(path)
    sys.modules["__main__"] = module
    return module


def source_lines(found: list[Block], count: int) -> list[str]:
    """Return the lines of the document with all that is not run left blank, for those who ask for the source."""
    lines = ["\n"] * count
    for block in found:
        if block.is_run:
            code = [f"{line}\n" for line in block.text.splitlines()]
            lines[block.line : block.line + len(code)] = code
    return lines


def run(block: Block, module: ModuleType) -> str:
    """Run a block and return what it prints."""
    printed = io.StringIO()
    code = compile("\n" * block.line + block.text, str(module.__file__), "exec", dont_inherit=True)
    with contextlib.redirect_stdout(printed):
        exec(code, module.__dict__)
    return printed.getvalue()


def difference(expected: str, printed: str) -> str:
    """Return how the printed text differs; blanks at the end of a line do not count."""
    old, new = ([line.rstrip() for line in text.rstrip().splitlines()] for text in (expected, printed))
    return "\n".join(difflib.unified_diff(old, new, "in the document", "printed", lineterm=""))


def run_document(path: Path) -> None:
    """Run all blocks; the first that prints something else ends the run."""
    document = path.read_text(encoding="utf-8")
    found = list(blocks(document))
    module = session(path)
    linecache.cache[str(path)] = (len(document), None, source_lines(found, document.count("\n") + 1), str(path))
    printed: str | None = None
    for block in found:
        if block.is_run:
            printed = run(block, module)
        elif block.is_output:
            if printed is None:
                raise SystemExit(f"{path}, line {block.line}: no block has been run whose output this could be")
            if wrong := difference(block.text, printed):
                raise SystemExit(f"{path}, line {block.line}: the output differs\n{wrong}")
            printed = None


if __name__ == "__main__":
    run_document(Path(sys.argv[1]).resolve())
