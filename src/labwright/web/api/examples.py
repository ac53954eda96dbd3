"""Examples of what is asked, by the names of addresses, as the description of the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

WORKER: Final = "5f0c1a52-1f0e-4a55-9d0b-6f3f1f1b2c3d"
MICE: Final = {"op": "table", "table": "lab.Mouse"}
HEAVY: Final = {"attribute": "weight", "is": "ge", "value": 21.5}
OLD: Final = {"attribute": "mouse", "is": "le", "value": 4}
HEAVY_MICE: Final = {"op": "restrict", "of": MICE, "where": [HEAVY]}
BY_SEX: Final = {"op": "group", "of": HEAVY_MICE, "by": ["sex"], "compute": {"n": {"fn": "count"}}}
JOB: Final = {"id": 7, "token": 2}

PARAMETERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "table": "lab.Mouse",
        "key": "3",
        "attribute": "movie",
        "schema": "lab",
        "change": "0191e6a0-0000-7000-8000-000000000000",
        "entry": 1,
        "number": 1,
    }
)
"""What stands in addresses."""
COMPUTED: Final = {**PARAMETERS, "table": "lab.Score", "key": "3,1"}
"""The same for tables that fill themselves."""
QUERIES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "read_rows": {"sort": "-weight,mouse", "columns": "name,weight", "q": "ida"},
        "count_rows": {"q": "ida"},
        "fetch_rows": {"format": "arrow", "columns": "mouse,weight", "sort": "-weight"},
        "export_rows": {"format": "xlsx"},
        "search_everywhere": {"q": "ida"},
        "list_options": {"q": "1"},
        "import_rows": {
            "name": "mice.csv",
            "columns": '{"Tier": "mouse"}',
            "constants": '{"arrival": "2026-03-01"}',
            "there": "skip",
            "enter": "valid",
        },
        "look_at_value": {"at": "3,5"},
        "read_picture": {"at": "3,5"},
        "delete_row": {"confirm": "4b227777d4dd1fc61c6f884f48641d02"},
        "list_entries": {"q": "gel", "since": "2026-01-01"},
        "export_entries": {"author": "ana", "since": "2026-01-01"},
        "attach_file": {"name": "gel.png"},
        "list_changes": {"by": "ana"},
    }
)
"""What stands behind the question mark."""
PLACES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "list_options": {"table": "lab.Session", "attribute": "mouse"},
        "keep_view": {"name": "heavy"},
        "pin": {"name": "heavy"},
        "forget_view": {"name": "heavy"},
        "draw_plot": {"name": "weights"},
        "draw_plot_of_row": {"name": "weight_curve"},
        "do_action": {"name": "order_food"},
        "do_action_to_row": {"name": "weigh"},
    }
)
"""What stands in an address where that is not the usual."""
BODIES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "declare_table": {
            "name": "Weighing",
            "definition": "-> Mouse\nday : date\n---\nweight : float64  # (g)",
            "parts": {"Photo": "-> master\nphoto : int16\n---\nimage : <attach>"},
        },
        "enter_rows": {
            "rows": [{"mouse": 901, "name": "Ida", "sex": "F", "arrival": "2026-03-01"}],
            "why": "from the breeder",
        },
        "change_row": {"changes": {"weight": 22.5}, "base": {"weight": 20.375}, "why": "weighed again"},
        "preview_deletes": {"where": [OLD]},
        "delete_rows": {"where": [OLD], "confirm": "4b227777d4dd1fc61c6f884f48641d02", "why": "entered twice"},
        "preview_changes": {"where": [OLD], "attribute": "sex", "value": "F"},
        "change_rows": {
            "where": [OLD],
            "attribute": "sex",
            "value": "F",
            "confirm": "4b227777d4dd1fc61c6f884f48641d02",
            "why": "looked again",
        },
        "ask": {"query": BY_SEX, "order": ["-n"], "limit": 10},
        "ask_all": {"query": HEAVY_MICE, "format": "parquet"},
        "ask_count": {"query": HEAVY_MICE},
        "undo_change": {"why": "it was the wrong file"},
        "retry": {"key": {"mouse": 3, "session": 1}},
        "ignore": {"key": {"mouse": 3, "session": 1}},
        "clear": {"key": {"mouse": 3, "session": 1}},
        "recompute_stale": {"confirm": "4b227777d4dd1fc61c6f884f48641d02"},
        "claim_keys": {"program": "MATLAB R2024b", "host": "rig-2", "limit": 10, "lease": 120},
        "renew_leases": {"worker": WORKER, "jobs": [JOB], "progress": 0.5},
        "complete": {**JOB, "worker": WORKER, "rows": [{"mouse": 3, "session": 1, "score": 1.5}], "duration": 12.5},
        "fail": {**JOB, "worker": WORKER, "message": "ValueError: no frames", "stack": "in load, line 12"},
        "release": {"worker": WORKER, "jobs": [JOB]},
        "do_action": {"fields": {"amount": 3}},
        "do_action_to_row": {"fields": {"weight": 22.5}},
        "write_entry": {"title": "A gel", "text": "Two bands, of [[lab.Mouse/3]].", "day": "2026-03-01"},
        "change_entry": {"changes": {"title": "The second gel"}, "base": {"title": "A gel"}},
        "link_row": {"table": "lab.Mouse", "key": "3"},
        "unlink_row": {"table": "lab.Mouse", "key": {"mouse": 3}},
        "comment_entry": {"text": "Was it the new buffer, @ben?"},
        "unlock_entry": {"why": "a band was left out"},
        "keep_view": {"query": "weight.ge=21.5&sort=-weight", "shared": True},
        "pin": {"owner": "ana", "pinned": True},
        "read_notices": {"number": None},
    }
)
"""What is sent as JSON."""
FILES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "insert_rows": ("application/x-ndjson", '{"mouse": 905, "name": "Eva", "arrival": "2026-03-01"}\n'),
        "import_rows": ("application/octet-stream", "Tier,name,sex\n903,Mia,F\n904,Ada,F\n"),
    }
)
"""What is sent otherwise."""
PROBLEMS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "400": ("Not understood", "How long this is cannot be told."),
        "401": ("Not let in", "Show a token that holds."),
        "403": ("Not allowed", "You may not change rows of Mouse."),
        "404": ("Not there", "There is no table 'lab.Nothing' here."),
        "409": ("The database refuses this", "There is a Mouse 901 already."),
        "412": ("Changed meanwhile", "Somebody has changed this row since it was read. Read it again."),
        "413": ("Too large", "This is more than is taken at once."),
        "416": ("Not there", "There are not so many bytes."),
        "422": ("Not understood", "weight: 'heavy' is no number."),
        "503": ("The database refuses this", "The database cannot be reached at present."),
    }
)
"""What goes wrong, by its status: what it is called, and a sentence."""


def give_examples(described: Mapping[str, Any]) -> None:
    """Put them into the description."""
    for path in described["paths"].values():
        for one in path.values():
            _give_parameters(one)
            _give_body(one)
            _give_problems(one)


def _give_parameters(one: Mapping[str, Any]) -> None:
    name = one["operationId"]
    usual = COMPUTED if one["tags"][0] in ("jobs", "work") else PARAMETERS
    values = {"path": {**usual, **PLACES.get(name, {})}, "query": QUERIES.get(name, {})}
    for given in one.get("parameters", ()):
        if given["name"] in values.get(given["in"], {}):
            given["example"] = values[given["in"]][given["name"]]


def _give_body(one: Mapping[str, Any]) -> None:
    name, bodies = one["operationId"], one.get("requestBody", {}).get("content", {})
    if name in BODIES:
        bodies["application/json"]["example"] = BODIES[name]
    elif name in FILES:
        kind, text = FILES[name]
        bodies[kind]["example"] = text


def _give_problems(one: Mapping[str, Any]) -> None:
    for status, answer in one["responses"].items():
        if status in PROBLEMS:
            title, detail = PROBLEMS[status]
            shown = {"title": title, "status": int(status), "detail": detail}
            # the content of an answer is shared by all addresses
            answer["content"] = {kind: {**shape, "example": shown} for kind, shape in answer["content"].items()}
