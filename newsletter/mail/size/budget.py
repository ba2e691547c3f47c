"""
Measure a mail against the bytes it may have in a call and in HTML.

Gmail clips a message near 102 KB of HTML, and with it the unsubscribe link. Both measures count
UTF-8 bytes after merging the values of the reader whose values are longest.
"""

from __future__ import annotations

from collections import Counter

import orjson

from newsletter.mail.merge.fields import find_marks
from newsletter.model.mail import Mail

# Above it an issue is not sent.
HTML_LIMIT_BYTES = 95_000
# What a longer issue is shortened to, which leaves room for a typed intro. An issue that is still
# longer, because its template shows every brief in full, is reported by a check.
HTML_AIM_BYTES = 85_000

# The longest values a reader can have, as they stand in HTML: a name of 200 characters and an
# address of 254, some of which are written as &quot; or &#x27;, and links to this installation.
_NAME_BYTES = 1_200
_EMAIL_BYTES = 600
_URL_BYTES = 300
# Addresses, names, links and headers of one reader, each at its longest, and JSON around them.
_VALUES_BYTES = 4_000


def mail_bytes(mail: Mail) -> int:
    """
    Return what one copy takes in a provider's JSON, the longest values included.
    """
    return len(orjson.dumps([mail.subject, mail.html, mail.text])) + _VALUES_BYTES


def merged_bytes(mail: Mail) -> int:
    """
    Return the bytes of the mail's HTML for the reader whose values are longest.
    """
    used = Counter(find_marks(mail.html, mail.nonce))
    marks = sum(len(f"NL{mail.nonce}{number}X") * count for number, count in used.items())
    values = sum(_value_bytes(mail.fields[number].name) * count for number, count in used.items())
    return len(mail.html.encode()) - marks + values


def _value_bytes(name: str) -> int:
    if name == "email":
        return _EMAIL_BYTES
    return _URL_BYTES if name.endswith("_url") else _NAME_BYTES
