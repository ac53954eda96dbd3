"""The API as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI

from labwright.web.api import (
    bulk,
    changes,
    content,
    declaring,
    importing,
    jobs,
    looking,
    notebook,
    own,
    previews,
    queries,
    reference,
    rows,
    screens,
    signatures,
    steering,
    tables,
    together,
    work,
)
from labwright.web.api.examples import give_examples
from labwright.web.api.problems import Problem, handle_problems
from labwright.web.desk.importing.limits import UPLOAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labwright.web.site import Site

PLACE: Final = "/api/v1"
PARTS: Final = (
    tables,
    declaring,
    rows,
    together,
    looking,
    bulk,
    queries,
    content,
    previews,
    changes,
    signatures,
    jobs,
    steering,
    work,
    screens,
    importing,
    notebook,
    own,
)
LARGER: Final[Mapping[str, int]] = {
    **{f"{PLACE}/{part}/": 2**29 for part in ("bulk", "content", "work")},
    f"{PLACE}/import/": UPLOAD,
    f"{PLACE}/notebook/": notebook.LARGEST,
}
"""How many bytes may be sent to addresses that take many."""


def create_api(site: Site) -> FastAPI:
    """The API of a site, to be mounted at `PLACE`."""
    made = FastAPI(
        title="Labwright",
        version="1",
        summary="The tables of a project, their rows and their computation.",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    made.state.site = site
    for part in PARTS:
        made.include_router(part.router)
    made.include_router(reference.router)
    handle_problems(made)
    made.openapi = lambda: _described(made)  # type: ignore[method-assign]  # as FastAPI has it extended
    return made


def _described(app: FastAPI) -> dict[str, Any]:
    """What the API is, with tokens and problems."""
    if app.openapi_schema is None:
        found = FastAPI.openapi(app)
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema()
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for schema in schemas.values():
            _close(schema)
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}, {}]
        give_examples(found)
        app.openapi_schema = found
    return app.openapi_schema


def _close(schema: Any) -> None:
    """Say of objects whose names follow a pattern that they have no others: pydantic does not."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close(inner)
