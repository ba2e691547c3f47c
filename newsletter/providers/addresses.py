"""
Format addresses with their names as the providers' APIs want them: the sender's and the readers'.
"""

from __future__ import annotations

import re
from email.header import Header

from newsletter.mail.mime.message import clean_text, unfold
from newsletter.model.mail import Sender

_NEEDS_QUOTES = re.compile(r'[()<>@,:;"\\\[\]]')
# A name that needs neither quotes nor an encoded word, and has no meaning in a template language.
_PLAIN = re.compile(r"[A-Za-z0-9 '_-]+")


def format_from(sender: Sender) -> str:
    """
    Format *sender* for a JSON API: the name unencoded and, where possible, unquoted.

    Resend answers RFC 2047 encoded words with 451 and some quoted names with 422 (the notes of
    django-anymail's Resend backend); Postmark wants quotes around punctuation (its support article
    1180).
    """
    name = clean_text(sender.name)
    if not name:
        return sender.address
    if _NEEDS_QUOTES.search(name):
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}" <{sender.address}>'
    return f"{name} <{sender.address}>"


def format_to(name: str, address: str) -> str:
    """
    Format a reader's *name* and *address* as one text, without quotes.

    A name with anything but letters, digits and spaces becomes RFC 2047 encoded words, because some
    APIs refuse quoted names in `to` (the notes of django-anymail's Resend backend), and a reader
    must not be refused because of a name.
    """
    shown = clean_text(name)
    return f"{encode_name(shown)} <{address}>" if shown else address


def encode_name(name: str) -> str:
    """
    Return *name*, which is clean, as it is if it is plain, else as RFC 2047 encoded words.
    """
    if _PLAIN.fullmatch(name):
        return name
    return unfold(Header(name, "utf-8", maxlinelen=75).encode(linesep="\r\n"))
