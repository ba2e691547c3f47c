"""
Log in at an OpenID Connect provider: the authorization code flow with PKCE (OpenID Connect Core
1.0 section 3.1, RFC 7636).

Nothing that the browser brings back is trusted. The code is exchanged with the provider itself,
and the ID token must be signed by its keys, for this site and for this log-in.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from newsletter.access.encryption import TextCipher
from newsletter.errors import Refused

# A log-in that takes longer has to begin again.
LOGIN_LIFETIME = dt.timedelta(minutes=10)
TIMEOUT_S = 10.0
MOST_BYTES = 512 * 1024
# Only asymmetric ones: with others, everybody who knows the client's secret could sign.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
_LEEWAY_S = 60
_CONFIGURATION = "/.well-known/openid-configuration"
_KEPT = dt.timedelta(hours=1)
_PURPOSE = "oidc log-in"


class OidcRefused(Refused):
    """
    A log-in at the provider was not accepted; the text says why, for the log.
    """


@dataclass(frozen=True, kw_only=True)
class OidcClient:
    """
    This site, as the provider knows it.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_url: str
    scopes: Collection[str]


@dataclass(frozen=True, kw_only=True)
class OidcIdentity:
    """
    Who somebody is at the provider, by its ID token and its userinfo. `authenticated_at` is when
    they proved it there, if it says so.
    """

    issuer: str
    subject: str
    email: str
    is_verified: bool
    name: str
    claims: Mapping[str, Any]
    authenticated_at: dt.datetime | None


class OidcProvider:
    """
    The provider of one site. Its configuration and keys are cached for an hour.
    """

    def __init__(
        self,
        client: OidcClient,
        cipher: TextCipher,
        *,
        clock: Callable[[], dt.datetime],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.client = client
        self.clock = clock
        self._cipher = cipher
        self._transport = transport
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[dt.datetime, Any]] = {}

    def begin(self, *, again: bool) -> tuple[str, str]:
        """
        Return the URL to send the browser to, and what its cookie has to hold until it comes back.
        With *again*, the person has to prove once more who they are.

        Raises:
            OidcRefused: the provider cannot be reached.
        """
        login = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        digest = hashlib.sha256(login["verifier"].encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_url,
            "scope": " ".join(self.client.scopes),
            "state": login["state"],
            "nonce": login["nonce"],
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        if again:
            parameters |= {"prompt": "login", "max_age": "0"}
        endpoint = self._endpoint("authorization_endpoint")
        expires = int((self.clock() + LOGIN_LIFETIME).timestamp())
        cookie = self._cipher.encrypt(json.dumps({**login, "expires": expires}), _PURPOSE)
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}", cookie

    def finish(self, query: Mapping[str, str], cookie: str) -> OidcIdentity:
        """
        Return who came back with *query*, if the log-in began in the browser with this *cookie*.

        Raises:
            OidcRefused: the answer is not genuine, or the provider refused.
        """
        login = self._login(cookie)
        if not _same(query.get("state", ""), login["state"]):
            raise OidcRefused("the answer belongs to no log-in of this browser")
        # RFC 9207: the answer must not come from another provider.
        if "iss" in query and query["iss"] != self.client.issuer:
            raise OidcRefused("the answer is from another issuer")
        if "code" not in query:
            raise OidcRefused("the provider did not log the person in")
        tokens = self._exchange(query["code"], login["verifier"])
        claims = self._verified(str(tokens.get("id_token", "")), login["nonce"])
        return self._identity({**self._userinfo(tokens, claims), **claims})

    def _login(self, cookie: str) -> dict[str, Any]:
        decrypted = self._cipher.decrypt(cookie, _PURPOSE)
        login: dict[str, Any] = json.loads(decrypted) if decrypted else {"expires": 0}
        if self.clock().timestamp() >= login["expires"]:
            raise OidcRefused("the log-in took too long, or began in another browser")
        return login

    def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        client = self.client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_url,
            "code_verifier": verifier,
        }
        known = self._configuration().get("token_endpoint_auth_methods_supported")
        endpoint = self._endpoint("token_endpoint")
        if known is not None and "client_secret_basic" not in known:
            form |= {"client_id": client.client_id, "client_secret": client.client_secret}
            return self._json(httpx.Request("POST", endpoint, data=form))
        # RFC 6749 section 2.3.1: both are first encoded as in a form.
        names = (urlencode({"": each})[1:] for each in (client.client_id, client.client_secret))
        basic = base64.b64encode(":".join(names).encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        return self._json(httpx.Request("POST", endpoint, data=form, headers=headers))

    def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """
        Return the claims of an ID token that passes every check of OpenID Connect Core section
        3.1.3.7.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            claims = dict(self._decode(id_token).claims)
            registry = jwt.JWTClaimsRegistry(
                now=int(self.clock().timestamp()),
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": self.client.issuer},
                aud={"essential": True, "value": self.client.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
            )
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, LookupError) as error:
            raise OidcRefused(f"the ID token is not valid ({type(error).__name__})") from error
        party = claims.get("azp", self.client.client_id)
        is_for_us = claims["aud"] in (self.client.client_id, [self.client.client_id])
        if party != self.client.client_id or not (is_for_us or "azp" in claims):
            raise OidcRefused("the ID token is for another client")
        if not _same(str(claims.get("nonce", "")), nonce):
            raise OidcRefused("the ID token is from another log-in")
        if not claims["sub"]:
            raise OidcRefused("the ID token names nobody")
        return claims

    def _decode(self, id_token: str) -> Any:
        from joserfc import jwk, jwt
        from joserfc.errors import InvalidKeyIdError

        def decode(*, is_fresh: bool) -> Any:
            found: Any = self._get(self._endpoint("jwks_uri"), is_fresh=is_fresh)
            return jwt.decode(id_token, jwk.KeySet.import_key_set(found), algorithms=ALGORITHMS)

        try:
            return decode(is_fresh=False)
        except InvalidKeyIdError:
            # The provider may have new keys.
            return decode(is_fresh=True)

    def _userinfo(self, tokens: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return what the provider's userinfo says about the person, if the ID token has no address.
        """
        endpoint = self._configuration().get("userinfo_endpoint")
        if "email" in claims or not isinstance(endpoint, str):
            return {}
        headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        found = self._json(httpx.Request("GET", endpoint, headers=headers))
        if found.get("sub") != claims["sub"]:
            raise OidcRefused("userinfo is about somebody else")
        return found

    def _identity(self, claims: Mapping[str, Any]) -> OidcIdentity:
        at = claims.get("auth_time")
        return OidcIdentity(
            issuer=self.client.issuer,
            subject=claims["sub"],
            email=str(claims.get("email", "")),
            is_verified=claims.get("email_verified") is True,
            name=str(claims.get("name", "")),
            claims=claims,
            authenticated_at=(
                dt.datetime.fromtimestamp(at, dt.UTC) if isinstance(at, int) else None
            ),
        )

    def _configuration(self) -> Mapping[str, Any]:
        found = self._get(self.client.issuer.rstrip("/") + _CONFIGURATION)
        if found.get("issuer") != self.client.issuer:
            raise OidcRefused("the provider calls itself by another issuer than [login.oidc] does")
        return found

    def _endpoint(self, name: str) -> str:
        endpoint = self._configuration().get(name)
        needs_https = self.client.issuer.startswith("https://")
        is_safe = str(endpoint).startswith("https://") or not needs_https
        if not isinstance(endpoint, str) or not is_safe:
            raise OidcRefused(f"the provider names no {name} with https")
        return endpoint

    def _get(self, url: str, *, is_fresh: bool = False) -> dict[str, Any]:
        """
        Return a document of the provider, which is cached for an hour. With *is_fresh* it is loaded
        again.
        """
        with self._lock:
            kept_until, found = self._kept.get(url, (dt.datetime.min.replace(tzinfo=dt.UTC), {}))
            if is_fresh or self.clock() >= kept_until:
                found = self._json(httpx.Request("GET", url))
                self._kept[url] = (self.clock() + _KEPT, found)
        return dict(found)

    def _json(self, request: httpx.Request) -> dict[str, Any]:
        request.headers["Accept"] = "application/json"
        try:
            with httpx.Client(timeout=TIMEOUT_S, transport=self._transport) as client:
                response = client.send(request, stream=True)
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise OidcRefused("the provider's answer is too long")
            found = json.loads(bytes(body))
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise OidcRefused(f"the provider cannot be reached ({type(error).__name__})") from error
        if response.status_code != httpx.codes.OK or not isinstance(found, dict):
            raise OidcRefused(f"the provider refused with status {response.status_code}")
        return found


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
