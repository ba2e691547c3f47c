"""
Build the headers of a mail to a list: List-Unsubscribe, List-Id, and two against automatic replies.
"""

from __future__ import annotations

from email.header import Header

from newsletter.mail.mime.message import clean_text
from newsletter.model.issue import Site
from newsletter.model.issue_content import IssueContent


def list_headers(
    content: IssueContent, nonce: str, unsubscribe: int
) -> tuple[tuple[str, str], ...]:
    """
    Return the headers of RFC 2369, 8058 and 2919, and two that prevent automatic replies.
    """
    return (
        *leaving_headers(content.site, content.list_name, content.list_slug, nonce, unsubscribe),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    )


def leaving_headers(
    site: Site, list_name: str, list_slug: str, nonce: str, unsubscribe: int
) -> tuple[tuple[str, str], ...]:
    """
    Return the headers by which a mail program names the list and offers to leave it; *unsubscribe*
    is the number of the merge field with the link.
    """
    return (
        ("List-Unsubscribe", f"<NL{nonce}{unsubscribe}X>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", _list_id(site, list_name, list_slug)),
    )


def _list_id(site: Site, list_name: str, list_slug: str) -> str:
    name = clean_text(list_name)
    if name.isascii():
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        phrase = f'"{escaped}"'
    else:
        phrase = Header(name, "utf-8", maxlinelen=10_000).encode()
    return f"{phrase} <{site.list_id(list_slug)}>"
