"""Every page of the app that a person sees, by where a test looks at it in windows of all widths, in light and dark.

A page that is not here fails a test: whoever adds one says here how to come to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

LAB = (
    "/",
    "/tables",
    "/search",
    "/search?q=m1",
    "/diagram",
    "/diagram?table={s}.Score",
    "/about/{s}.Score",
    "/about/{s}.Mouse",
    "/jobs",
    "/jobs/{s}.Score",
    "/explain/{s}.Score",
    "/explain/{s}.Score?mouse=3&session=1",
    "/explain/{s}.Score/3,1",
    "/stale/{s}.Score",
    "/plots",
    "/plots/{s}.Mouse",
    "/notices",
    "/notices/choose",
    "/admin",
    "/admin/backups",
    "/t/{s}.Mouse",
    "/t/{s}.Mouse?name.has=m1&sort=-weight",
    "/t/{s}.Mouse?weight.ge=heavy",
    "/t/{s}.Mouse?columns=name,weight,sex&before=end",
    "/t/{s}.Mouse?name=nobody",
    "/t/{s}.Session?columns=started,Mouse:name&Mouse:sex=F",
    "/t/{s}.Session.Trial",
    "/facets/{s}.Mouse?sex=F",
    "/change/{s}.Mouse?query=sex=F",
    "/remove/{s}.Mouse?row=1&row=2",
    "/t/{s}.Mouse/1",
    "/t/{s}.Session/1,1",
    "/new/{s}.Mouse",
    "/new/{s}.Session",
    "/find/{s}.Session/mouse?q=m11",
    "/edit/{s}.Mouse/1",
    "/edit/{s}.Session/1,1",
    "/history/{s}.Mouse/1",
    "/sign/{s}.Mouse/1",
    "/verify/{s}.Mouse/1",
    "/delete/{s}.Mouse/1",
    "/import/{s}.Mouse",
    "/import/{s}.Mouse/{i}",
    "/import/{s}.Mouse/{i}/columns",
)
"""Pages of :func:`tests.web.lab.build`; `s` is the schema, `i` an import that was begun."""
EMPTY = ("/", "/tables", "/search?q=m1", "/diagram", "/jobs", "/plots", "/notices", "/notebook", "/t/{s}.Mouse")
"""Pages on which nothing is yet."""
REFUSED = {
    "/t/{s}.Nothing": 404,
    "/t/nothing.Mouse": 404,
    "/t/{s}.Mouse/999": 404,
    "/t/{s}.Mouse/x": 404,
    "/t/{s}.Mouse/1,2": 404,
    "/nothing": 404,
    "/new/{s}.Score": 403,
    "/plots/{s}.Score/1": 404,
}
"""What is not there, or may not be done, and what it answers."""
DECLARED = (
    "/plot/weights",
    "/plot/sessions_of/1",
    "/plots/{s}.Mouse",
    "/page/colony",
    "/dashboard/overview",
    "/act/weigh/1",
    "/act/receive",
    "/t/{s}.Mouse/1",
)
"""What a lab declares in Python, as :func:`tests.web.screens.declared.declare` does."""
HELD = tuple(f"/preview/{{s}}.Scan/1/{name}" for name in ("movie", "trace", "notes", "settings"))
"""What rows hold that is looked into."""
BOOK = tuple(
    f"/notebook{path}"
    for path in ("", "/new", "/new?amends=1", "/1", "/1/verify", "/2", "/2/edit", "/2/sign", "/2/history", "/3")
)
"""Pages of a lab book with three entries."""
OUTSIDE = ("/login", "/pin", "/invitation/text")
"""What somebody sees who has not logged in."""
SHARED = (
    "/me",
    "/me/second-factor",
    "/prove?next=/me",
    *(f"/admin{path}" for path in ("", "/people", "/people/res", "/grants", "/sessions", "/audit", "/backups")),
)
"""What a server has that several share."""
NO_PAGES: Mapping[str, str] = {
    "/ask/{table}": "leads to the grid",
    "/cell/{table}/{key}/{name}": "a cell of the grid",
    "/count/{table}": "a number in the grid",
    "/diagram/picture": "the diagram itself",
    "/draw/{name}": "the data of a plot",
    "/draw/{name}/{key}": "the data of a plot",
    "/events": "a stream",
    "/export/{table}": "a file",
    "/file/{table}/{key}/{name}": "a file",
    "/login/back": "leads on",
    "/notebook/export/{kind}": "a file",
    "/notebook/rows": "rows to link to",
    "/notebook/{entry}/export/{kind}": "a file",
    "/notebook/{entry}/files/{number}/{name}": "a file",
    "/notices/bell": "a part of each page",
    "/pick/{table}/{name}": "what a picker offers",
    "/picture/{table}/{key}/{attribute}": "a picture",
    "/qr/{table}/{key}.svg": "a picture",
    "/static/diagram.css": "a style sheet",
}
"""Addresses that are asked for and are no pages, and what they are."""


def unseen(routes: Iterable[str]) -> list[str]:
    """Those of some routes, such as ``/t/{table}``, that no page here comes to."""
    paths = [path.partition("?")[0] for path in (*LAB, *EMPTY, *DECLARED, *HELD, *BOOK, *OUTSIDE, *SHARED)]
    met = {_met(path, routes) for path in paths}
    return [route for route in routes if route not in met and route not in NO_PAGES]


def _met(path: str, routes: Iterable[str]) -> str | None:
    """The route that a path takes: the one of those it fits that has the most of it in words of its own."""
    return min(_fitting(path, routes), key=lambda route: route.count("{"), default=None)


def _fitting(path: str, routes: Iterable[str]) -> Iterator[str]:
    return (route for route in routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), path))
