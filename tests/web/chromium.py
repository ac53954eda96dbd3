"""The browser of the system, driven by playwright."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright
from tests.conftest import go_without

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--disable-quic",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
PATIENCE = 30
"""Seconds that a page has for what is expected of it, on a machine with other work."""
HEIGHTS = {390: 844, 1440: 900}


def executable() -> str:
    """Find Chromium; LABWRIGHT_TEST_CHROMIUM names another one."""
    found = os.environ.get("LABWRIGHT_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return found or go_without("there is no Chromium: scripts/setup installs it on Debian")


@contextmanager
def launched() -> Iterator[Browser]:
    """Start a browser that asks nobody but this machine for anything.

    playwright leaves its event loop marked as running, in which nobody else in this thread could run one of his own. So
    the mark is taken away here and only set while a page is in use (:func:`driving`).
    """
    program = executable()
    expect.set_options(timeout=PATIENCE * 1000)
    switches = [*SWITCHES, "--no-sandbox"] if os.geteuid() == 0 else list(SWITCHES)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=switches)
        loop = asyncio.get_running_loop()
        asyncio.events._set_running_loop(None)
        LOOPS[id(browser)] = loop
        yield browser
        asyncio.events._set_running_loop(LOOPS.pop(id(browser)))
        browser.close()


LOOPS: dict[int, asyncio.AbstractEventLoop] = {}
"""The event loop of each browser."""


@contextmanager
def driving(browser: Browser) -> Iterator[None]:
    """Make the event loop of the browser the running one."""
    asyncio.events._set_running_loop(LOOPS[id(browser)])
    try:
        yield
    finally:
        asyncio.events._set_running_loop(None)


def new_context(browser: Browser, width: int, scheme: str) -> BrowserContext:
    """Return a person with an empty browser; what a page looks like depends on nothing but what is given."""
    return browser.new_context(
        viewport=ViewportSize(width=width, height=HEIGHTS.get(width, 900)),
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
