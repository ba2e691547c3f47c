"""
`newsletter.toml` for each kind of provider, as somebody would write it, but for its address.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fake_mailgun import DOMAIN
from fake_ses import CREDENTIALS, REGION
from sns_samples import TOPIC

from reliability.runs.suite_run import SETTINGS

PASSWORD = "hook:a password of the tests"
# The lines of each kind's section besides its address and its secrets.
PLAIN: Mapping[str, str] = {
    "ses": f'region = "{REGION}"\nconfiguration_set = "coast"\ntopics = ["{TOPIC}"]',
    "mailgun": f'domain = "{DOMAIN}"',
    "smtp": 'host = "127.0.0.1"\nsecurity = "none"',
}
SECRETS: Mapping[str, Mapping[str, str]] = {
    "resend": {"api_key": "re_secret"},
    "postmark": {"api_key": "server-token"},
    "ses": {
        "access_key_id": CREDENTIALS.access_key_id,
        "secret_access_key": CREDENTIALS.secret_access_key,
        "session_token": CREDENTIALS.session_token or "",
    },
    "mailgun": {"api_key": "key-1"},
    "sendgrid": {"api_key": "SG.key"},
    "mailjet": {"api_key": "key", "api_secret": "secret"},
    "brevo": {"api_key": "xkeysib-1"},
    "sparkpost": {"api_key": "14ac5499", "webhook_secret": PASSWORD},
    "smtp": {},
}


@functools.cache
def sendgrid_key() -> ec.EllipticCurvePrivateKey:
    """
    Make the key with which a SendGrid of the tests signs its webhooks.
    """
    return ec.generate_private_key(ec.SECP256R1())


def secrets_of(kind: str) -> Mapping[str, str]:
    """
    Return the secrets of an account with a provider of *kind*, by their names in the settings.
    """
    if kind != "sendgrid":
        return SECRETS[kind]
    raw = (
        sendgrid_key()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return {**SECRETS[kind], "webhook_secret": base64.b64encode(raw).decode()}


def write_provider_settings(
    folder: Path, kind: str, at: str, *, database_url: str, connections: int
) -> None:
    """
    Write the settings of an installation in *folder* whose mails go to a provider of *kind* *at* an
    address (of SMTP a port), and the files with its secrets.
    """
    head = SETTINGS.format(url=database_url, connections=connections).partition("kind =")[0]
    where = f"port = {at}" if kind == "smtp" else f'base_url = "{at}"'
    lines = [f'{head}kind = "{kind}"', where, PLAIN.get(kind, "")]
    for key, value in secrets_of(kind).items():
        (folder / f"{key}.txt").write_text(value)
        lines.append(f'{key} = "file:{key}.txt"')
    (folder / "newsletter.toml").write_text("\n".join([*lines, ""]))
