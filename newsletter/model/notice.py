"""
Notices that people are added to one after another, such as a confirmation: their kinds, and to whom
each may go.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from subscribers.audience.notice_rule import NoticeRule
from subscribers.model import SubscriptionState
from subscribers.suppression.model import SuppressionReason
from subscribers.validation.address import Address


class NoticeKind(enum.StrEnum):
    """
    What a notice is about; the value is the name of its template. ASK_AGAIN goes to people who are
    on the list, and asks whether they still want it. SETTINGS has the link that a
    person asked for, NEW_ADDRESS goes to the address they want to change to, ADDRESS_CHANGED to the
    one they had before.
    """

    CONFIRM = "confirm"
    REMINDER = "reminder"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    SETTINGS = "settings"
    NEW_ADDRESS = "new-address"
    ADDRESS_CHANGED = "address-changed"
    ERASURE = "erasure"
    ASK_AGAIN = "ask-again"


class TypedNotice(enum.StrEnum):
    """
    What somebody typed to one address, who need not be a subscriber; the value is the name of its
    template.
    """

    MESSAGE = "message"


_S = SubscriptionState
_ANY = frozenset(SubscriptionState)
# These do not stop an email that the person asked for: their own wish, and the erasure of someone
# who had the address before.
_OWN_WISH = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED})
_JOINING = NoticeRule(
    states=frozenset({_S.PENDING, _S.ENDED}), ignores=_OWN_WISH, needs_open_request=True
)
_ASKED_FOR = NoticeRule(states=_ANY, ignores=_OWN_WISH)

NOTICE_RULES: Mapping[NoticeKind, NoticeRule] = {
    NoticeKind.CONFIRM: _JOINING,
    NoticeKind.REMINDER: _JOINING,
    NoticeKind.WELCOME: NoticeRule(states=frozenset({_S.ACTIVE}), needs_subscription=True),
    NoticeKind.GOODBYE: NoticeRule(
        states=frozenset({_S.ENDED}), ignores=_OWN_WISH, needs_subscription=True
    ),
    NoticeKind.SETTINGS: _ASKED_FOR,
    NoticeKind.NEW_ADDRESS: _ASKED_FOR,
    NoticeKind.ADDRESS_CHANGED: _ASKED_FOR,
    NoticeKind.ERASURE: _ASKED_FOR,
    # Who answered or left in another way is not asked any more; nor is who wants no email at all.
    NoticeKind.ASK_AGAIN: NoticeRule(
        states=frozenset({_S.ACTIVE}), needs_subscription=True, needs_open_request=True
    ),
}
"""
To whom each kind may go when it is about to be submitted. Nothing goes to anybody who was erased,
or whose address is suppressed for a reason that the rule does not ignore.
"""


# It may be about an order or a contract, so the state of a subscription does not count; that of a
# suppression does, whatever its reason.
MESSAGE_RULE = NoticeRule(states=_ANY)


@dataclass(frozen=True, kw_only=True)
class StandingNotice:
    """
    A rendered notice that people can be added to: the issue that sends it, and how many of its
    copies fit into one call.
    """

    issue_id: int
    kind: NoticeKind
    list_id: int | None
    language: str
    batch_size: int


@dataclass(frozen=True, kw_only=True)
class NoticeRecipient:
    """
    Who gets a notice. *email* is the address it goes to, which need not be the person's own yet.
    The links in it act on the subscription, or answer the request with that number.
    """

    subscriber_id: int
    email: Address
    subscription_id: int | None = None
    request_id: int | None = None


def notice_kind(template: str) -> NoticeKind | None:
    """
    Return the kind of the notices with this *template*, or None if it is for typed addresses.
    """
    return NoticeKind(template) if template in {kind.value for kind in NoticeKind} else None
