"""
Measure a mail against the limits for a provider call and for HTML.

Gmail clips a message near 102 KB of HTML, which hides the unsubscribe link. Both measures count
UTF-8 bytes after merging the longest possible values.
"""

from __future__ import annotations

from collections import Counter

import orjson

from newsletter.mail.merge.fields import find_marks
from newsletter.model.field_display import FieldDisplay
from newsletter.model.mail import Mail, MergeField, mark_of
from subscribers.fields.model import FieldType
from subscribers.fields.parse import MAX_VALUE

# A larger issue is not sent.
HTML_LIMIT_BYTES = 95_000
# A larger issue is shortened to this, which leaves room for a typed intro. A check reports an issue
# that is still larger because its template shows every brief in full.
HTML_AIM_BYTES = 85_000

# The longest values of a reader in HTML: a name of 200 characters and an address of 254, some of
# them written as &quot; or &#x27;, and links to this installation.
_NAME_BYTES = 1_200
_EMAIL_BYTES = 600
_URL_BYTES = 300
# A date or a number in words.
_SHORT_BYTES = 120
_BYTES_A_CHARACTER = 6
# The longest addresses, names, links and headers of one reader, with the JSON around them.
_VALUES_BYTES = 4_000


def mail_bytes(mail: Mail) -> int:
    """
    Return the bytes of one copy in a provider's JSON, with the longest values.
    """
    own = len(orjson.dumps([mail.subject, mail.html, mail.text]))
    return own + _VALUES_BYTES + value_bytes(mail)


def value_bytes(mail: Mail) -> int:
    """
    Return the bytes of the longest values that one reader can have of the declared fields in the
    mail. Other values are so short that they do not matter.
    """
    if not any(field.display for field in mail.fields):
        return 0
    texts = (mail.subject, mail.html, mail.text)
    used = [mail.fields[number] for text in texts for number in find_marks(text, mail.nonce)]
    return sum(_declared_bytes(field.display) for field in used if field.display)


def merged_bytes(mail: Mail) -> int:
    """
    Return the bytes of the mail's HTML with the longest values.
    """
    used = Counter(find_marks(mail.html, mail.nonce))
    marks = sum(len(mark_of(mail.nonce, number)) * count for number, count in used.items())
    values = sum(_value_bytes(mail.fields[number]) * count for number, count in used.items())
    return len(mail.html.encode()) - marks + values


def _value_bytes(field: MergeField) -> int:
    if field.display is not None:
        return _declared_bytes(field.display)
    if field.name == "email":
        return _EMAIL_BYTES
    return _URL_BYTES if field.name.endswith("_url") else _NAME_BYTES


def _declared_bytes(display: FieldDisplay) -> int:
    """
    Return the bytes of the longest value of a declared field in HTML.
    """
    labels = [len(label) * _BYTES_A_CHARACTER for label in display.labels.values()]
    match display.type:
        case FieldType.TEXT:
            return MAX_VALUE * _BYTES_A_CHARACTER
        case FieldType.CHOICES:
            return sum(labels) + len(labels) * _SHORT_BYTES
        case FieldType.CHOICE | FieldType.BOOLEAN:
            return max(labels)
    return _SHORT_BYTES
