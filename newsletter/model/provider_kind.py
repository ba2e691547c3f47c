"""
The declaration of a kind of provider: how it is opened, and which settings it has.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ProviderKind:
    """
    A kind of provider, which an entry point in the group `newsletter.providers` names.

    `opener` is `package.module:function`. It is imported when the provider is first used; the
    function takes an `Account` and returns a `Provider`. `keys` are the keys of `[provider.NAME]`
    besides `kind` and `rate`. A key that no built-in kind has arrives in `ProviderSettings.own`;
    those in `secrets` must be references, `env:NAME` or `file:PATH`.

    `proof_key` is the key that is needed to verify webhooks; None if the provider sends none.
    `proof_form` is a pattern for the secret of its webhooks, and `proof_hint` says how it looks.
    `signs_webhooks`: the provider signs them, and without the key no signature can be verified.
    `keeps_mail`: mails stay on this machine, so that nobody is reached.

    `relay` is for a provider with an SMTP server that takes our labels in a header: it is
    `package.module:function`, which takes the `Account` of a `[provider.NAME]` that names this kind
    in its key `events`, and returns a `Relay`. `relay_keys` are the keys that such a section has
    besides those of its own kind.

    `dns` is `package.module:function`, which takes the domain of From and the `Account`, and
    returns the `DnsNeeds` of the domain; None if the kind does not declare them.
    """

    opener: str
    keys: frozenset[str]
    secrets: frozenset[str] = frozenset()
    proof_key: str | None = "webhook_secret"
    proof_form: str = r"(?s).*"
    proof_hint: str = ""
    signs_webhooks: bool = False
    keeps_mail: bool = False
    relay: str | None = None
    relay_keys: frozenset[str] = frozenset({"webhook_secret", "webhook_secret_previous"})
    dns: str | None = None
