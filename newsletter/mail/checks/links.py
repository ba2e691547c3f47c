"""
Rules 16, 17, 36 and 37: where the links lead, and that none of them identifies a reader.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from newsletter.mail.checks.checked_mail import CheckedMail, excerpt_of, plain, shown_tag
from newsletter.model.check import Finding, Level
from newsletter.model.issue import IssueKind

_SCHEMES = frozenset({"https", "mailto", "tel", "cid"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HERE = frozenset({"localhost", "localhost.localdomain"})
_NO_HOSTS = (".local", ".localhost", ".internal", ".test", ".invalid", ".lan")
_STAGES = frozenset({"staging", "stage", "test", "testing", "dev", "preview", "uat", "qa"})
_SAYS_ADDRESS = re.compile(
    r"(?:https?://)?((?:[\w-]+\.)+(?:com|org|net|gov|edu|int|mil|info|io|eu|uk|de|fr|it|es|nl|ch|"
    r"at|be|pl|ru|ua|il|tr|jp|cn|in|br|ca|au))(?:/\S*)?",
    re.IGNORECASE,
)


def urls(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find addresses that lead nowhere, or where no mail may lead.

    An http address of somebody else is a warning: no editor can make their site serve https.
    """
    own = _host(checked.facts.base_url)
    for where, url in _addresses(checked):
        if problem := _problem(url):
            yield Finding("urls", Level.ERROR, problem, where)
        elif url.startswith("#"):
            message = "a place in the page itself, which Gmail and Outlook do not go to"
            yield Finding("urls", Level.WARNING, message, where)
        elif url.lower().startswith("http:"):
            is_own = _host(url) == own
            message = "http: it should be https" + (
                "; set [site] base_url to an https:// address" if is_own else ", if its site can"
            )
            yield Finding("urls", Level.ERROR if is_own else Level.WARNING, message, where)


def _addresses(checked: CheckedMail) -> list[tuple[str, str]]:
    found = [(shown_tag(node, "href"), url) for node, url in checked.links]
    for node in checked.nodes:
        if node.tag == "img" and not (node.attributes.get("src") or "").startswith("data:"):
            found.append((shown_tag(node, "src"), node.attributes.get("src") or ""))
    return list(dict.fromkeys(found))


def _problem(url: str) -> str | None:
    if not url.strip() or url.strip() == "#":
        return "an empty address: link to something, or take the link away"
    if re.search(r"[\s\x00-\x1f]", url):
        return "a space or control character in the address: write %20, or take it out"
    found = _SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if scheme not in _SCHEMES | {"http"} and not url.startswith("#"):
        subject = f"{scheme}: is no" if scheme else "no absolute"
        return f"{subject} address that a mail may lead to: write one that begins with https://"
    if scheme in ("http", "https") and (why := _nowhere(url)):
        return f"{why}: nobody else can reach it; write the public address"
    return None


def _nowhere(url: str) -> str | None:
    host = _host(url)
    if not host or host in _HERE or host.endswith(_NO_HOSTS):
        return f"{host or 'no host'} is on no public network"
    try:
        return None if ipaddress.ip_address(host).is_global else f"{host} is on no public network"
    except ValueError:
        return None if "." in host else f"{host} is on no public network"


def link_texts(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find links whose text names another site than they lead to, and links to a staging site.
    """
    for node, url in checked.links:
        if not url.startswith("http"):
            continue
        host = _bare(_host(url))
        shown = _SAYS_ADDRESS.fullmatch(plain(node.text(deep=True)))
        if shown and not _is_same(_bare(shown[1].lower()), host):
            # Whole addresses are what filters against fraud look for; a bare name is read as one.
            is_whole = shown[0].lower().startswith(("http", "www."))
            message = f"its words say {shown[1]}, and it leads to {host}, as in a fraud: reword it"
            level = Level.ERROR if is_whole else Level.WARNING
            yield Finding("links", level, message, shown_tag(node, "href"))
        if _STAGES & set(host.split(".")[:-2]):
            message = f"{host} looks like a place for trying out: link to the real one"
            yield Finding("links", Level.WARNING, message, shown_tag(node, "href"))


def _host(url: str) -> str:
    """
    Return the host in an address in lower case, or "" if it has none.
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
    Find addresses that identify the reader; only the unsubscribe link may.
    """
    mail = checked.mail
    if mail is None or not mail.nonce:
        return
    for node in LexborHTMLParser(mail.html).css("[href], [src]"):
        url = node.attributes.get("href") or node.attributes.get("src") or ""
        if mail.nonce in url and not re.fullmatch(rf"NL{mail.nonce}[0-9]+X", url):
            message = "a merge field inside the address tells others who reads: take it out"
            yield Finding("tracking", Level.ERROR, message, excerpt_of(node))


def view_in_browser(checked: CheckedMail) -> Iterator[Finding]:
    if checked.facts.kind is IssueKind.NOTICE or checked.mail is None:
        return
    own = checked.facts.base_url
    if not any(url.startswith(f"{own}/v/") for _, url in checked.links):
        message = "no link to read it in the browser: put view_url into the template"
        yield Finding("view-in-browser", Level.WARNING, message, "HTML")
