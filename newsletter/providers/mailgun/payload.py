"""
Build the form of a call to Mailgun: the content once in its template language, and each recipient's
values by address. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from newsletter.mail.merge.provider_template import Language, TemplatedMail
from newsletter.mail.mime.message import ascii_address, format_header, unfold
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.addresses import format_to
from newsletter.providers.mailgun.event_log import tag_of
from newsletter.providers.message_labels import message_labels, to_label

# The beginnings of Mailgun's own variables in a text, and characters that would be read together
# with an adjacent place.
_SPECIAL = re.compile(
    r"%(?:recipient|[a-z_]{0,40}unsubscribe_)|%\Z|\A(?:recipient|[a-z_]{0,40}unsubscribe_)",
    re.IGNORECASE,
)


class RecipientEntry(NamedTuple):
    """
    One recipient of a call: the address, also with the name, and the values by the names of their
    places.
    """

    address: str
    to: str
    variables: Mapping[str, str]


def language(mail: Mail) -> Language:
    """
    Return Mailgun's template language with place names that contain the mail's nonce.

    No text or value can contain such a name, whether Mailgun fills values once or repeatedly.
    """
    return Language(place=lambda name: _place(mail.nonce, name), special=_SPECIAL)


def _place(nonce: str, name: str) -> str:
    return f"%recipient.n{nonce}{name}%"


def entry_of(template: TemplatedMail, recipient: Recipient, key: str) -> RecipientEntry:
    """
    Return the values of one recipient.

    Headers are values too, because some contain the recipient's own links.
    """
    own = template.values_for(recipient)
    headers = {
        f"x{number}": unfold(format_header(name, value))
        for number, (name, value) in enumerate(own.headers)
    }
    labels = message_labels(recipient, key)
    values = {**own.values, **headers, "i": labels.issue, "d": labels.delivery}
    orjson.dumps(values)
    nonce = template.compiled.mail.nonce
    address = ascii_address(recipient.email, "To")
    return RecipientEntry(
        address,
        format_to(recipient.name, address),
        {f"n{nonce}{name}": value for name, value in values.items()},
    )


def fields_of(
    template: TemplatedMail, key: str, ready: Sequence[RecipientEntry]
) -> list[tuple[str, str]]:
    """
    Return all fields of the call *key* to the recipients in *ready*, except those about the sender.
    """
    mail = template.compiled.mail
    # Without it everybody would see all addresses; with it each recipient gets a separate message.
    # Its keys are addresses without names.
    variables = orjson.dumps({entry.address: entry.variables for entry in ready}).decode()
    written = (("subject", template.subject), ("html", template.html), ("text", template.text))
    return [
        *(("to", entry.to) for entry in ready),
        *((name, part) for name, part in written if part or name == "subject"),
        *(
            (f"h:{name}", _place(mail.nonce, f"x{number}"))
            for number, (name, _) in enumerate(mail.headers)
        ),
        ("v:issue", _place(mail.nonce, "i")),
        ("v:batch", to_label(key)),
        ("v:delivery", _place(mail.nonce, "d")),
        ("o:tag", tag_of(to_label(key))),
        # The mail is sent as frozen: links are not rewritten, whatever the domain's settings.
        ("o:tracking", "no"),
        ("o:suppress-headers", "X-Mailgun-Variables"),
        ("recipient-variables", variables),
    ]
