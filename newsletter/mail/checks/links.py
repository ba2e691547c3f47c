"""
Rules 16, 17, 36 and 37: every link leads to a public page, and none identifies the reader.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from newsletter.mail.checks.checked_mail import CheckedMail, excerpt_of, plain, shown_tag
from newsletter.model.check import Finding, Level
from newsletter.model.issue import IssueKind
from subscribers.text.phrases import phrase

_SCHEMES = frozenset({"https", "mailto", "tel", "cid"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LOCAL_HOSTS = frozenset({"localhost", "localhost.localdomain"})
_LOCAL_DOMAINS = (".local", ".localhost", ".internal", ".test", ".invalid", ".lan")
_STAGES = frozenset({"staging", "stage", "test", "testing", "dev", "preview", "uat", "qa"})
_SAYS_ADDRESS = re.compile(
    r"(?:https?://)?((?:[\w-]+\.)+(?:com|org|net|gov|edu|int|mil|info|io|eu|uk|de|fr|it|es|nl|ch|"
    r"at|be|pl|ru|ua|il|tr|jp|cn|in|br|ca|au))(?:/\S*)?",
    re.IGNORECASE,
)


def urls(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find URLs that do not work, or are not allowed in a mail.

    An http URL of another site is only advice: an editor cannot make that site serve https.
    """
    own = _host(checked.facts.base_url)
    for where, url in _addresses(checked):
        if problem := _problem(url):
            yield checked.finding("urls", problem, where, caused_by=url)
        elif url.startswith("#"):
            message = phrase(
                "a link within the page does not work in Gmail and Outlook: link to a web page"
            )
            yield Finding("urls", Level.WARNING, message, where)
        elif url.lower().startswith("http:"):
            is_own = _host(url) == own
            message = (
                phrase("http should be https: set [site] base_url to an https:// URL")
                if is_own
                else phrase("http should be https, if the site supports it")
            )
            yield Finding("urls", Level.ERROR if is_own else Level.ADVICE, message, where)


def _addresses(checked: CheckedMail) -> list[tuple[str, str]]:
    found = [(shown_tag(node, "href"), url) for node, url in checked.links]
    for node in checked.nodes:
        if node.tag == "img" and not (node.attributes.get("src") or "").startswith("data:"):
            found.append((shown_tag(node, "src"), node.attributes.get("src") or ""))
    return list(dict.fromkeys(found))


def _problem(url: str) -> str | None:
    if not url.strip() or url.strip() == "#":
        return phrase("an empty URL: add the URL, or remove the link")
    if re.search(r"[\s\x00-\x1f]", url):
        return phrase("a space or control character in the URL: write %20, or remove it")
    found = _SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if scheme not in _SCHEMES | {"http"} and not url.startswith("#"):
        problem = (
            phrase("{scheme}: URLs are not allowed", scheme=scheme)
            if scheme
            else phrase("not an absolute URL")
        )
        return phrase("{problem}: use a URL that begins with https://", problem=problem)
    if scheme in ("http", "https") and (reason := _unreachable(url)):
        return phrase("{reason}: use the public URL", reason=reason)
    return None


def _unreachable(url: str) -> str | None:
    host = _host(url)
    if not host:
        return phrase("the URL has no host")
    return None if _is_public(host) else phrase("{host} is not on the public internet", host=host)


def _is_public(host: str) -> bool:
    if host in _LOCAL_HOSTS or host.endswith(_LOCAL_DOMAINS):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


def link_texts(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find links whose text names a different site than the link's, and links to a staging site.
    """
    for node, url in checked.links:
        if not url.startswith("http"):
            continue
        host = _bare(_host(url))
        shown = _SAYS_ADDRESS.fullmatch(plain(node.text(deep=True)))
        if shown and not _is_same(_bare(shown[1].lower()), host):
            # Phishing filters look for whole URLs in the text; a bare host name is only similar.
            is_whole = shown[0].lower().startswith(("http", "www."))
            message = phrase(
                "the text says {shown} but the link goes to {host}, as in phishing",
                shown=shown[1],
                host=host,
            )
            found = checked.finding(
                "links",
                message,
                shown_tag(node, "href"),
                caused_by=shown[0],
                advice=phrase("reword it"),
            )
            yield found if is_whole else replace(found, level=Level.WARNING)
        if _STAGES & set(host.split(".")[:-2]):
            message = phrase("{host} looks like a staging site: link to the real one", host=host)
            yield Finding("links", Level.WARNING, message, shown_tag(node, "href"))


def _host(url: str) -> str:
    """
    Return the host of a URL in lower case, or "" if it has none.
    """
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def _is_same(host: str, other: str) -> bool:
    return host == other or host.endswith(f".{other}") or other.endswith(f".{host}")


def tracking(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find URLs that identify the reader; only the unsubscribe link may.
    """
    mail = checked.mail
    if mail is None or not mail.nonce:
        return
    for node in LexborHTMLParser(mail.html).css("[href], [src]"):
        url = node.attributes.get("href") or node.attributes.get("src") or ""
        if mail.nonce in url and not re.fullmatch(rf"NL{mail.nonce}[0-9]+X", url):
            message = phrase("a merge field in the URL tells other sites who reads: remove it")
            yield Finding("tracking", Level.ERROR, message, excerpt_of(node))


def view_in_browser(checked: CheckedMail) -> Iterator[Finding]:
    if checked.facts.kind is IssueKind.NOTICE or checked.mail is None:
        return
    own = checked.facts.base_url
    if not any(url.startswith(f"{own}/v/") for _, url in checked.links):
        message = phrase("no 'view in browser' link: add view_url to the template")
        yield Finding("view-in-browser", Level.ADVICE, message, "HTML")
