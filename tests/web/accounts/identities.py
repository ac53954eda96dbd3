"""A provider of identities, which signs with real keys and checks what it is asked; it can be told to lie."""

from __future__ import annotations

import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "labwright", "a secret of thirty-two characters"


@cache
def _first_key() -> RSAKey:
    """It takes long to make one."""
    return RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False)


@dataclass
class Identities:
    """Says that whoever comes is the person of its `claims`.

    Parameters
    ----------
    clock : callable
    claims : dict
    lies : dict
        Claims of tokens that are not as they should be; None leaves one out.
    says : dict
        What is answered instead, by the name of what is asked.
    """

    clock: Callable[[], datetime]
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "248289761001", "preferred_username": "Cleo"})
    lies: dict[str, Any] = field(default_factory=dict)
    issuer: str = ""
    key: RSAKey = field(default_factory=_first_key)
    signs_with: Any = None
    algorithm: str = "RS256"
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    keys_given: int = 0
    says: dict[str, Response] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.describe),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.keys),
            ]
        )

    def describe(self, _: Request) -> Response:
        places = {name: f"{self.issuer}/{path}" for name, path in PLACES.items()}
        return self.says.get("describe") or JSONResponse({"issuer": self.issuer, **places})

    def authorize(self, request: Request) -> Response:
        """Whoever comes is let in at once."""
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe()
        self.asked[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def token(self, request: Request) -> Response:
        """A token for a code, once, for the client that began."""
        form = await request.form()
        asked = self.asked.pop(str(form["code"]), None)
        known = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        challenge = urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest()).decode().rstrip("=")
        is_right = asked and challenge == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]
        if asked is None or not is_right or known.split(":")[0] != CLIENT:
            return JSONResponse({"error": "invalid_grant"}, 400)
        told = {"access_token": "a", "token_type": "Bearer", "id_token": self.signed(asked["nonce"])}
        return self.says.get("token") or JSONResponse(told)

    def signed(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce}
        said = {k: v for k, v in {**claims, **self.claims, **self.lies}.items() if v is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, said, self.signs_with or self.key, algorithms=[self.algorithm, "none"])

    def keys(self, _: Request) -> Response:
        self.keys_given += 1
        return self.says.get("keys") or JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def change_key(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)}, auto_kid=False)


PLACES = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}


def shared_key() -> OctKey:
    """What a client who knows the secret could sign with, were that enough."""
    return OctKey.import_key(SECRET)
