"""
Build the headers of a mail to a list: List-Unsubscribe, List-Id, and two against automatic replies.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from email.header import Header

from newsletter.mail.mime.message import clean_text
from newsletter.model.issue import Site
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import MergeField

UNSUBSCRIBE_URL = MergeField("unsubscribe_url")
# The part of that URL which identifies the subscription, for the subject of an email.
UNSUBSCRIBE_TOKEN = MergeField("unsubscribe_token")


def leaving_fields(site: Site) -> tuple[MergeField, ...]:
    """
    Return the merge fields of List-Unsubscribe.
    """
    return (UNSUBSCRIBE_URL, *([UNSUBSCRIBE_TOKEN] if site.unsubscribe_address else []))


def list_headers(
    content: IssueContent, marks: Mapping[MergeField, str]
) -> tuple[tuple[str, str], ...]:
    """
    Return the headers of RFC 2369, 8058 and 2919, and two that prevent automatic replies.
    """
    return (
        *leaving_headers(content.site, content.list_name, content.list_slug, marks),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    )


def leaving_headers(
    site: Site, list_name: str, list_slug: str, marks: Mapping[MergeField, str]
) -> tuple[tuple[str, str], ...]:
    """
    Return the headers by which a mail program names the list and offers to leave it; *marks* has
    the mark of each of `leaving_fields`.

    The one-click URL comes first (RFC 8058). The token of an email is its subject, which works with
    every mailbox; a tag in the address needs one that takes tags.
    """
    ways = [f"<{marks[UNSUBSCRIBE_URL]}>"]
    if site.unsubscribe_address:
        ways.append(f"<{mailto_url(site.unsubscribe_address, marks[UNSUBSCRIBE_TOKEN])}>")
    return (
        ("List-Unsubscribe", ", ".join(ways)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", _list_id(site, list_name, list_slug)),
    )


def mailto_url(address: str, token: str) -> str:
    """
    Return the URL of an email to *address* with *token* as its subject (RFC 6068).
    """
    return f"mailto:{urllib.parse.quote(address, safe='@+')}?subject={token}"


def _list_id(site: Site, list_name: str, list_slug: str) -> str:
    name = clean_text(list_name)
    if name.isascii():
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        phrase = f'"{escaped}"'
    else:
        phrase = Header(name, "utf-8", maxlinelen=10_000).encode()
    return f"{phrase} <{site.list_id(list_slug)}>"
