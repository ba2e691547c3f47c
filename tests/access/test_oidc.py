"""
ID tokens and answers of an OpenID Connect provider: only what is signed by its keys, for this site
and this log-in, is accepted. The provider is faked at the wire here.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwk, jws, jwt

from newsletter.access.encryption import TextCipher
from newsletter.access.oidc import OidcClient, OidcIdentity, OidcProvider, OidcRefused
from subscribers.tokens import KeyRing

ISSUER = "https://id.example.org"
KEY = jwk.ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
OTHER_KEY = jwk.ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
CLIENT = OidcClient(
    issuer=ISSUER,
    client_id="newsletter",
    client_secret="of the client, long enough to sign",
    redirect_url="https://news.example.org/admin/login/oidc/callback",
    scopes=("openid", "email"),
)
FORGED = 1000
Claims = dict[str, Any]


class FakeProvider:
    """
    What answers in place of the provider. `id_token` makes the token for a nonce.
    """

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self.id_token: Callable[[str], str] = self.genuine
        self.configuration: Claims = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        self.keys = [KEY]
        self.nonce = ""
        self.exchanged: list[httpx.Request] = []
        transport = httpx.MockTransport(self.answer)
        cipher = TextCipher(KeyRing(b"a secret of these tests only"))
        self.provider = OidcProvider(CLIENT, cipher, clock=lambda: self.now, transport=transport)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json=self.configuration)
        if request.url.path == "/keys":
            return httpx.Response(
                200, json={"keys": [key.as_dict(private=False) for key in self.keys]}
            )
        self.exchanged.append(request)
        return httpx.Response(
            200, json={"access_token": "x", "id_token": self.id_token(self.nonce)}
        )

    def claims(self, nonce: str, **changed: Any) -> Claims:
        now = int(self.now.timestamp())
        claims: Claims = {
            "iss": ISSUER,
            "aud": "newsletter",
            "sub": "eve",
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "email": "eve@example.org",
            "email_verified": True,
        }
        return {k: v for k, v in (claims | changed).items() if v is not None}

    def genuine(self, nonce: str) -> str:
        return self.signed(self.claims(nonce))

    def signed(self, claims: Claims, key: jwk.ECKey = KEY) -> str:
        return jwt.encode({"alg": "ES256", "kid": "one"}, claims, key)

    def log_in(self, **query: str) -> OidcIdentity:
        url, cookie = self.provider.begin(again=False)
        sent = parse_qs(urlsplit(url).query)
        self.nonce = sent["nonce"][0]
        return self.provider.finish({"code": "c", "state": sent["state"][0], **query}, cookie)

    def refuses(self, **query: str) -> bool:
        try:
            self.log_in(**query)
        except OidcRefused:
            return True
        return False


@pytest.fixture
def fake(now: dt.datetime) -> FakeProvider:
    return FakeProvider(now)


def test_a_genuine_answer_says_who_somebody_is(fake: FakeProvider) -> None:
    identity = fake.log_in()
    assert (identity.issuer, identity.subject) == (ISSUER, "eve")
    assert (identity.email, identity.is_verified) == ("eve@example.org", True)


def test_the_code_is_exchanged_with_the_verifier_of_its_log_in(fake: FakeProvider) -> None:
    url, cookie = fake.provider.begin(again=False)
    sent = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (sent["response_type"], sent["code_challenge_method"]) == ("code", "S256")
    fake.nonce = sent["nonce"]
    fake.provider.finish({"code": "c", "state": sent["state"]}, cookie)
    form = parse_qs(fake.exchanged[0].content.decode())
    assert len(form["code_verifier"][0]) == 43
    assert form["redirect_uri"] == [CLIENT.redirect_url]
    assert "client_secret" not in form
    assert fake.exchanged[0].headers["authorization"].startswith("Basic ")


def wrong_claims(fake: FakeProvider) -> list[Claims]:
    now = int(fake.now.timestamp())
    return [
        {"iss": "https://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "newsletter"]},
        {"aud": ["newsletter", "another"], "azp": "another"},
        {"aud": []},
        {"aud": None},
        {"azp": "another"},
        {"exp": now - 61},
        {"exp": None},
        {"exp": "soon"},
        {"iat": now + 600},
        {"iat": None},
        {"nbf": now + 600},
        {"nonce": "of another log-in"},
        {"nonce": None},
        {"nonce": ""},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ]


def test_a_token_for_another_site_time_or_log_in_is_refused(fake: FakeProvider) -> None:
    for changed in wrong_claims(fake):
        fake.id_token = lambda nonce, changed=changed: fake.signed(  # type: ignore[misc]
            {k: v for k, v in (fake.claims(nonce) | changed).items() if v is not None}
        )
        assert fake.refuses(), changed


def unsigned(claims: Claims) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts), ""])


def signed_with_secret(claims: Claims, secret: bytes) -> str:
    key = jwk.OctKey.import_key(secret)
    header = {"alg": "HS256", "kid": "one"}
    payload = json.dumps(claims).encode()
    return jws.serialize_compact(header, payload, key, algorithms=["HS256"])


def test_of_a_thousand_forged_tokens_none_is_accepted(fake: FakeProvider) -> None:
    rng = random.Random(19)
    public = KEY.as_pem(private=False)
    genuine_for: list[Callable[[str], str]] = [
        lambda nonce: "",
        lambda nonce: "..",
        unsigned_token := lambda nonce: unsigned(fake.claims(nonce)),
        lambda nonce: unsigned_token(nonce).rstrip("."),
        lambda nonce: signed_with_secret(fake.claims(nonce), public),
        lambda nonce: signed_with_secret(fake.claims(nonce), CLIENT.client_secret.encode()),
        lambda nonce: fake.signed(fake.claims(nonce), OTHER_KEY),
        lambda nonce: fake.genuine(nonce).rpartition(".")[0] + ".",
        lambda nonce: fake.genuine(nonce).rpartition(".")[0],
    ]

    def changed(nonce: str) -> str:
        header, payload, signature = fake.genuine(nonce).split(".")
        parts = [header, payload, signature]
        at = rng.randrange(3)
        letter = rng.randrange(len(parts[at]) - 1)
        other = rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        if other == parts[at][letter]:
            other = "A" if other != "A" else "B"
        parts[at] = parts[at][:letter] + other + parts[at][letter + 1 :]
        return ".".join(parts)

    accepted = []
    for number in range(FORGED):
        fake.id_token = genuine_for[number] if number < len(genuine_for) else changed
        if not fake.refuses():
            accepted.append(number)
    assert accepted == []
    fake.id_token = fake.genuine
    assert not fake.refuses()


def test_an_answer_belongs_to_one_browser_and_ten_minutes(fake: FakeProvider) -> None:
    assert fake.refuses(state="of another")
    assert fake.refuses(state="")
    assert fake.refuses(iss="https://evil.example")
    url, cookie = fake.provider.begin(again=False)
    state = parse_qs(urlsplit(url).query)["state"][0]
    for other in ("", cookie[:-1], cookie[::-1], fake.provider.begin(again=False)[1]):
        with pytest.raises(OidcRefused):
            fake.provider.finish({"code": "c", "state": state}, other)
    fake.now += dt.timedelta(minutes=10)
    with pytest.raises(OidcRefused, match="too long"):
        fake.provider.finish({"code": "c", "state": state}, cookie)
    assert fake.exchanged == []


def test_a_provider_that_calls_itself_otherwise_or_has_no_https_is_refused(
    fake: FakeProvider,
) -> None:
    fake.configuration["issuer"] = "https://evil.example"
    assert fake.refuses()
    fake.configuration["issuer"] = ISSUER
    fake.configuration["token_endpoint"] = "http://id.example.org/token"
    fake.now += dt.timedelta(hours=2)
    assert fake.refuses()


def test_a_new_key_of_the_provider_is_fetched(fake: FakeProvider) -> None:
    fake.log_in()
    newer = jwk.ECKey.generate_key("P-256", {"kid": "two", "use": "sig", "alg": "ES256"})
    fake.id_token = lambda nonce: jwt.encode(
        {"alg": "ES256", "kid": "two"}, fake.claims(nonce), newer
    )
    assert fake.refuses()
    fake.keys = [newer]
    assert fake.log_in().subject == "eve"
