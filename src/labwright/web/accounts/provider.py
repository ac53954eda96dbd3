"""A provider of identities, as its administrator describes it, and as it describes itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

import labwright as lw
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.errors import LoginError
from labwright.web.roles.role import Role

TIMEOUT: Final = 10.0
MOST: Final = 2**20
"""Bytes of an answer that are read."""
LONGEST: Final = 30.0
"""Seconds for which one is read."""
PLAIN: Final = {"Accept-Encoding": "identity"}
LEEWAY: Final = 60
"""Seconds by which the clock of a provider may be wrong."""
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures with a key of two halves: what the client knows is not enough to sign."""
ASK_AGAIN: Final = timedelta(minutes=1)
"""After so long, keys that are not known may be asked for again."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Provider:
    """A provider of identities that speaks OpenID Connect.

    Parameters
    ----------
    issuer : str
        Its address, as it writes it itself.
    client_id, client_secret : str
        What it knows this server by.
    title : str
        What people call it.
    scopes : str
    roles : mapping of str to Role
        What its groups are here; the first group that somebody is in decides, in the order given here.
    default_role : Role or None
        For those who are in none of these groups; None lets them not come in.
    groups_claim, name_claim : str
        Where groups are named, and where the name for a new account.
    creates_accounts : bool
        Whether those who come for the first time get an account.

    Examples
    --------
    >>> provider = Provider("https://id.example.org", "labwright", "s", roles={"pi": Role.RESEARCHER})
    >>> provider.role_of(["staff", "pi"]), provider.role_of([])
    (<Role.RESEARCHER: 'researcher'>, <Role.READER: 'reader'>)
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    title: str = "Single sign-on"
    scopes: str = "openid profile email"
    roles: Mapping[str, Role] = field(default_factory=dict)
    default_role: Role | None = Role.READER
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    creates_accounts: bool = True

    def __post_init__(self) -> None:
        check_address(self.issuer)

    def role_of(self, groups: Iterable[str]) -> Role | None:
        """The role of somebody who is in these groups."""
        given = set(groups)
        return next((role for group, role in self.roles.items() if group in given), self.default_role)


def check_address(url: str) -> str:
    """Refuse an address to which somebody on the way could listen.

    Raises
    ------
    ConfigError
        Says which.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise lw.errors.ConfigError(f"A provider of identities is spoken to by https, not at {url!r}.")


class Conversation:
    """What is asked of a provider: its description, its keys, and tokens for codes."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self.provider, self._clock = provider, clock
        self._lock = threading.Lock()
        self._described: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None
        self._asked = datetime.min.replace(tzinfo=UTC)

    def authorization_url(self, *, redirect: str, state: str, nonce: str, verifier: str, anew: bool = False) -> str:
        """Where to send a browser; `anew` asks also those whom the provider knows."""
        asked = {"prompt": "login", "max_age": "0"} if anew else {}
        with self._client(redirect) as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"), state=state, nonce=nonce, code_verifier=verifier, **asked
            )
        return str(url)

    def claims(self, code: str, *, redirect: str, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What the provider says of somebody who came back with a code.

        Raises
        ------
        LoginError
            When it says nothing, or what it says is not signed by it, not for us, or not of now.
        """
        try:
            with self._client(redirect) as client:
                token = client.fetch_token(self._endpoint("token_endpoint"), code=code, code_verifier=verifier)
            return self._checked(str(token["id_token"]), str(token["access_token"]), nonce)
        except (OAuthError, JoseError, httpx2.HTTPError, KeyError, TypeError, ValueError) as error:
            raise LoginError from error

    def _client(self, redirect: str) -> OAuth2Client:
        methods = self._description().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return OAuth2Client(
            self.provider.client_id,
            self.provider.client_secret,
            token_endpoint_auth_method=next(
                (m for m in ("client_secret_basic", "client_secret_post") if m in methods), "client_secret_basic"
            ),
            scope=self.provider.scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=TIMEOUT,
            transport=_Bounded(),
            headers=PLAIN,
        )

    def _endpoint(self, name: str) -> str:
        return check_address(str(self._description()[name]))

    def _description(self) -> Mapping[str, Any]:
        with self._lock:
            if self._described is None:
                found = _get(f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.provider.issuer:
                    raise lw.errors.ConfigError(
                        f"The provider calls itself {found.get('issuer')!r}, and is {self.provider.issuer!r} in the "
                        "settings. Use its own spelling."
                    )
                self._described = found
            return self._described

    def _checked(self, id_token: str, access_token: str, nonce: str) -> Mapping[str, Any]:
        decoded = self._decoded(id_token)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.provider.issuer},
                "aud": {"essential": True, "value": self.provider.client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": self.provider.client_id, "access_token": access_token},
        )
        claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY)
        return dict(claims)

    def _decoded(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, self._key_set(), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            if self._clock() - self._asked < ASK_AGAIN:
                raise
        return jwt.decode(id_token, self._key_set(anew=True), algorithms=list(ALGORITHMS))

    def _key_set(self, *, anew: bool = False) -> KeySet:
        """The keys of the provider, which it changes now and then."""
        endpoint = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or anew:
                self._keys = KeySet.import_key_set(_get(endpoint))  # type: ignore[arg-type]  # what it is, it checks
                self._asked = self._clock()
            return self._keys


class _Bounded(httpx2.HTTPTransport):
    """Reads no more of an answer than a provider has to say, however long it goes on."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().handle_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":  # which could grow to any size
            answer.close()
            raise httpx2.ReadError("The provider compresses what is to be read.")
        assert isinstance(answer.stream, httpx2.SyncByteStream)
        answer.stream = _Counted(answer.stream)
        return answer


class _Counted(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        count, end = 0, time.monotonic() + LONGEST
        for piece in self._stream:
            count += len(piece)
            if count > MOST or time.monotonic() > end:
                raise httpx2.ReadError("The provider says more than is read.")
            yield piece

    def close(self) -> None:
        self._stream.close()


def _get(url: str) -> dict[str, Any]:
    with httpx2.Client(transport=_Bounded(), timeout=TIMEOUT, headers=PLAIN) as client:
        answer = client.get(url, follow_redirects=False).raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise lw.errors.ConfigError(f"{url} is no page of a provider of identities.")
    return found
