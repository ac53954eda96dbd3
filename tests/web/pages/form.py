"""Forms as a browser without scripts sees them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from starlette.testclient import TestClient

ORIGIN = "http://127.0.0.1"


class Filled(HTMLParser):
    """What the fields of the forms of a page hold, and its texts of errors."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.told: list[str] = []
        self._area = self._select = ""
        self._depth = self._hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._hidden += tag == "template"
        if self._hidden:
            return
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "input" and name and (kind not in ("checkbox", "radio", "file") or "checked" in given):
            self.values[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.values):
            self.values[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area, self.values[name] = name, ""
        if self._depth:
            self._depth += tag in ("p", "div", "span")
        elif given.get("role") in ("alert", "status") or given.get("class") == "wrong":
            self._depth = 1
            self.told.append("")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "template"
        if tag in ("select", "textarea"):
            self._select = self._area = ""
        self._depth -= bool(self._depth) and tag in ("p", "div", "span")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._area:
            self.values[self._area] += data.removeprefix("\n") if not self.values[self._area] else data
        if self._depth:
            self.told[-1] += data


class Visitor:
    """Somebody whose browser runs no scripts."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self.where = ""
        self.status = 0
        self.page = ""
        self.values: dict[str, str] = {}

    def open(self, path: str) -> Visitor:
        """Go to a page."""
        return self._see(self._client.get(path))

    def press(self, button: str, files: Any = None, **typed: str) -> Visitor:
        """Type something, and press a button of the form."""
        action = self.where.partition("?")[0]
        return self._see(self._client.post(action, data={**self.values, **typed, ".do": button}, files=files))

    def send(self, files: Any = None, **typed: str) -> Visitor:
        """Type something, and save."""
        return self.press("save", files, **typed)

    def _see(self, answer: Any) -> Visitor:
        parts = urlsplit(str(answer.url))
        self.where = parts.path + (f"?{parts.query}" if parts.query else "")
        self.status, self.page = answer.status_code, answer.text
        found = Filled(answer.text)
        self.values, self.told = found.values, [" ".join(text.split()) for text in found.told if text.strip()]
        return self


def visitor(client: TestClient) -> Visitor:
    """Somebody at the app."""
    return Visitor(client)
