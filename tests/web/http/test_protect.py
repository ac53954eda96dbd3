"""What is let through to the app, and what browsers are told: attacks by other sites, hosts and long bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from labwright.web.http.cookies import Cookie
from labwright.web.http.headers import allow_plots
from labwright.web.http.protect import protect
from labwright.web.http.visitor import next_page

LIMIT = 1000
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(request: Request) -> Response:
    return PlainTextResponse("a page")


def plots(request: Request) -> Response:
    allow_plots(request)
    return PlainTextResponse("plots")


async def form(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def swallowing(request: Request) -> Response:
    """A page that makes something of its own of what goes wrong."""
    try:
        return await form(request)
    except Exception:  # noqa: BLE001 - the point
        return PlainTextResponse("all is well")


def broken(request: Request) -> Response:
    raise RuntimeError("a mistake")


def app(**options: Any) -> Any:
    routes = [
        Route("/", page),
        Route("/plots", plots),
        Route("/form", form, methods=["POST", "PUT", "DELETE", "PATCH"]),
        Route("/swallowing", swallowing, methods=["POST"]),
        Route("/api/v1/rows", form, methods=["POST"]),
        Route("/broken", broken),
    ]
    return protect(
        Starlette(routes=routes), limit=LIMIT, larger={"/api/v1/": 10 * LIMIT}, **{"hosts": ["lab", "[::1]"], **options}
    )


def client(base: str = "http://lab:8421", **options: Any) -> TestClient:
    return TestClient(app(**options), base_url=base, raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/plots", "/missing", "/broken", "/form"])
def test_every_answer_tells_browsers_to_be_strict(path: str) -> None:
    headers = client().get(path).headers
    policy = CSP if path != "/plots" else CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    assert headers["content-security-policy"] == policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "private, no-store"
    assert "access-control-allow-origin" not in headers
    assert "strict-transport-security" not in headers


def test_refusals_are_as_strict() -> None:
    for headers in (
        client().post("/form", headers={"origin": "https://evil.example"}).headers,
        client("http://evil.example").get("/").headers,
        client().post("/form", content=b"x" * (LIMIT + 1)).headers,
    ):
        assert headers["content-security-policy"] == CSP


def test_with_tls_nothing_else_is_used() -> None:
    headers = client("https://lab", is_secure=True).get("/").headers
    assert headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize("base", ["http://lab", "http://lab:8421", "http://LAB", "http://[::1]:8421", "http://lab.:80"])
def test_the_server_answers_to_its_names(base: str) -> None:
    host = base.removeprefix("http://")
    assert client().get("/", headers={"host": host}).text == "a page"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "lab.evil.example", "evil-lab", "lab@evil.example", "lab:80:80", "lab/evil", "lab#", "lab evil",
     "", "*", "127.0.0.1", "lab:x", "lab,evil", "[::2]", "läb"],
)  # fmt: skip
def test_to_other_names_it_does_not(host: str) -> None:
    assert client().get("/", headers={b"host": host.encode()}).status_code == 421


def raw(headers: list[tuple[bytes, bytes]], body: list[bytes], path: str = "/form") -> tuple[int, int]:
    """Ask as no client would; returns the status, and how many pieces of the body were read."""
    sent: list[Any] = []
    left = [*body]

    async def receive() -> Any:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers,
        "scheme": "http", "http_version": "1.1", "server": ("lab", 80), "client": ("10.0.0.1", 5), "root_path": "",
    }  # fmt: skip
    asyncio.run(app()(scope, receive, send))
    assert [m["type"] for m in sent].count("http.response.start") == 1
    return sent[0]["status"], len(body) - len(left)


def test_two_hosts_are_none() -> None:
    assert raw([(b"host", b"lab"), (b"host", b"evil.example")], [b""])[0] == 421
    assert raw([(b"host", b"lab"), (b"host", b"lab")], [b""])[0] == 421
    assert raw([], [b""])[0] == 421


OURS = "http://lab:8421"
COOKIE = {"cookie": "lw_session=x"}


@pytest.mark.parametrize(
    "headers",
    [{"origin": OURS}, {"origin": OURS, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "same-origin"},
     {"origin": "HTTP://LAB:8421"}],
)  # fmt: skip
def test_pages_of_ours_may_change_things(headers: dict[str, str]) -> None:
    assert client().post("/form", headers={**headers, **COOKIE}).text == "0 bytes"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": ""},
        {"origin": "https://evil.example"},
        {"origin": "https://lab:8421"},
        {"origin": "http://lab"},
        {"origin": "http://lab:8422"},
        {"origin": "http://lab:8421.evil.example"},
        {"origin": "http://lab:8421@evil.example"},
        {"origin": "http://evil.example/lab:8421"},
        {"origin": "http://sub.lab:8421"},
        {"origin": "http://lab:99999"},
        {"origin": "http://[lab:8421"},
        {"origin": f"{OURS} https://evil.example"},
        {"origin": f"{OURS}, https://evil.example"},
        {"origin": f"{OURS}/?"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {},
        {"referer": f"{OURS}/"},
        {"x-http-method-override": "GET"},
        {"authorization": "Basic YW5hOnB3"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_of_others_may_not(headers: dict[str, str], method: str) -> None:
    answer = client().request(method, "/form", headers={**headers, **COOKIE}, data=None)
    assert answer.status_code == 403


def test_two_origins_are_none() -> None:
    ours = (b"host", b"lab:8421"), (b"origin", OURS.encode())
    assert raw([*ours], [b""])[0] == 200
    assert raw([*ours, ours[1]], [b""])[0] == 403


def test_other_sites_may_not_where_there_are_no_cookies_either() -> None:
    """The app of one person asks for no login: all that keeps other sites out is what they cannot hide."""
    assert client().post("/form", headers={"origin": "https://evil.example"}).status_code == 403
    assert client().post("/form", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client().post("/form").status_code == 200


def test_a_token_needs_no_origin() -> None:
    for headers in ({}, {"origin": "https://evil.example"}):
        answer = client().post("/form", headers={**headers, "authorization": "Bearer lw_x"})
        assert answer.status_code == 200


def test_the_usual_port_need_not_be_said() -> None:
    assert client("http://lab").post("/form", headers={"origin": "http://lab:80", **COOKIE}).status_code == 200
    assert client("https://lab:443").post("/form", headers={"origin": "https://lab", **COOKIE}).status_code == 200


def test_looking_needs_no_origin() -> None:
    assert client().get("/", headers={"origin": "https://evil.example", **COOKIE}).status_code == 200


def pieces(count: int, size: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * size


@pytest.mark.parametrize("path", ["/form", "/swallowing"])
def test_a_body_beyond_the_limit_is_refused(path: str) -> None:
    for content in (b"x" * (LIMIT + 1), pieces(101, 10)):
        answer = client().post(path, content=content)
        assert answer.status_code == 413
        assert "0.000953674 MB" in answer.text
    for content in (b"x" * LIMIT, pieces(100, 10)):
        assert client().post(path, content=content).text == f"{LIMIT} bytes"


def test_reading_stops_at_the_limit() -> None:
    host = [(b"host", b"lab")]
    assert raw([*host, (b"transfer-encoding", b"chunked")], [b"x" * 400] * 50) == (413, 3)
    assert raw([*host, (b"content-length", b"99999999999999999999999")], [b"x"]) == (413, 0)
    assert raw([*host, (b"content-length", b"5")], [b"x" * 400] * 50) == (413, 3)


@pytest.mark.parametrize("length", [b"-1", b"", b"5, 5", b"0x5", b"+5", b"5.0", "\u0665".encode()])
def test_a_length_that_is_none(length: bytes) -> None:
    assert raw([(b"host", b"lab"), (b"content-length", length)], [b"x"]) == (400, 0)
    assert raw([(b"host", b"lab"), (b"content-length", b"1"), (b"content-length", b"1")], [b"x"]) == (400, 0)


def test_some_addresses_take_more() -> None:
    assert client().post("/api/v1/rows", content=b"x" * 5 * LIMIT).text == "5000 bytes"
    answer = client().post("/api/v1/rows", content=b"x" * 11 * LIMIT)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_cookies_are_named_and_kept_by_what_the_connection_is() -> None:
    response = Response()
    Cookie("session", is_secure=True).write(response, "secret")
    Cookie("session", is_secure=False).write(response, "secret")
    Cookie("session", is_secure=True).clear(response)
    secure, plain, cleared = (value for name, value in response.headers.items() if name == "set-cookie")
    assert set(secure.split("; ")) == {"__Host-lw_session=secret", "HttpOnly", "Path=/", "SameSite=lax", "Secure"}
    assert set(plain.split("; ")) == {"lw_session=secret", "HttpOnly", "Path=/", "SameSite=lax"}
    assert "Max-Age=0" in cleared
    assert "Secure" in cleared


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "",
     "/\t/evil.example", "/a\r\nSet-Cookie: x=y", "t/lab.Mouse", " /"],
)  # fmt: skip
def test_a_login_leads_nowhere_else(wanted: str) -> None:
    assert next_page(wanted) == "/"
