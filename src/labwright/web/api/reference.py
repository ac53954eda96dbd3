"""The API for people to read, made of its description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
METHODS: Final = ("get", "post", "put", "patch", "delete")


@router.get("/docs", response_class=HTMLResponse)
def show_reference(request: Request) -> str:
    """All addresses, by what they are about."""
    described = request.app.openapi()
    tags: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                tags.setdefault(methods[method]["tags"][0], []).append(_one(method, path, methods[method]))
    inner = "".join(f"<h2>{escape(tag.capitalize())}</h2>{''.join(items)}" for tag, items in tags.items())
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Labwright: the API</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/app.css"></head>'
        f"<body><main><h1>The API</h1><p>{escape(described['info']['summary'])} "
        f'<a href="openapi.json">openapi.json</a> describes it for programs.</p>{inner}</main></body></html>'
    )


def _one(method: str, path: str, told: Mapping[str, Any]) -> str:
    title = f"<h3><code>{method.upper()} {escape(path)}</code></h3><p>{escape(told.get('description', ''))}</p>"
    given = "".join(_parameters(told))
    return title + (f"<dl>{given}</dl>" if given else "")


def _parameters(told: Mapping[str, Any]) -> Iterator[str]:
    for one in told.get("parameters", ()):
        yield f"<dt><code>{escape(one['name'])}</code></dt><dd>{escape(one.get('description', ''))}</dd>"
    body = told.get("requestBody", {}).get("content", {})
    for kind, shape in body.items():
        name = shape["schema"].get("$ref", "").rpartition("/")[2]
        yield f"<dt>{escape(kind)}</dt><dd>{escape(name) or 'bytes'}</dd>"
