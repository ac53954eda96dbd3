"""Somebody who has a keyboard and no mouse."""

from __future__ import annotations

import re
from typing import Any, Literal

from playwright.sync_api import Locator
from tests.web.visits import Visits

Role = Literal["button", "checkbox", "combobox", "link", "radio", "searchbox", "textbox", "region", "gridcell"]
Kind = Role | Literal["summary"]
FOCUS = """() => {
    const e = document.activeElement;
    if (!e || e === document.body) return {told: "nothing", wrong: ""};
    const told = e.outerHTML.slice(0, 120), box = e.getBoundingClientRect();
    const ringed = [e, e.closest(".CodeMirror-focused")].filter(Boolean).map(getComputedStyle)
        .some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
    const isSeen = box.width > 3 && box.height > 3 && box.right > 0 && box.bottom > 0
        && box.left < innerWidth && box.top < innerHeight;
    const wrong = [isSeen || "is not in sight", ringed || e.id === "main" || "shows no focus"];
    return {told, isTop: e.matches("a.skip"), wrong: wrong.filter(text => text !== true).join(", ")};
}"""
STOPS = 250
"""So many times Tab is pressed before it is said that something does not let go of the keyboard."""


class Keyboard:
    """The hands of somebody at a page: they go to what they want by Tab, and see at each stop where they are.

    Parameters
    ----------
    lab : Visits
    """

    def __init__(self, lab: Visits) -> None:
        self.lab = lab
        self.page = lab.page

    def open(self, path: str) -> None:
        """Visit a page, and skip what stands at the top of each."""
        self.lab.open(path)
        self.skip()

    def skip(self) -> None:
        """The first stop of a page leads to its content; where a form leads to a page, it may begin there already."""
        self.press("Tab")
        if self.page.url.endswith("#main"):
            return
        assert self._seen()["isTop"], f"the first stop is {self._seen()['told']}"
        self.press("Enter", "Tab")
        assert self.page.evaluate("() => document.activeElement.closest('#main') !== null"), self._seen()["told"]

    def walk(self) -> int:
        """Go through the whole page by Tab, from its top and back to it: so many stops, in order, and each is seen."""
        assert not self.page.evaluate("document.querySelectorAll('[tabindex]').values().some(e => e.tabIndex > 0)")
        stops, tops, told = 0, 0, ""
        while tops < 2:
            assert stops < STOPS, f"{self.page.url}: the keyboard does not get out of {told}"
            self.press("Tab")
            seen = self._seen()
            told = seen["told"]
            tops += seen.get("isTop", False)
            stops += 1
        return stops

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type in place of what is there."""
        self.press("Control+a")
        self.page.keyboard.type(text)

    def to(self, role: Kind, name: str | re.Pattern[str], back: bool = False) -> Locator:
        """Go to something by Tab, or by Shift+Tab, wherever the page is left at its end for its beginning."""
        wanted = self._named(role, name).and_(self.page.locator(":focus"))
        passed: list[str] = []
        tops = 0
        while not wanted.count():
            assert tops < 2, f"{role} {name!r} is not reached, but: {passed}"
            assert len(passed) < STOPS, f"the keyboard does not get out of {passed[-1]}"
            self.press("Shift+Tab" if back else "Tab")
            seen = self._seen()
            passed.append(seen["told"])
            tops += seen.get("isTop", False)
        assert not self._seen()["wrong"], self._seen()
        return wanted

    def _named(self, role: Kind, name: str | re.Pattern[str]) -> Locator:
        if role == "summary":  # what opens and closes something has no role that all browsers know
            return self.page.locator("summary").filter(has_text=name)
        return self.page.get_by_role(role, name=name, exact=isinstance(name, str))

    def follow(self, role: Kind, name: str | re.Pattern[str]) -> None:
        """Go to a link or a button, press it, and look at what comes."""
        self.to(role, name)
        self.press("Enter")
        self.lab.check()

    def fill(self, name: str | re.Pattern[str], text: str, role: Kind = "textbox") -> None:
        """Go to a field and type in it."""
        self.to(role, name)
        self.type(text)

    def _seen(self) -> dict[str, Any]:
        """Where the keyboard is, which is to be seen at each stop."""
        seen: dict[str, Any] = self.page.evaluate(FOCUS)
        assert not seen["wrong"], f"{self.page.url}: {seen['told']} {seen['wrong']}"
        return seen
