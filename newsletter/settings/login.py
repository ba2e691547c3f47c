"""
The section `[login]`: how staff log in.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from newsletter.model.access import Role
from newsletter.settings.sections import SecretReference, Section, TextField


class OidcSettings(Section):
    """
    The OpenID Connect provider that staff log in at, such as Keycloak or Google.
    """

    issuer: str
    """The URL of the issuer; its configuration is read from `/.well-known/openid-configuration`."""
    client_id: str
    """The name under which this site is registered there."""
    client_secret: SecretReference
    """The secret of this client, as `env:NAME` or `file:PATH`."""
    label: TextField = ""
    """What the button on the log-in page calls it; if empty, single sign-on."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    """What is asked for. Some providers name groups only with a scope of their own."""
    groups_claim: str = "groups"
    """The claim that holds the groups of a person."""
    roles: dict[str, Role] = Field(default_factory=dict)
    """
    The role of each group, such as `{ "news-editors" = "editor" }`. The first that a person is in
    counts, at each log-in; people in none of them are refused. Without this, only people who were
    invited can log in.
    """
    domains: tuple[str, ...] = ()
    """The domains of the addresses that may log in; empty for all."""

    @field_validator("issuer")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        is_local = value.startswith(("http://localhost", "http://127.0.0.1"))
        if not value.startswith("https://") and not is_local:
            raise ValueError(f"{value!r} is not the URL of an issuer: start it with https://")
        return value

    @field_validator("domains")
    @classmethod
    def _in_lower_case(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().lstrip("@") for domain in value)


class LoginSettings(Section):
    """
    How staff log in.
    """

    oidc: OidcSettings | None = None
    """The OpenID Connect provider; without it, staff log in with a password."""
