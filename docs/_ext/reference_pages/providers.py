"""
Describe what each kind of provider can do, out of the capabilities that its adapter states.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterator

from newsletter.delivery.reconciliation.reconcile import KEY_LIFE_USED
from newsletter.model.delivery import Capabilities, Idempotency, LookUp, batch_size
from newsletter.settings.plugins import PROVIDERS, built_in
from newsletter.settings.provider import provider_kind

# The bytes of a rather long email, for providers that get a whole copy for each recipient.
_MAIL_BYTES = 80_000
_OF_THEIR_OWN = {
    "outbox": "is settled by looking for the file",
    "smtp": "leaves one recipient uncertain: the one whose email was sent and not answered",
}


def describe_providers() -> str:
    """
    Return two tables with a row for each kind: what a call carries, and what is learnt later.
    """
    return "\n".join([*_calls(), "", *_afterwards()])


def capabilities_of(kind: str) -> Capabilities:
    found = importlib.import_module(f"newsletter.providers.{kind}.provider").CAPABILITIES
    assert isinstance(found, Capabilities)
    return found


def _calls() -> Iterator[str]:
    yield "| kind | recipients per call | content | default rate | rate counts |"
    yield "|---|---|---|---|---|"
    for kind in built_in(PROVIDERS):
        own = capabilities_of(kind)
        content = "once per call" if own.shares_content else "a copy for each"
        rate = f"{own.rate_per_s:g} per second" if own.rate_per_s else "none"
        most = batch_size(own, _MAIL_BYTES)
        yield f"| `{kind}` | {most:,} | {content} | {rate} | {_unit(own)} |"


def _unit(own: Capabilities) -> str:
    return "calls" if own.rate_unit == "requests" else own.rate_unit


def _afterwards() -> Iterator[str]:
    yield "| kind | a call without an answer | webhooks | events are fetched |"
    yield "|---|---|---|---|"
    for kind in built_in(PROVIDERS):
        yield f"| `{kind}` | {_uncertain(kind)} | {_webhooks(kind)} | {_history(kind)} |"


def _uncertain(kind: str) -> str:
    own = capabilities_of(kind)
    if kind in _OF_THEIR_OWN:
        return _OF_THEIR_OWN[kind]
    if own.idempotency is Idempotency.REPLAY:
        assert own.key_life is not None
        return f"is repeated with its key for {_span(own.key_life * KEY_LIFE_USED)}"
    if own.look_up is not LookUp.NONE:
        return f"is looked up after {_span(own.look_up_lag)}"
    return "stays uncertain until an event or a person settles it"


def _span(span: dt.timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60} hours" if minutes >= 120 else f"{minutes} minutes"


def _webhooks(kind: str) -> str:
    own = provider_kind(kind)
    if own.proof_key is None:
        return (
            "bounces by email, or the webhooks of `events`"
            if "bounce_address" in own.keys
            else "none"
        )
    return "signed" if own.signs_webhooks else "a secret URL and a password"


def _history(kind: str) -> str:
    module = importlib.import_module(f"newsletter.providers.{kind}.provider")
    providers = [one for one in vars(module).values() if hasattr(one, "events_since")]
    return "every night, and by `newsletter bounces pull`" if providers else "no"
