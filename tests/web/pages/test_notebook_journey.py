"""The lab book in a browser: by keyboard, with a picture that is pasted, in narrow and wide windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from starlette.types import ASGIApp
from tests.backends.classes import table
from tests.backends.stores import opened
from tests.web import seen
from tests.web.conftest import OpenVisits
from tests.web.keyboard import Keyboard
from tests.web.lab import ANA
from tests.web.visits import Visits

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
PASTE = """async (element) => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 120});
    const drawing = canvas.getContext("2d");
    for (const [x, shade] of [[20, "#333"], [120, "#777"], [220, "#111"]]) {
        drawing.fillStyle = shade;
        drawing.fillRect(x, 40, 70, 12);
    }
    const blob = await new Promise(done => canvas.toBlob(done, "image/png"));
    const data = new DataTransfer();
    data.items.add(new File([blob], "gel.png", {type: "image/png"}));
    element.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def notebook(database_url: str, tmp_path: Path) -> Iterator[Notebook]:
    with opened(database_url, tmp_path) as project:
        mouse = table(lw.Schema("lab", connection=project), "Mouse", "mouse : int32\n---\nname : varchar(20)")
        mouse.insert([(3, "Ida"), (4, "Bo")])
        yield Notebook(project=project)


@pytest.fixture
def lab(notebook: Notebook, serve: Callable[[ASGIApp], str], visits: OpenVisits) -> Visits:
    """Somebody who visits it."""
    return visits(serve(create_app(Site({"lab": Workspace(notebook.schema.project)}), ANA)))


def test_an_entry_from_paste_to_signature_by_keyboard(lab: Visits, notebook: Notebook) -> None:
    keys, page = Keyboard(lab), lab.page
    keys.open("/notebook")
    keys.follow("link", "New entry")
    keys.skip()
    keys.fill("Title", "Three lanes")
    keys.press("Enter")
    lab.check()
    keys.skip()
    keys.to("textbox", "Text")
    page.keyboard.type("All lanes of ")
    keys.to("combobox", "Table")
    page.keyboard.type("lab.M")
    keys.fill("Key", "Id", role="combobox")
    expect(page.locator("#found option")).to_have_count(1)
    keys.type("3")
    keys.to("button", "Insert into the text")
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Text")).to_be_focused()
    page.keyboard.type(" have a band.\n\n")
    page.locator(".CodeMirror").evaluate(PASTE)
    expect(page.get_by_role("main").get_by_role("status")).to_have_text("Kept on the server, not saved yet.")
    assert notebook.page(1).text == ""
    lab.open("/notebook/1/edit?again")
    expect(page.get_by_text("did not save")).to_be_visible()
    expect(page.locator(".CodeMirror")).to_contain_text("[[lab.Mouse/3]] have a band.")
    lab.screenshot("notebook-write")
    keys.skip()
    keys.to("button", "Preview")
    keys.press("Enter")
    expect(page.get_by_role("article", name="Preview").get_by_role("link", name="Mouse 3")).to_be_visible()
    lab.check()
    keys.press("Enter")
    keys.to("textbox", "Text", back=True)
    keys.press("Tab")  # out of the editor, to the button
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    keys.press("Enter")
    lab.check()
    assert notebook.page(1).text == "All lanes of [[lab.Mouse/3]] have a band.\n\n![gel.png](attachment:1)\n"
    expect(page.get_by_role("img", name="gel.png")).to_have_js_property("naturalWidth", 320)
    expect(page.get_by_role("article").get_by_role("link", name="Mouse 3")).to_be_visible()
    keys.skip()
    keys.fill("Comment", "The third is *weak*, @ben.")
    keys.follow("button", "Comment")
    keys.skip()
    keys.follow("button", "Lock")
    keys.skip()
    keys.fill("Why", "not finished")
    keys.follow("button", "Unlock")
    keys.skip()
    keys.follow("link", "Sign")
    keys.skip()
    keys.follow("button", "Sign")
    expect(page.locator("#signatures + ul")).to_contain_text("Ana Silva (ana), author")
    lab.screenshot("notebook-entry", full_page=True)
    keys.skip()
    keys.follow("link", "Verify")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("The entry is what was signed")
    keys.open("/notebook/1")
    with page.expect_download() as kept:
        keys.to("link", "PDF")
        keys.press("Enter")
    assert Path(kept.value.path()).read_bytes().startswith(b"%PDF")
    lab.open("/notebook")
    lab.screenshot("notebook")


def test_nothing_is_wrong_with_any_page_of_it(lab: Visits, notebook: Notebook, gel: Path) -> None:
    text = "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> q\n\n```\n" + "x" * 200 + "\n```\n\n![gel](attachment:1)"
    notebook.write("A gel with a rather long title, which goes on", text, author="ana", files=[gel])
    notebook.sign(1, "ana", "Ana Silva")
    notebook.write("Another", text, author="ana", amends=1)
    notebook.comment(2, "well", "ben")
    notebook.Entry.update1({"entry": 2, "text": "x"})
    notebook.write("Locked", author="ana")
    notebook.lock(3, "ana")
    keys = Keyboard(lab)
    for path in seen.BOOK:
        lab.look(path)
        lab.page.goto(lab.site + path)
        keys.walk()


@pytest.fixture
def gel(tmp_path: Path) -> Path:
    path = tmp_path / "gel of today.txt"
    path.write_text("two bands")
    return path
