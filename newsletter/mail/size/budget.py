"""
Measure a mail against the limits for a provider call and for HTML.

Gmail clips a message near 102 KB of HTML, which hides the unsubscribe link. Both measures count
UTF-8 bytes after merging the longest possible values.
"""

from __future__ import annotations

from collections import Counter

import orjson

from newsletter.mail.merge.fields import find_marks
from newsletter.model.mail import Mail

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
# The longest addresses, names, links and headers of one reader, with the JSON around them.
_VALUES_BYTES = 4_000


def mail_bytes(mail: Mail) -> int:
    """
    Return the bytes of one copy in a provider's JSON, with the longest values.
    """
    return len(orjson.dumps([mail.subject, mail.html, mail.text])) + _VALUES_BYTES


def merged_bytes(mail: Mail) -> int:
    """
    Return the bytes of the mail's HTML with the longest values.
    """
    used = Counter(find_marks(mail.html, mail.nonce))
    marks = sum(len(f"NL{mail.nonce}{number}X") * count for number, count in used.items())
    values = sum(_value_bytes(mail.fields[number].name) * count for number, count in used.items())
    return len(mail.html.encode()) - marks + values


def _value_bytes(name: str) -> int:
    if name == "email":
        return _EMAIL_BYTES
    return _URL_BYTES if name.endswith("_url") else _NAME_BYTES
