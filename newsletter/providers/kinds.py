"""
Declare the built-in kinds of provider. `pyproject.toml` names each as an entry point.
"""

from __future__ import annotations

from newsletter.model.provider_kind import ProviderKind
from newsletter.settings.provider import WEBHOOK_SECRETS

_SIGNING_KEY = r"(?:whsec_)?[A-Za-z0-9+/]{16,}={0,2}"
_LOGIN = r"[^:\s]+:\S+"

OUTBOX = ProviderKind(
    opener="newsletter.providers.outbox.provider:open_outbox",
    keys=frozenset({"folder"}),
    proof_key=None,
    keeps_mail=True,
)
RESEND = ProviderKind(
    opener="newsletter.providers.resend.provider:open_resend",
    dns="newsletter.providers.resend.dns_records:dns_needs",
    keys=frozenset({"base_url", "api_key", *WEBHOOK_SECRETS}),
    signs_webhooks=True,
    proof_form=rf"{_SIGNING_KEY}(?:\s+{_SIGNING_KEY})*",
    proof_hint="whsec_ and at least 16 characters of base64",
)
POSTMARK = ProviderKind(
    opener="newsletter.providers.postmark.provider:open_postmark",
    dns="newsletter.providers.postmark.dns_records:dns_needs",
    relay="newsletter.providers.postmark.relay:open_relay",
    keys=frozenset({"base_url", "api_key", "stream", *WEBHOOK_SECRETS}),
    proof_form=_LOGIN,
    proof_hint="user:password",
)
SES = ProviderKind(
    opener="newsletter.providers.ses.provider:open_ses",
    dns="newsletter.providers.ses.dns_records:dns_needs",
    relay="newsletter.providers.ses.relay:open_relay",
    relay_keys=frozenset({"topics", "configuration_set"}),
    keys=frozenset(
        {
            "base_url",
            "region",
            "access_key_id",
            "secret_access_key",
            "session_token",
            "configuration_set",
            "topics",
        }
    ),
    proof_key="topics",
    signs_webhooks=True,
)
MAILGUN = ProviderKind(
    opener="newsletter.providers.mailgun.provider:open_mailgun",
    dns="newsletter.providers.mailgun.dns_records:dns_needs",
    relay="newsletter.providers.mailgun.relay:open_relay",
    keys=frozenset({"base_url", "api_key", "domain", "region", *WEBHOOK_SECRETS}),
    signs_webhooks=True,
    proof_form=r"[\w-]{16,}",
    proof_hint="the HTTP webhook signing key, 16 letters and digits or more",
)
SENDGRID = ProviderKind(
    opener="newsletter.providers.sendgrid.provider:open_sendgrid",
    dns="newsletter.providers.sendgrid.dns_records:dns_needs",
    relay="newsletter.providers.sendgrid.relay:open_relay",
    keys=frozenset({"base_url", "api_key", "region", *WEBHOOK_SECRETS}),
    signs_webhooks=True,
)
MAILJET = ProviderKind(
    opener="newsletter.providers.mailjet.provider:open_mailjet",
    dns="newsletter.providers.mailjet.dns_records:dns_needs",
    relay="newsletter.providers.mailjet.relay:open_relay",
    keys=frozenset({"base_url", "api_key", "api_secret", *WEBHOOK_SECRETS}),
    proof_form=_LOGIN,
    proof_hint="user:password",
)
BREVO = ProviderKind(
    opener="newsletter.providers.brevo.provider:open_brevo",
    dns="newsletter.providers.brevo.dns_records:dns_needs",
    relay="newsletter.providers.brevo.relay:open_relay",
    keys=frozenset({"base_url", "api_key", *WEBHOOK_SECRETS}),
    proof_form=_LOGIN,
    proof_hint="user:password",
)
SPARKPOST = ProviderKind(
    opener="newsletter.providers.sparkpost.provider:open_sparkpost",
    dns="newsletter.providers.sparkpost.dns_records:dns_needs",
    relay="newsletter.providers.sparkpost.relay:open_relay",
    keys=frozenset({"base_url", "api_key", "region", *WEBHOOK_SECRETS}),
    proof_form=_LOGIN,
    proof_hint="user:password",
)
SMTP = ProviderKind(
    opener="newsletter.providers.smtp.provider:open_smtp",
    dns="newsletter.providers.smtp.dns_records:dns_needs",
    keys=frozenset(
        {
            "host",
            "port",
            "security",
            "username",
            "password",
            "bounce_address",
            "bounce_mailbox",
            "bounce_mailbox_password",
            "dkim_selector",
            "dkim_key",
            "events",
        }
    ),
    proof_key=None,
)
