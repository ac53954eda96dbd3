"""Whatever somebody writes, what comes out is harmless HTML."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from labwright.web.pages.markdown import ATTRIBUTES, FAR, TAGS, note

PIECES = st.sampled_from(
    [
        *(
            "a",
            " ",
            "\n",
            "\n\n",
            "# ",
            "- ",
            "> ",
            "    ",
            "**",
            "_",
            "`",
            "```\n",
            "|a|b|\n",
            "|-|-|\n",
            "[",
            "](",
            ")",
        ),
        *(
            "![",
            "<",
            ">",
            "</",
            "script",
            "<script>",
            "</script>",
            "<img src=x onerror=x>",
            "<svg onload=x>",
            "<style>",
        ),
        *("javascript:", "JAVASCRIPT&colon;", "data:text/html,", "vbscript:", "alert(1)", '"', "'", "&quot;", "&#x3C;"),
        *("&lt;", "\\", "onmouseover=", "[[lab.Mouse/3]]", '[[lab.Mouse/"><b onclick=x>]]', "attachment:1", "\u202e"),
        *("attachment:2", "attachment:9", "https://x.y/", "//evil", "/logout", "<https://x.y>", "<javascript:x>"),
        *("[x]: javascript:x\n", "<!--", "-->", "<![CDATA[", "]]>", "\ufeff"),
    ]
)


class Looking(HTMLParser):
    """Refuses what must not be there."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES.get(tag, set()) | {"rel"}, (tag, name)
            if name in ("href", "src"):
                assert value is not None
                ours = value.startswith(("/t/", "/files/"))
                assert ours or (name == "href" and value.lower().startswith(FAR)), value

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_nothing_harmful_comes_out(text: str) -> None:
    def row(table: str, key: str) -> tuple[str, str] | None:
        return (f"/t/{table}/{key}", f'Mouse "{key}" <b>')

    def file(number: int) -> tuple[str, bool] | None:
        return (f"/files/{number}", number == 1) if number < 3 else None

    Looking().feed(note(text, row, file))
