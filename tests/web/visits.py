"""What holds on every page that a test visits."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response, WebSocket, expect
from tests.web import axe
from tests.web.chromium import HEIGHTS

PICTURES = Path(__file__).parents[2] / "docs" / "images" / "web"
WATCH = """addEventListener("securitypolicyviolation", event => __violated(
    `${event.effectiveDirective} forbids ${event.blockedURI}`
    + (event.sourceFile ? ` (${event.sourceFile}:${event.lineNumber})` : "")
    + (event.sample ? `: ${event.sample}` : "")));"""

WIDER = """() => {
    const root = document.documentElement, width = root.clientWidth;
    if (root.scrollWidth <= width) return null;
    const out = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > width + 1);
    return `${root.scrollWidth} px of content in ${width} px: `
        + out.slice(0, 5).map(e => e.cloneNode(false).outerHTML.slice(0, 120)).join(" ");
}"""

CROSSED = """() => {
    const seen = [...document.querySelectorAll(".top :is(a, input, button)")].map(e => [e, e.getBoundingClientRect()]);
    const cross = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    const found = seen.flatMap(([e, a], i) => seen.slice(i + 1).filter(([, b]) => cross(a, b)).map(([f]) => [e, f]));
    return found.map(pair => pair.map(e => e.outerHTML.slice(0, 80)).join(" and "));
}"""

NO_MATTER = (
    r"^Failed to load resource",  # answers are looked at themselves
    r"GPU stall due to ReadPixels",  # WebGL without a graphics card
    r"Automatic fallback to software WebGL",
)
INWARD = {"data", "blob", "about"}


class Visits:
    """A person's visits to one site, with a page of a browser.

    What must not happen is noted whenever it happens, and said by :meth:`check`, which :meth:`open` calls as well; what
    is left over when the test ends fails it too.

    Parameters
    ----------
    page : Page
    site : str
        The address of the site.
    pictures : Path
        The folder of screenshots that nobody asked for.
    """

    patience = 30.0
    """Seconds that a page has to come to rest, or something to go wrong that is expected."""

    def __init__(self, page: Page, site: str, pictures: Path) -> None:
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        self.pictures = PICTURES if os.environ.get("LABWRIGHT_SCREENSHOTS") else pictures
        self._listen()

    def _listen(self) -> None:
        context = self.page.context
        context.expose_binding("__violated", lambda _, said: self._complain(f"content security policy: {said}"))
        context.add_init_script(WATCH)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._complain(f"uncaught: {error.error}"))
        context.on("request", lambda request: self._on_address(request.url))
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)
        context.on("page", lambda page: page.on("websocket", self._on_socket))
        self.page.on("websocket", self._on_socket)

    def _complain(self, said: str) -> None:
        self.complaints.append(said)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(re.search(p, message.text) for p in NO_MATTER):
            self._complain(f"console {message.type}: {message.text}")

    def _on_address(self, url: str) -> None:
        there, home = urlsplit(url), urlsplit(self.site)
        if there.scheme not in INWARD and there.netloc != home.netloc:
            self._complain(f"leaves the origin: {url}")

    def _on_socket(self, socket: WebSocket) -> None:
        self._on_address(socket.url)

    def _on_failure(self, request: Request) -> None:
        # The page itself aborts what it no longer needs, as every page does when it is left
        if request.failure != "net::ERR_ABORTED":
            self._complain(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(f"answered {response.status}: {response.request.method} {response.url}")

    def open(self, path: str = "/", status: int = 200) -> Response:
        """Visit a page of the site, which is to answer with this status, and check it."""
        if status >= 400:
            with self.expecting(rf"^answered {status}: GET {re.escape(urljoin(self.site, path))}"):
                return self._go(path, status)
        return self._go(path, status)

    def _go(self, path: str, status: int) -> Response:
        response = self.page.goto(urljoin(self.site, path))
        assert response is not None, f"{path} is the page that is open already"
        assert response.status == status, f"{path} answered {response.status}"
        self.check(but=f"^answered {status}:" if status >= 400 else None)
        return response

    def check(self, but: str | None = None) -> None:
        """Wait until the page is at rest and say everything that is wrong with it."""
        self.rest()
        self.complaints += [*self._overflow(), *axe.findings(self.page)]
        said = [complaint for complaint in self.complaints if but is None or not re.search(but, complaint)]
        self.complaints = [complaint for complaint in self.complaints if complaint not in said]
        assert not said, f"{self.page.url}\n" + "\n".join(said)

    def look(self, path: str, status: int = 200) -> None:
        """Visit a page, which has one title, and look at it from all sides."""
        self.open(path, status)
        assert self.page.locator("h1").count() == 1
        self.look_around()

    def look_around(self) -> None:
        """Check what is there in windows of all widths, in light and dark; then all is as it was."""
        before = self.page.viewport_size
        for width, height in HEIGHTS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.check()
            self.page.emulate_media(color_scheme="dark")
            self.rest()
            found = axe.findings(self.page, "color-contrast")
            assert not found, "\n".join([f"{self.page.url}, {width} px, dark", *found])
            self.page.emulate_media(color_scheme="light")
        if before is not None:
            self.page.set_viewport_size(before)

    def rest(self) -> None:
        """Wait until nothing on the page says that it is busy, and what it has drawn is seen."""
        self.page.wait_for_load_state("load")
        expect(self.page.locator('[aria-busy="true"]')).to_have_count(0, timeout=self.patience * 1000)
        self.page.evaluate("() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => 0)")

    def _overflow(self) -> list[str]:
        wider: Any = self.page.evaluate(WIDER)
        crossed: Any = self.page.evaluate(CROSSED)
        return [
            *([f"wider than the window: {wider}"] if wider else []),
            *(f"one above the other: {c}" for c in crossed),
        ]

    @contextmanager
    def expecting(self, pattern: str) -> Iterator[None]:
        """Expect that something goes wrong which this regular expression finds; that it does not is wrong, too."""
        yield
        for _ in range(int(self.patience * 20)):
            if any(re.search(pattern, complaint) for complaint in self.complaints):
                break
            self.page.wait_for_timeout(50)
        else:
            raise AssertionError(f"nothing went wrong as expected ({pattern}), but: {self.complaints}")
        self.complaints = [complaint for complaint in self.complaints if not re.search(pattern, complaint)]

    def end(self) -> None:
        """Say what went wrong since the last check."""
        if not self.page.is_closed():
            self.page.evaluate("0")  # what the browser has already told arrives before the answer
        assert not self.complaints, "\n".join(self.complaints)

    def screenshot(self, name: str, full_page: bool = False) -> Path:
        """Take a picture, for the documentation with LABWRIGHT_SCREENSHOTS=1, and else for the test's folder."""
        self.page.evaluate("scrollTo(0, 0)")
        self.rest()
        path = self.pictures / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=full_page, animations="disabled", caret="hide", scale="css")
        return path
