"""What somebody has to be allowed for each address of the app.

An address that is not here fails a test: whoever adds one says here who may use it, and what a request for it sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route

from labwright.web.api.app import create_api
from labwright.web.app import page_routes
from labwright.web.roles.role import Verb
from labwright.web.site import Site


class Need(StrEnum):
    """What it takes to use an address, beside a right to a table."""

    NOTHING = "nobody has to log in"
    LOGIN = "everybody who has logged in; it shows and changes what is theirs"
    LENT = "the same; to a program all that is theirs has to be lent"
    SERVER = "those who administer the server"
    OTHER = "something else decides, which is tried where it is tested itself"


@dataclass(frozen=True)
class Use:
    """A use of an address.

    Parameters
    ----------
    need : Need or Verb
        A verb is one on the table.
    query : str
        What stands behind the address.
    form : mapping
        What a page is sent.
    json : object
        What the API is sent.
    table : str
        The table that stands in the address.
    fill : mapping
        What else stands in the address.
    content : tuple of str and bytes
        The kind of what the API is sent, and it.
    """

    need: Need | Verb
    query: str = field(default="", kw_only=True)
    form: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    table: str = "Mouse"
    fill: Mapping[str, str] = field(default_factory=dict)
    content: tuple[str, bytes] | None = None

    @property
    def is_of_table(self) -> bool:
        """Whether it is a right to a table that counts."""
        return isinstance(self.need, Verb)


READ, INSERT, UPDATE, DELETE = (Use(verb) for verb in (Verb.READ, Verb.INSERT, Verb.UPDATE, Verb.DELETE))
SIGN = Use(Verb.SIGN)
STEER = Use(Verb.POPULATE, table="Score")
LOOK_AT_JOBS = Use(Verb.READ, table="Score")
MINE, SERVER, OPEN, OTHER = Use(Need.LOGIN), Use(Need.SERVER), Use(Need.NOTHING), Use(Need.OTHER)
ROW = {"mouse": 900, "name": "x", "arrival": "2026-01-01"}
WORKER = "00000000-0000-0000-0000-000000000000"
JOB = {"id": 1, "token": 1, "worker": WORKER}
ASKED = Use(Need.LOGIN, json={"query": {"op": "table", "table": "lab.Mouse"}})
CHANGE = {"where": [{"equal": {"mouse": 1}}], "attribute": "name", "value": "y"}
FORM = {"mouse": "900", "name": "x", "arrival": "2026-01-01"}

PAGES: Mapping[str, Use] = {
    "GET /": MINE,
    "GET /tables": MINE,
    "GET /search": MINE,
    "GET /diagram": MINE,
    "GET /diagram/picture": MINE,
    "GET /events": MINE,
    "GET /about/{table}": READ,
    "GET /t/{table}": READ,
    "GET /ask/{table}": READ,
    "GET /count/{table}": READ,
    "GET /facets/{table}": READ,
    "GET /export/{table}": READ,
    "GET /t/{table}/{key}": READ,
    "GET /history/{table}/{key}": READ,
    "GET /sign/{table}/{key}": SIGN,
    "POST /sign/{table}/{key}": SIGN,
    "POST /stamp/{table}/{key}": SIGN,
    "GET /verify/{table}/{key}": READ,
    "GET /pick/{table}/{name}": READ,
    "GET /find/{table}/{name}": READ,
    "POST /find/{table}/{name}": READ,
    "GET /new/{table}": INSERT,
    "POST /new/{table}": Use(Verb.INSERT, FORM),
    "GET /edit/{table}/{key}": UPDATE,
    "POST /edit/{table}/{key}": Use(Verb.UPDATE, {"name": "y"}),
    "GET /delete/{table}/{key}": DELETE,
    "POST /delete/{table}/{key}": DELETE,
    "POST /undo/{change}": MINE,
    "GET /cell/{table}/{key}/{name}": UPDATE,
    "POST /cell/{table}/{key}/{name}": Use(Verb.UPDATE, {"name": "y"}),
    "GET /change/{table}": UPDATE,
    "POST /change/{table}": Use(Verb.UPDATE, {"name": "y"}),
    "GET /remove/{table}": DELETE,
    "POST /remove/{table}": DELETE,
    "POST /draft/{table}": Use(Verb.READ, FORM),
    "POST /draft/{table}/{key}": Use(Verb.READ, {"name": "y"}),
    "POST /views/{table}": Use(Verb.READ, {"name": "mine"}),
    "POST /views/{table}/pin": READ,
    "POST /views/{table}/drop": READ,
    "GET /jobs": MINE,
    "GET /jobs/{table}": LOOK_AT_JOBS,
    "POST /launch/{table}": STEER,
    "POST /stop/{table}": STEER,
    "POST /retry/{table}": STEER,
    "POST /retry-kind/{table}": STEER,
    "POST /retry/{table}/{key}": STEER,
    "POST /ignore/{table}/{key}": STEER,
    "POST /clear/{table}": STEER,
    "GET /explain/{table}": LOOK_AT_JOBS,
    "GET /explain/{table}/{key}": LOOK_AT_JOBS,
    "GET /stale/{table}": STEER,
    "POST /stale/{table}": STEER,
    "GET /admin": SERVER,
    "POST /admin": SERVER,
    "GET /admin/people": SERVER,
    "POST /admin/people": SERVER,
    "GET /admin/people/{name}": SERVER,
    "POST /admin/people/{name}": SERVER,
    "POST /admin/people/{name}/deactivate": SERVER,
    "POST /admin/people/{name}/activate": SERVER,
    "POST /admin/people/{name}/password": SERVER,
    "POST /admin/people/{name}/second-factor/off": SERVER,
    "POST /admin/people/{name}/sessions/{session}/end": SERVER,
    "POST /admin/people/{name}/tokens/{token}/revoke": SERVER,
    "POST /admin/people/{name}/view": SERVER,
    "POST /view-as/end": MINE,
    "GET /admin/grants": SERVER,
    "POST /admin/grants": SERVER,
    "POST /admin/grants/take": SERVER,
    "GET /admin/sessions": SERVER,
    "GET /admin/audit": SERVER,
    "GET /admin/backups": SERVER,
    "POST /admin/backups": SERVER,
    "GET /me": MINE,
    "POST /me/password": MINE,
    "POST /me/sessions/end": MINE,
    "POST /me/sessions/{session}/end": MINE,
    "POST /me/tokens": MINE,
    "POST /me/tokens/{token}/revoke": MINE,
    "GET /me/second-factor": MINE,
    "POST /me/second-factor": MINE,
    "POST /me/second-factor/begin": MINE,
    "POST /me/second-factor/codes": MINE,
    "POST /me/second-factor/off": MINE,
    "POST /me/pin": MINE,
    "GET /prove": MINE,
    "POST /prove": MINE,
    "GET /login": OPEN,
    "POST /login": OPEN,
    "POST /login/provider": OPEN,
    "GET /login/back": OPEN,
    "POST /login/rig/end": OPEN,
    "GET /pin": OPEN,
    "POST /pin": OPEN,
    "POST /logout": MINE,
    "GET /invitation/{text}": OPEN,
    "POST /invitation/{text}": OPEN,
    "GET /static/diagram.css": OPEN,
    "GET /notices": MINE,
    "GET /notices/bell": MINE,
    "POST /notices/read": MINE,
    "GET /notices/choose": MINE,
    "POST /notices/choose": MINE,
    "POST /notices/{number}": MINE,
    "GET /plots": MINE,
    "GET /plots/{table}": READ,
    "GET /plot/{name}": MINE,
    "GET /plot/{name}/{key}": MINE,
    "GET /draw/{name}": MINE,
    "GET /draw/{name}/{key}": MINE,
    "GET /preview/{table}/{key}/{attribute}": READ,
    "GET /picture/{table}/{key}/{attribute}": READ,
    "GET /act/{name}": MINE,
    "POST /act/{name}": MINE,
    "GET /act/{name}/{key}": MINE,
    "POST /act/{name}/{key}": MINE,
    "GET /page/{name}": MINE,
    "GET /dashboard/{name}": MINE,
    "GET /file/{table}/{key}/{name}": READ,
    "GET /qr/{table}/{key}.svg": READ,
    **{
        f"GET /notebook{rest}": OTHER
        for rest in ("", "/new", "/rows", "/export/{kind}", *(
            f"/{{entry}}{what}"
            for what in ("", "/edit", "/history", "/sign", "/verify", "/export/{kind}", "/files/{number}/{name}")
        ))
    },
    **{
        f"POST /notebook{rest}": OTHER
        for rest in ("", "/new", *(
            f"/{{entry}}/{what}"
            for what in (
                "comment", "discard", "edit", "files", "files/{number}/remove", "keep", "links", "links/remove", "lock",
                "preview", "restore", "sign", "stamp", "unlock",
            )
        ))
    },
    "GET /import/{table}": INSERT,
    "POST /import/{table}": INSERT,
    "POST /import/{table}/paste": Use(Verb.INSERT, {"text": "mouse\n1"}),
    **{
        f"{method} /import/{{table}}/{{id}}{rest}": INSERT
        for method, rest in (
            ("GET", ""), ("POST", ""), ("GET", "/columns"), ("POST", "/columns"), ("POST", "/source"),
            ("POST", "/check"), ("POST", "/override"), ("POST", "/enter"), ("POST", "/missing"), ("POST", "/discard"),
        )
    },
}  # fmt: skip
API: Mapping[str, Use] = {
    "GET /tables": MINE,
    "GET /tables/{table}": READ,
    "POST /schemas/{schema}/tables": Use(Verb.DECLARE, json={"name": "New", "definition": "new : int32"}),
    "GET /tables/{table}/rows": READ,
    "POST /tables/{table}/rows": Use(Verb.INSERT, json={"rows": [ROW]}),
    "GET /tables/{table}/rows/{key}": READ,
    "PATCH /tables/{table}/rows/{key}": Use(Verb.UPDATE, json={"changes": {"name": "y"}}),
    "DELETE /tables/{table}/rows/{key}": Use(Verb.DELETE, query="confirm=x"),
    "GET /tables/{table}/rows/{key}/losses": READ,
    "GET /tables/{table}/rows/{key}/history": READ,
    "POST /tables/{table}/losses": Use(Verb.READ, json={"where": [{"equal": {"mouse": 1}}]}),
    "POST /tables/{table}/delete": Use(Verb.DELETE, json={"where": [{"equal": {"mouse": 1}}], "confirm": "x"}),
    "GET /bulk/{table}": READ,
    "POST /bulk/{table}": Use(
        Verb.INSERT, content=("application/x-ndjson", b'{"mouse": 900, "name": "x", "arrival": "2026-01-01"}')
    ),
    "POST /query": ASKED,
    "POST /query/fetch": ASKED,
    "POST /query/count": ASKED,
    "GET /content/{table}/{key}/{attribute}": READ,
    "PUT /content/{table}/{key}/{attribute}": READ,  # no table here has what could be sent
    "GET /preview/{table}/{key}/{attribute}": READ,
    "GET /picture/{table}/{key}/{attribute}": READ,
    "GET /tables/{table}/rows/{key}/signatures": READ,
    "GET /tables/{table}/rows/{key}/verify": READ,
    **{
        f"{method} /notebook{rest}": Use(Need.OTHER, json=json)
        for method, rest, json in (
            ("GET", "", None),
            ("POST", "", {"title": "x"}),
            ("GET", "/export/{kind}", None),
            ("GET", "/{entry}", None),
            ("PATCH", "/{entry}", {"changes": {"title": "y"}}),
            ("GET", "/{entry}/history", None),
            ("GET", "/{entry}/verify", None),
            ("GET", "/{entry}/export/{kind}", None),
            ("GET", "/{entry}/files/{number}", None),
            ("DELETE", "/{entry}/files/{number}", None),
            ("POST", "/{entry}/links", {"table": "lab.Mouse", "key": "1"}),
            ("POST", "/{entry}/unlink", {"table": "lab.Mouse", "key": {"mouse": 1}}),
            ("POST", "/{entry}/comments", {"text": "x"}),
            ("POST", "/{entry}/lock", None),
            ("POST", "/{entry}/unlock", {}),
        )
    },
    "POST /notebook/{entry}/files": Use(Need.OTHER, query="name=x", content=("application/octet-stream", b"x")),
    "GET /changes": MINE,
    "GET /search": Use(Need.LOGIN, query="q=m1"),
    "GET /diagram": MINE,
    "GET /diagram.svg": MINE,
    "GET /tables/{table}/count": READ,
    "GET /tables/{table}/facets": READ,
    "GET /tables/{table}/export": READ,
    "GET /tables/{table}/options/{attribute}": Use(Verb.READ, table="Session", fill={"attribute": "mouse"}),
    "POST /tables/{table}/changes": Use(Verb.UPDATE, json=CHANGE),
    "POST /tables/{table}/change": Use(Verb.UPDATE, json={**CHANGE, "confirm": "x"}),
    "GET /tables/{table}/views": READ,
    "PUT /tables/{table}/views/{name}": Use(Need.LENT, json={"query": "sex=F"}),
    "POST /tables/{table}/views/{name}/pin": Use(Need.LENT, json={"owner": "x", "pinned": True}),
    "DELETE /tables/{table}/views/{name}": Use(Need.LENT),
    "GET /notices": Use(Need.LENT),
    "POST /notices/read": Use(Need.LENT, json={}),
    "POST /import/{table}": Use(Verb.INSERT, content=("text/csv", b"mouse,name,arrival\n900,x,2026-01-01\n")),
    "GET /plots": MINE,
    "GET /plots/{name}": MINE,
    "GET /plots/{name}/{key}": MINE,
    "GET /actions": MINE,
    "POST /actions/{name}": Use(Need.LOGIN, json={}),
    "POST /actions/{name}/{key}": Use(Need.LOGIN, json={}),
    "POST /changes/{change}/undo": Use(Need.LOGIN, json={}),
    "GET /jobs": MINE,
    "GET /jobs/{table}": LOOK_AT_JOBS,
    "POST /jobs/{table}/refresh": STEER,
    "GET /jobs/{table}/errors": STEER,
    "POST /jobs/{table}/retry": STEER,
    "POST /jobs/{table}/ignore": Use(Verb.POPULATE, json={"key": {"mouse": 1, "session": 1}}, table="Score"),
    "POST /jobs/{table}/clear": STEER,
    "GET /jobs/{table}/explain/{key}": LOOK_AT_JOBS,
    "GET /jobs/{table}/progress": LOOK_AT_JOBS,
    "GET /jobs/{table}/queue": LOOK_AT_JOBS,
    "GET /jobs/{table}/logs": LOOK_AT_JOBS,
    "POST /jobs/{table}/launch": STEER,
    "POST /jobs/{table}/stop": STEER,
    "GET /jobs/{table}/stale": STEER,
    "POST /jobs/{table}/recompute": Use(Verb.POPULATE, json={"confirm": "x"}, table="Score"),
    "POST /work/{table}/claim": Use(Verb.POPULATE, json={}, table="Score"),
    "POST /work/{table}/renew": Use(Verb.POPULATE, json={"worker": WORKER, "jobs": []}, table="Score"),
    "POST /work/{table}/complete": Use(
        Verb.POPULATE, json={**JOB, "rows": [{"mouse": 1, "session": 1, "score": 1}]}, table="Score"
    ),
    "POST /work/{table}/fail": Use(Verb.POPULATE, json={**JOB, "message": "x"}, table="Score"),
    "POST /work/{table}/release": Use(Verb.POPULATE, json={"worker": WORKER, "jobs": []}, table="Score"),
}
USES: Mapping[str, Use] = {
    **PAGES,
    **{f"{method} /api/v1{path}": use for (method, path), use in ((k.split(" ", 1), u) for k, u in API.items())},
}
FILL = {
    "name": "name", "entry": "1", "kind": "pdf",
    "attribute": "notes", "text": "x", "session": "x", "token": "x", "number": "1", "id": "x",
    "change": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip


def there() -> Iterator[str]:
    """The addresses that the app has, each with its method."""
    for route in page_routes():
        if isinstance(route, Route):
            path = re.sub(r":\w+}", "}", route.path)
            yield from (f"{method} {path}" for method in sorted(route.methods or ()) if method != "HEAD")
    api: FastAPI = create_api(Site({}))
    for path, uses in api.openapi()["paths"].items():
        yield from (f"{method.upper()} /api/v1{path}" for method in uses)


def filled(name: str, use: Use, schema: str, key: str, table: str | None = None) -> tuple[str, str]:
    """The method and the address of a use, with a table and a row in it."""
    method, path = name.split(" ", 1)
    values = {**FILL, "schema": schema, "table": f"{schema}.{table or use.table}", "key": key, **use.fill}
    return method, path.format_map(values) + (f"?{use.query}" if use.query else "")
