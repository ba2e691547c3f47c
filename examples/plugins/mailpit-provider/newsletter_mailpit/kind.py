"""
Declare the kind `mailpit`. The settings import only this module, so it stays small.
"""

from newsletter.model.provider_kind import ProviderKind

MAILPIT = ProviderKind(
    opener="newsletter_mailpit.provider:open_mailpit",
    keys=frozenset({"base_url", "login", "tag"}),
    secrets=frozenset({"login"}),
    proof_key=None,
    keeps_mail=True,
)
