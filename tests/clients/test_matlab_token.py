"""The client for MATLAB at a server that several share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.clients import octave
from tests.clients.conftest import build
from tests.web.accounts.bench import OFFICE
from tests.web.shared.server import server_of

import labwright as lw
from labwright.web.app import create_app
from labwright.web.roles.role import Verb

PROGRAM = """
Mouse = lab.table('lab.Mouse');
assert(Mouse.count(), 6);
function refused(call, identifier)
  try
    call();
  catch failure
    assert(failure.identifier, identifier);
    return
  end
  error('it was not refused');
end
refused(@() Mouse.insert(struct('mouse', 90, 'name', 'x', 'arrival', '2026-03-04')), 'labwright:notAllowed');
refused(@() labwright.connect('{url}', 'lw_wrong'), 'labwright:notAllowed');
assert(isempty(dir(fullfile(lab.folder, '*'))(3:end)));
[~, mode] = system(['stat -c %a ' lab.folder]);
assert(strtrim(mode), '700');
"""


class BehindProxy:
    """Lets an app be reached as if by a proxy that speaks TLS."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "scheme": "https"}, receive, send)


def test_a_token_lends_what_it_was_made_for(
    serve: Callable[[ASGIApp], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project)
        build(schema)
        with server_of(schema, "accounts") as server:
            token = server.entrance.accounts.tokens.create(server.person("dan"), "octave", {Verb.READ}, OFFICE)
            url = serve(BehindProxy(create_app(server.site, hosts=["127.0.0.1"])))
            monkeypatch.setenv("LABWRIGHT_TOKEN", token)
            octave.run(PROGRAM.replace("{url}", url), url, tmp_path)
