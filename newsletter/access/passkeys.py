"""
Passkeys (Web Authentication): what a browser is asked, and whether its answer is genuine.

A passkey belongs to the host in `[site] base_url`, and works under no other.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsletter.model.staff import Member, Passkey

MOST_LETTERS = 16_384


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """
    The site that passkeys are for.
    """

    name: str
    base_url: str

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        site = urlsplit(self.base_url)
        return f"{site.scheme}://{site.netloc}"


@dataclass(frozen=True, kw_only=True)
class NewPasskey:
    """
    A passkey that a browser has made.
    """

    credential_id: bytes
    public_key: bytes
    sign_count: int


def new_challenge() -> str:
    """
    Return a random challenge, as it is stored.
    """
    return secrets.token_urlsafe(32)


def registration_options(
    party: RelyingParty, member: Member, known: Sequence[Passkey], challenge: str
) -> str:
    """
    Return what a browser needs to make a passkey, as JSON.
    """
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=f"staff-{member.id}".encode(),
        user_name=member.email,
        user_display_name=member.name or member.email,
        challenge=challenge.encode(),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=each.credential_id) for each in known
        ],
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            user_verification=structs.UserVerificationRequirement.PREFERRED
        ),
    )
    return webauthn.options_to_json(options)


def verify_registration(party: RelyingParty, credential: str, challenge: str) -> NewPasskey | None:
    """
    Return the passkey in a browser's answer; None if the answer is not genuine.
    """
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    if len(credential) > MOST_LETTERS:
        return None
    try:
        added = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
    except (WebAuthnException, ValueError, TypeError, LookupError, RecursionError):
        return None
    return NewPasskey(
        credential_id=added.credential_id,
        public_key=added.credential_public_key,
        sign_count=added.sign_count,
    )


def authentication_options(party: RelyingParty, known: Sequence[Passkey], challenge: str) -> str:
    """
    Return what a browser needs to answer with one of the *known* passkeys, as JSON.
    """
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=challenge.encode(),
        allow_credentials=[
            structs.PublicKeyCredentialDescriptor(id=each.credential_id) for each in known
        ],
        user_verification=structs.UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def verify_authentication(
    party: RelyingParty,
    credential: str,
    challenge: str,
    known: Sequence[Passkey],
    *,
    needs_verification: bool,
) -> tuple[Passkey, int] | None:
    """
    Return the one of *known* that a browser answered with, and its new counter; None if the answer
    is not genuine. With *needs_verification*, it must have asked for a PIN or a fingerprint.
    """
    import webauthn
    from webauthn.helpers import parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    if len(credential) > MOST_LETTERS:
        return None
    try:
        answer = parse_authentication_credential_json(credential)
        found = next((each for each in known if each.credential_id == answer.raw_id), None)
        if found is None:
            return None
        checked = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=needs_verification,
        )
    except (WebAuthnException, ValueError, TypeError, LookupError, RecursionError):
        return None
    return found, checked.new_sign_count
